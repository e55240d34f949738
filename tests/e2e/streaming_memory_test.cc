// What streams cost a server's heap while they go on. Counted, so that it does not depend on the machine.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "rhei/executor.h"
#include "tests/e2e/simulated_stack.h"

namespace {

// What is allocated while this one runs is counted until it is freed, whoever frees it.
const rhei::Executor* watched = nullptr;
// What is allocated by anyone.
bool all_is_watched = false;
std::int64_t held = 0;
std::int64_t most_held = 0;

struct alignas(std::max_align_t) Head {
  std::int64_t counted;
};

}  // namespace

// Not inlined, or the compiler sees malloc on one side and delete on the other.
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* const memory = std::malloc(sizeof(Head) + size);
  if (memory == nullptr) throw std::bad_alloc();
  const bool counts = all_is_watched || (watched != nullptr && rhei::Executor::Current() == watched);
  Head* const head = ::new (memory) Head{counts ? static_cast<std::int64_t>(size) : 0};
  held += head->counted;
  if (held > most_held) most_held = held;
  return head + 1;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  Head* const head = static_cast<Head*>(memory) - 1;
  held -= head->counted;
  std::free(head);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using Chat = BidiStreamingCall<std::string, std::string>;

constexpr std::int64_t kMiB = 1024 * 1024;

class StreamingMemoryTest : public ::testing::Test, protected GenericStreamingService {
 protected:
  using Handler = Task<Status> (*)(Reader<std::string>& reader, Writer<std::string>& writer, const std::string& text);

  void Serve(Handler handler, std::string text = {}) {
    handler_ = handler;
    text_ = std::move(text);
    server_ = std::make_unique<Server>(ServerOptions().UseRuntime(server_runtime_));
    server_->AddGeneric(static_cast<GenericStreamingService&>(*this)).Listen(kServerAddress);
    ASSERT_TRUE(server_->Start().ok());
    stub_.emplace(Connect("ipv4:" + std::string(kServerAddress), ChannelOptions().UseRuntime(world_.runtime())));
    watched = &server_runtime_->loop(0);
    most_held = held;
  }
  void TearDown() override {
    watched = nullptr;
    all_is_watched = false;
  }

  SimulatedWorld world_{1};
  std::shared_ptr<Runtime> server_runtime_ = world_.AddRuntime();
  std::unique_ptr<Server> server_;
  std::optional<GenericStub> stub_;

 private:
  Task<Status> Call(ServerContext&, Reader<std::string>& reader, Writer<std::string>& writer) override {
    return handler_(reader, writer, text_);
  }

  Handler handler_ = nullptr;
  std::string text_;
};

Task<void> WriteMany(Chat& call, const std::string& message, int count, int& written) {
  for (; written < count; ++written) {
    const bool sent = co_await call.Write(message);
    if (!sent) co_return;
  }
  call.WritesDone();
}

// Its reader always finds something there, so what it has read must not wait for the rest to be gone too.
TEST_F(StreamingMemoryTest, AReaderThatIsNeverAheadHoldsNoMoreThanItsWindow) {
  constexpr int kMessages = 8'000;
  Serve([](Reader<std::string>& reader, Writer<std::string>&, const std::string&) -> Task<Status> {
    std::string message;
    while (co_await reader.Next(message)) (void)co_await Sleep(1ms);
    co_return Status();
  });
  const std::string message(1000, 'm');
  int written = 0;
  auto call = stub_->Stream(kMethod);
  Spawn(WriteMany(call, message, kMessages, written));
  EXPECT_TRUE(call.Finish().Wait().ok());
  EXPECT_EQ(written, kMessages);
  // A window of 64 KiB, twice where a string grows; and not the 8 MB that passed through.
  EXPECT_LT(most_held, kMiB);
  EXPECT_GT(most_held, 1000);
}

TEST_F(StreamingMemoryTest, AHundredStreamsThatNobodyReadsHoldTwoMebibytes) {
  Serve(
      [](Reader<std::string>&, Writer<std::string>& writer, const std::string& text) -> Task<Status> {
        for (int i = 0; i < 1024; ++i) {
          const bool sent = co_await writer.Write(text);
          if (!sent) break;
        }
        co_return Status();
      },
      std::string(10 * 1024, 'm'));
  std::int64_t after_first = 0;
  for (int round = 0; round < 3; ++round) {
    std::vector<Chat> calls;
    calls.reserve(100);
    for (int i = 0; i < 100; ++i) calls.push_back(stub_->Stream(kMethod));
    world_.RunFor(5s);
    const std::int64_t during = held;
    calls.clear();
    world_.RunFor(5s);
    if (round == 0) after_first = held;
    EXPECT_LT(during - held, 2 * kMiB) << round;
    EXPECT_GT(during - held, kMiB / 4) << round;
    // What is kept is used again.
    EXPECT_LT(held, after_first + kMiB / 16) << round;
  }
  EXPECT_LT(after_first, kMiB);
  EXPECT_LT(most_held, 3 * kMiB);
}

