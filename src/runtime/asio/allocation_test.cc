// Waiting, posting and arming timers allocate nothing once a loop has warmed up, and a stream that waits holds little.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "runtime/network_for_test.h"

namespace {
std::atomic<long> allocations{0};
std::atomic<long> bytes{0};
}  // namespace

// Not inlined, or the compiler sees malloc on one side and delete on the other.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  bytes.fetch_add(static_cast<long>(size), std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace rhei::inline v0::runtime {
namespace {

using namespace std::chrono_literals;

// Sends back what it gets, at the end of the turn.
class Echo final : public ByteStream::Handler {
 public:
  Echo(Loop& loop, std::unique_ptr<ByteStream> stream)
      : loop_(loop), stream_(std::move(stream)), flush_([this] { Flush(); }) {
    stream_->SetHandler(this);
    stream_->WaitReadable();
  }
  void Send(std::string_view text) { stream_->Write({&text, 1}); }
  int rounds() const { return rounds_; }

 private:
  void OnReadable() override {
    const IoResult read = stream_->Read(loop_.scratch().first(sizeof(buffer_)));
    if (read.kind != IoResult::Kind::kBytes) return;
    std::copy_n(loop_.scratch().data(), read.bytes, buffer_);
    size_ = read.bytes;
    loop_.AtEndOfTurn(flush_);
  }
  void OnWritable() override { stream_->WaitReadable(); }
  void Flush() {
    ++rounds_;
    Send({buffer_, size_});
    stream_->WaitWritable();
  }

  Loop& loop_;
  std::unique_ptr<ByteStream> stream_;
  EndOfTurnTask flush_;
  char buffer_[64];
  std::size_t size_ = 0;
  int rounds_ = 0;
};

TEST(AllocationTest, AnEchoCostsNone) {
  RealNetwork network(Address::Family::kIpv4);
  AsioLoop& loop = network.loop();
  std::unique_ptr<Echo> client, server;
  auto listener = *loop.Listen(network.AnyAddress(), [&](std::unique_ptr<AcceptedStream> accepted) {
    server = std::make_unique<Echo>(loop, *loop.Adopt(std::move(accepted)));
  });
  auto connect = loop.Connect(listener->address(), [&](Result<std::unique_ptr<ByteStream>> connected) {
    client = std::make_unique<Echo>(loop, *std::move(connected));
    client->Send("hello");
  });
  while (client == nullptr || client->rounds() < 100) loop.RunTurn();
  const long before = allocations.load();
  while (client->rounds() < 1100) loop.RunTurn();
  EXPECT_EQ(allocations.load() - before, 0);
}

// Each idle connection has one: rhei's stream, its watch, and what Asio keeps for a descriptor.
TEST(AllocationTest, AStreamThatWaitsToReadTakesHalfAKilobyte) {
  RealNetwork network(Address::Family::kIpv4);
  AsioLoop& loop = network.loop();
  std::vector<std::unique_ptr<ByteStream>> streams;
  long taken = 0;
  auto listener = *loop.Listen(network.AnyAddress(), [&](std::unique_ptr<AcceptedStream> accepted) {
    const long before = bytes.load();
    std::unique_ptr<ByteStream> stream = *loop.Adopt(std::move(accepted));
    stream->WaitReadable();
    taken = bytes.load() - before;
    streams.push_back(std::move(stream));
  });
  auto connect = loop.Connect(listener->address(), [&](Result<std::unique_ptr<ByteStream>> connected) {
    streams.push_back(*std::move(connected));
  });
  while (streams.size() < 2) loop.RunTurn();
  EXPECT_GT(taken, 0);
  EXPECT_LE(taken, 512);
}

TEST(AllocationTest, APostThatWakesTheLoopCostsNone) {
  AsioLoop loop;
  std::thread thread([&] { loop.Run(); });
  const auto round = [&loop] {
    Completion done;
    loop.Post([&done] { done.Set(); });
    loop.Await(done);
  };
  for (int i = 0; i < 100; ++i) round();
  const long before = allocations.load();
  for (int i = 0; i < 1000; ++i) round();
  EXPECT_EQ(allocations.load() - before, 0);
  loop.Stop();
  thread.join();
}

TEST(AllocationTest, ATimerCostsNone) {
  AsioLoop loop;
  int fired = 0;
  Timer timer([&] { ++fired; });
  const auto round = [&] {
    const int before = fired;
    loop.Arm(timer, loop.Now() + 10us);
    while (fired == before) loop.RunTurn();
  };
  for (int i = 0; i < 100; ++i) round();
  const long before = allocations.load();
  for (int i = 0; i < 1000; ++i) round();
  EXPECT_EQ(allocations.load() - before, 0);
}

}  // namespace
}  // namespace rhei::inline v0::runtime
