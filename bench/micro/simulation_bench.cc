// What a step of a simulated world costs, and a world as such.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "runtime/simulation/simulated_loop.h"
#include "runtime/simulation/simulated_world.h"

namespace {

using rhei::Result;
using rhei::runtime::Address;
using rhei::runtime::ByteStream;
using rhei::runtime::IoResult;
using rhei::runtime::SimulatedLoop;
using rhei::runtime::SimulatedWorld;

const Address kAddress{Address::Family::kIpv4, "10.0.0.2", 80};

// Sends back what it reads.
class Echo final : public ByteStream::Handler {
 public:
  explicit Echo(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {
    stream_->SetHandler(this);
    stream_->WaitReadable();
  }
  void OnReadable() override {
    char buffer[1024];
    const IoResult read = stream_->Read(buffer);
    const std::string_view bytes(buffer, read.bytes);
    if (read.kind == IoResult::Kind::kBytes) (void)stream_->Write({&bytes, 1});
    ++turns;
    stream_->WaitReadable();
  }
  void OnWritable() override {}
  void Start(std::string_view text) { (void)stream_->Write({&text, 1}); }

  int turns = 0;

 private:
  std::unique_ptr<ByteStream> stream_;
};

// Two hosts and one connection that echoes for ever.
class EchoWorld {
 public:
  explicit EchoWorld(std::uint64_t seed) : world(seed), a_(world.AddLoop()), b_(world.AddLoop()) {
    listener_ = *b_->Listen(kAddress, [this](std::unique_ptr<rhei::runtime::AcceptedStream> accepted) {
      server_ = std::make_unique<Echo>(*b_->Adopt(std::move(accepted)));
    });
    connect_ = a_->Connect(kAddress, [this](Result<std::unique_ptr<ByteStream>> connected) {
      client = std::make_unique<Echo>(*std::move(connected));
      client->Start("hello");
    });
    (void)world.RunUntil([this] { return client != nullptr; });
  }

  SimulatedWorld world;
  std::unique_ptr<Echo> client;

 private:
  std::shared_ptr<SimulatedLoop> a_, b_;
  std::unique_ptr<rhei::runtime::Listener> listener_;
  std::unique_ptr<rhei::runtime::Operation> connect_;
  std::unique_ptr<Echo> server_;
};

void StepsOfAnEcho(benchmark::State& state) {
  EchoWorld echo(1);
  const std::uint64_t before = echo.world.steps();
  for (auto _ : state) {
    const int turns = echo.client->turns + 100;
    if (!echo.world.RunUntil([&] { return echo.client->turns >= turns; })) state.SkipWithError("it stopped");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(echo.world.steps() - before));
}
BENCHMARK(StepsOfAnEcho);

void AWorldWithTenEchoes(benchmark::State& state) {
  std::uint64_t seed = 0;
  for (auto _ : state) {
    EchoWorld echo(++seed);
    if (!echo.world.RunUntil([&] { return echo.client->turns >= 10; })) state.SkipWithError("it stopped");
  }
}
BENCHMARK(AWorldWithTenEchoes);

}  // namespace

BENCHMARK_MAIN();
