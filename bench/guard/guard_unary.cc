// What the guard measures: unary calls between a client and a server in a simulated world. README.md
// beside this file has the contract.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "bench.rhei.h"
#include "rhei/rhei.h"
#include "rhei/streaming_call.h"
#include "rhei/streaming_method.h"
#include "rhei/unary_method.h"
#include "runtime/loop.h"
#include "support/flags.h"
#include "testing/fixed_message.h"
#include "testing/simulated_world.h"

namespace {

std::atomic<std::uint64_t> allocations{0};

void* Allocate(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const block = std::malloc(size)) return block;
  std::abort();
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size); }
void* operator new[](std::size_t size) { return Allocate(size); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t) noexcept { std::free(block); }

namespace rhei::bench {
namespace {

using Fixed = testing::FixedMessage;

// Calls under way at once, but for a blocking caller's. So many share what a batch of input costs, and what the
// simulated network does.
constexpr int kInFlight = 50;

constexpr std::string_view kFixedPath = "/rhei.bench.Fixed/Unary";
constexpr std::string_view kStreamPath = "/rhei.bench.Fixed/Stream";

class FixedService final : public Service {
 public:
  std::string_view service_name() const override { return "rhei.bench.Fixed"; }
  void AddMethods(MethodTable& table) override {
    table.AddUnary(kFixedPath, *this, &FixedService::Unary);
    table.AddBidiStreaming(kStreamPath, *this, &FixedService::Stream);
  }

 private:
  Task<Result<Fixed>> Unary(ServerContext&, const Fixed& request) { return request; }
  Task<Status> Stream(ServerContext&, Reader<Fixed>& reader, Writer<Fixed>& writer) {
    Fixed message;
    while (co_await reader.Next(message)) {
      if (!co_await writer.Write(message)) break;
    }
    co_return Status();
  }
};

class EchoService final : public Bench::Service {
 public:
  Task<Result<Payload>> Unary(ServerContext&, const Payload& request) override { return request; }
};

class PassOn final : public Interceptor {
 public:
  std::string_view name() const override { return "pass on"; }
  Task<Trailers> Intercept(CallInfo&, Call&, Next next) override { return next(); }
};

class Guard {
 public:
  explicit Guard(std::int64_t calls) : calls_(calls), server_(ServerOptions().UseRuntime(world_.AddRuntime())) {
    payload_.set_body(std::string(16, 'x'));
    server_.Add(fixed_).Add(echo_).Listen("10.0.0.1:80");
  }

  // How many calls ended as they should.
  std::int64_t Run(const std::string& way) {
    CallOptions intercepted;
    if (way == "intercepted") {
      server_.Intercept(std::make_shared<PassOn>());
      intercepted.Intercept(std::make_shared<PassOn>());
    }
    if (!server_.Start().ok()) return 0;
    const Channel channel = Connect("10.0.0.1:80", ChannelOptions().UseRuntime(world_.runtime()));
    const Method method = channel.FindMethod(kFixedPath);
    if (way == "wait") {
      for (std::int64_t i = 0; i < calls_; ++i)
        Count(StartUnary<Fixed>(channel, method, Fixed(), CallOptions()).Wait());
    } else {
      world_.runtime()->loop(0).Post([&, this] {
        for (int i = 0; i < kInFlight; ++i) {
          if (way == "co_await") Spawn(Await(channel, method, CallOptions()));
          if (way == "deadline") Spawn(Await(channel, method, CallOptions().Timeout(std::chrono::seconds(10))));
          if (way == "intercepted") Spawn(Await(channel, method, intercepted));
          if (way == "protobuf") Spawn(AwaitProtobuf(channel));
          if (way == "then") Then(channel, method);
          if (way == "stream") Spawn(Stream(channel));
        }
      });
      (void)world_.RunUntil([this] { return ended_ == calls_; });
    }
    return good_;
  }

 private:
  // Whether one more call is to be made.
  bool Begin() { return begun_++ < calls_; }

  template <typename Reply>
  void Count(const Result<Reply>& reply) {
    ++ended_;
    if (reply.ok()) ++good_;
  }

  Task<void> Await(const Channel& channel, Method method, CallOptions options) {
    while (Begin()) Count(co_await StartUnary<Fixed>(channel, method, Fixed(), options));
  }

  Task<void> AwaitProtobuf(const Channel& channel) {
    const Bench::Stub stub(channel);
    while (Begin()) Count(co_await stub.Unary(payload_));
  }

  // A message there and back counts as a call.
  Task<void> Stream(const Channel& channel) {
    auto call = StartBidiStreaming<Fixed, Fixed>(channel, channel.FindMethod(kStreamPath), CallOptions());
    Fixed message;
    while (Begin()) {
      bool echoed = co_await call.Write(message);
      if (echoed) echoed = co_await call.Next(message);
      Count(echoed ? Result<Fixed>(message) : Error(StatusCode::kUnknown, "no echo"));
    }
  }

  void Then(const Channel& channel, Method method) {
    if (!Begin()) return;
    StartUnary<Fixed>(channel, method, Fixed(), CallOptions())
        .Then([this, &channel, method](const Result<Fixed>& reply) {
          Count(reply);
          Then(channel, method);
        });
  }

  const std::int64_t calls_;
  std::int64_t begun_ = 0;
  std::int64_t ended_ = 0;
  std::int64_t good_ = 0;
  testing::SimulatedWorld world_{1};
  FixedService fixed_;
  EchoService echo_;
  Payload payload_;
  Server server_;
};

int Main(int argc, char** argv) {
  std::string way = "co_await";
  std::int64_t calls = 1000;
  Flags flags("Calls in a simulated world.");
  flags.Add("--case", &way, "co_await, deadline, intercepted, wait, then, protobuf or stream");
  flags.Add("--calls", &calls, "how many");
  flags.Parse(argc, argv);
  const std::int64_t good = Guard(calls).Run(way);
  if (good != calls) {
    std::fprintf(stderr, "%lld of %lld calls ended well\n", static_cast<long long>(good),
                 static_cast<long long>(calls));
    return 1;
  }
  std::printf("{\"calls\": %lld, \"counters\": {\"allocations\": %llu}}\n", static_cast<long long>(calls),
              static_cast<unsigned long long>(allocations.load()));
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