Task<void> StreamOneAfterTheOther(GenericStub& stub, int count, int& done) {
  const std::string message(16, 'm');
  std::string reply;
  for (; done < count; ++done) {
    Chat call = stub.Stream(kMethod);
    const bool sent = co_await call.Write(message);
    call.WritesDone();
    const bool answered = co_await call.Next(reply);
    const Status status = co_await call.Finish();
    if (!sent || !answered || reply != message || !status.ok()) co_return;
  }
}

// Both sides and the network between them. What an ended stream left behind, be it a byte, would be seen.
TEST_F(StreamingMemoryTest, AHundredThousandStreamsOneAfterTheOtherLeaveNothingBehind) {
  constexpr int kWarmUp = 2'000;  // until pools and tables have their sizes
  constexpr int kStreams = 100'000;
  Serve([](Reader<std::string>& reader, Writer<std::string>& writer, const std::string&) -> Task<Status> {
    std::string message;
    while (co_await reader.Next(message)) {
      const bool sent = co_await writer.Write(message);
      if (!sent) break;
    }
    co_return Status();
  });
  all_is_watched = true;
  const auto run_until = [this](int count, int& done) {
    Spawn(StreamOneAfterTheOther(*stub_, count, done));
    return world_.RunUntil([&done, count] { return done == count; });
  };
  int done = 0;
  ASSERT_TRUE(run_until(kWarmUp, done));
  world_.RunFor(5s);
  const std::int64_t held_before = held;
  ASSERT_TRUE(run_until(kWarmUp + kStreams, done));
  world_.RunFor(5s);
  // Less than a byte for each stream: the blocks of the world's queues come and go.
  EXPECT_LT(held - held_before, kStreams / 4);
  EXPECT_LT(most_held, 2 * kMiB);
}

// Awaited, it tells how many bytes the coroutine's frame has.
struct FrameSize {
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> frame) {
    size = (static_cast<const Head*>(frame.address()) - 1)->counted;
    return false;
  }
  std::int64_t await_resume() const noexcept { return size; }

  std::int64_t size = 0;
};

std::int64_t frame_of_echo = 0;

Task<Status> Echo(Reader<std::string>& reader, Writer<std::string>& writer, const std::string&) {
  // Of a frame in memory that somebody else had before, nothing is known.
  const std::int64_t frame = co_await FrameSize();
  frame_of_echo = std::max(frame_of_echo, frame);
  std::string message;
  while (co_await reader.Next(message)) {
    const bool sent = co_await writer.Write(message);
    if (!sent) break;
  }
  co_return Status();
}

class IdleStreamTest : public StreamingMemoryTest {
 protected:
  static constexpr int kConnections = 10;

  // Bytes of the server's heap for each of many streams that stay open, some time after their one message was answered.
  // What connections and the loop share is in it, and the frame of the handler is not.
  std::int64_t BytesOfEach(int streams, const std::string& question) {
    Serve(Echo);
    const std::int64_t before = held;
    calls_.reserve(static_cast<std::size_t>(kConnections) * streams);
    int answered = 0;
    for (int i = 0; i < kConnections; ++i) {
      stubs_.emplace_back(
          Connect("ipv4:" + std::string(kServerAddress), ChannelOptions().UseRuntime(world_.runtime())));
      for (int j = 0; j < streams; ++j) calls_.push_back(stubs_.back().Stream(kMethod));
    }
    for (Chat& call : calls_) Spawn(Ask(call, question, answered));
    EXPECT_TRUE(world_.RunUntil([&] { return answered == kConnections * streams; }));
    world_.RunFor(5s);
    const std::int64_t each = (held - before) / (kConnections * streams) - frame_of_echo;
    RecordProperty("bytes", static_cast<int>(each));
    return each;
  }

 private:
  static Task<void> Ask(Chat& call, const std::string& question, int& answered) {
    const bool sent = co_await call.Write(question);
    std::string answer;
    const bool heard = co_await call.Next(answer);
    answered += sent && heard ? 1 : 0;
  }

  std::vector<GenericStub> stubs_;
  std::vector<Chat> calls_;
};

TEST_F(IdleStreamTest, HoldsThreeQuartersOfAKilobyte) {
  const std::int64_t each = BytesOfEach(1'000, "hello");
  EXPECT_LE(each, 768);
  EXPECT_GT(each, 256);
  EXPECT_GT(frame_of_echo, 128);
}

// The handler's variable has the message, and nothing else has it.
TEST_F(IdleStreamTest, DoesNotKeepTheMessageThatItHasReceived) {
  constexpr std::int64_t kMessage = 100'000;
  const std::int64_t each = BytesOfEach(10, std::string(kMessage, 'm'));
  EXPECT_GT(each, kMessage);
  EXPECT_LT(each, kMessage + 16 * 1024);
}

}  // namespace
}  // namespace rhei::inline v0::testing
