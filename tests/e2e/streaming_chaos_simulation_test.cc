// Random scripts of streaming calls, each from a seed: whatever happens, what is delivered is a prefix of what was
// written, all of it where a call ends well; each call ends exactly once, nothing hangs and nothing is left behind. A
// seed that fails is printed; RHEI_SEED=<seed> runs it alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using Chat = BidiStreamingCall<std::string, std::string>;

constexpr std::size_t kAll = SIZE_MAX;

// One call, and what both of its sides know of it.
struct Talk {
  std::size_t id = 0;
  std::size_t largest = 0;  // message
  std::optional<Chat> call;
  std::size_t begun = 0;     // writes of the client
  std::size_t written = 0;   // those that said yes
  bool half_closed = false;  // behind the last of them
  std::size_t received = 0;  // by the client
  bool read_to_end = false;
  int ends = 0;
  int at_work = 0;  // coroutines of the client's that use the call
  int handlers = 0;
  std::size_t replies_begun = 0;
  std::size_t replied = 0;
  std::optional<StatusCode> answer;  // the handler's

  // The message of a direction with this number: every one is another.
  std::string Message(char direction, std::size_t number) const {
    const std::size_t mixed = (id * 31 + number) * 2654435761U + static_cast<unsigned char>(direction);
    const std::size_t kind = mixed >> 8 & 7;
    const std::size_t size = kind == 0 ? mixed >> 12 & 3 : mixed >> 12 & (kind < 6 ? 63 : 0xffff);
    std::string message = direction + std::to_string(id) + ":" + std::to_string(number);
    message.append(std::min(size, largest), static_cast<char>('a' + number % 26));
    return message;
  }
};

// Stands in a coroutine.
class Counted {
 public:
  explicit Counted(int& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  int& count_;
};

class Chaos final : private GenericStreamingService {
 public:
  explicit Chaos(std::uint64_t seed)
      : random_(seed),
        world_(seed, NetworkOf(seed)),
        server_runtime_(world_.AddRuntime(1 + seed % 2, std::make_shared<KeepingLogger>())),
        client_runtime_(world_.AddRuntime(1 + seed % 3)),
        run_on_(seed % 7 == 0 ? RunOn::kPool : RunOn::kLoop),
        slow_(seed % 3 == 0 || seed % 5 == 0 || seed % 11 == 0),
        limits_(RandomLimits()),
        client_limits_(RandomLimits()) {}

  void Run() {
    StartServer();
    Reconnect();
    for (int step = 0; step < 30; ++step) Step();
    Settle();
  }

 private:
  static SimulationOptions NetworkOf(std::uint64_t seed) {
    SimulationOptions options = seed % 3 == 0 ? SimulationOptions::Rough() : SimulationOptions();
    if (seed % 5 == 0) options.buffer_size = 300;
    if (seed % 11 == 0) {
      // Byte by byte.
      options.split_probability = 1;
      options.one_byte_probability = 1;
    }
    return options;
  }
  std::size_t Die(std::size_t sides) { return random_() % sides; }
  // From a microsecond to a tenth of a second, each power of ten as likely as the others.
  Duration RandomTime() {
    return std::chrono::microseconds(
        static_cast<std::int64_t>(std::pow(10.0, std::uniform_real_distribution<double>(0, 5)(random_))));
  }
  Limits RandomLimits() {
    Limits limits;
    limits.max_concurrent_streams = static_cast<std::uint32_t>(1 + Die(20));
    limits.handler_starts_per_round = static_cast<std::uint32_t>(1 + Die(4));
    // Smaller ones are served in steps of 100 ms, as a defence.
    if (Die(2) == 0) limits.stream_window = static_cast<std::uint32_t>(1024 + Die(5000));
    if (Die(3) == 0) limits.connection_budget = 1 + Die(20'000);
    if (Die(3) == 0) limits.write_buffer = 1 + Die(20'000);
    if (Die(3) == 0) limits.stream_write_buffer = 1 + Die(5000);
    return limits;
  }

  // --- the server ----------------------------------------------------------------------------------------------------
  void StartServer() {
    server_.reset();
    server_ = std::make_unique<Server>(ServerOptions().UseRuntime(server_runtime_).UseLimits(limits_));
    server_->AddGeneric(*this, run_on_).Listen(kServerAddress);
    (void)server_->Start();
  }

  Task<Status> Call(ServerContext& context, Reader<std::string>& reader, Writer<std::string>& writer) override {
    Talk& talk = *talks_[std::stoul(std::string(*context.metadata().Get("id")))];
    const Counted running(handlers_);
    EXPECT_EQ(++talk.handlers, 1) << "a call that a handler had begun was sent again";
    switch (Die(4)) {
      case 0: co_await ReadAndReply(context, reader, writer, talk); break;
      case 1: co_await ReadBesideReplies(context, reader, writer, talk); break;
      case 2:
        co_await Replies(writer, talk, Die(30));
        co_await Requests(context, reader, talk, kAll);
        break;
      default:
        co_await Requests(context, reader, talk, Die(5));
        co_await Replies(writer, talk, Die(5));
        break;
    }
    talk.answer = Die(5) == 0 ? StatusCode::kAborted : StatusCode::kOk;
    if (*talk.answer == StatusCode::kAborted) co_return Error(StatusCode::kAborted, "aborted");
    co_return Status();
  }

  Task<void> ReadAndReply(ServerContext& context, Reader<std::string>& reader, Writer<std::string>& writer,
                          Talk& talk) {
    std::string message;
    std::size_t seen = 0;
    while (co_await reader.Next(message)) {
      CheckRequest(talk, seen++, message);
      if (Die(4) == 0) (void)co_await Sleep(RandomTime());
      bool over = false;
      for (std::size_t count = Die(3); count > 0 && !over; --count) over = !co_await Reply(writer, talk);
      if (over) co_return;
    }
    CheckEnd(context, talk, seen);
  }
  Task<void> ReadBesideReplies(ServerContext& context, Reader<std::string>& reader, Writer<std::string>& writer,
                               Talk& talk) {
    Promise<bool> replied;
    Task<Result<bool>> end = replied.task();
    Spawn(RepliesBeside(writer, talk, std::move(replied)));
    co_await Requests(context, reader, talk, kAll);
    (void)co_await std::move(end);
  }
  Task<void> RepliesBeside(Writer<std::string>& writer, Talk& talk, Promise<bool> replied) {
    co_await Replies(writer, talk, Die(30));
    replied.Set(true);
  }

  Task<void> Requests(ServerContext& context, Reader<std::string>& reader, Talk& talk, std::size_t most) {
    std::string message;
    for (std::size_t seen = 0; seen < most; ++seen) {
      if (Die(6) == 0) (void)co_await Sleep(RandomTime());
      const bool more = co_await reader.Next(message);
      if (!more) {
        CheckEnd(context, talk, seen);
        break;
      }
      CheckRequest(talk, seen, message);
    }
  }
  Task<void> Replies(Writer<std::string>& writer, Talk& talk, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (Die(6) == 0) (void)co_await Sleep(RandomTime());
      const bool sent = co_await Reply(writer, talk);
      if (!sent) break;
    }
  }
  Task<bool> Reply(Writer<std::string>& writer, Talk& talk) {
    const std::string message = talk.Message('s', talk.replies_begun++);
    const bool sent = co_await writer.Write(message);
    if (sent) ++talk.replied;
    co_return sent;
  }

  static void CheckRequest(const Talk& talk, std::size_t number, const std::string& message) {
    EXPECT_LT(number, talk.begun) << "call " << talk.id;
    EXPECT_TRUE(message == talk.Message('c', number)) << "call " << talk.id << ": request " << number;
  }
  // There is no request any more: the client has said so, or the call is over.
  static void CheckEnd(const ServerContext& context, const Talk& talk, std::size_t seen) {
    if (context.IsCancelled()) return;
    EXPECT_TRUE(talk.half_closed) << "call " << talk.id;
    EXPECT_EQ(seen, talk.written) << "call " << talk.id << ": requests were lost";
  }

  // --- the client ----------------------------------------------------------------------------------------------------
  void Reconnect() {
    stub_.emplace(Connect("ipv4:" + std::string(kServerAddress),
                          ChannelOptions().UseRuntime(client_runtime_).UseLimits(client_limits_).Backoff(100ms, 1s)));
  }

  void Step() {
    switch (Die(20)) {
      case 0: world_.CutAll(); break;
      case 1: server_.reset(); break;
      case 2: StartServer(); break;
      case 3:
        if (server_ != nullptr) (void)server_->Stop(std::chrono::milliseconds(Die(100)));
        break;
      case 4: Reconnect(); break;
      case 5:
        if (!talks_.empty()) CancelOne(*talks_[Die(talks_.size())]);
        break;
      case 6: world_.RunFor(RandomTime()); break;
      case 7: world_.Cut(Die(2) == 0 ? 0.005 : 0.0); break;
      default: Begin(); break;
    }
    world_.RunFor(Die(3) == 0 ? RandomTime() : std::chrono::microseconds(Die(400)));
  }

  static void CancelOne(Talk& talk) {
    if (talk.call) talk.call->Cancel();
  }

  void Begin() {
    auto made = std::make_unique<Talk>();
    Talk& talk = *made;
    talk.id = talks_.size();
    talk.largest = slow_ ? 300 : 20'000;
    talks_.push_back(std::move(made));
    // One that may wait for itself ends by its deadline.
    const std::size_t kind = Die(6);
    CallOptions options;
    options.Metadata("id", std::to_string(talk.id)).WaitForReady(Die(2) == 0);
    if (kind == 0 || Die(4) == 0) options.Timeout(RandomTime() * 10);
    auto begin = [this, &talk, kind, options, stub = *stub_] {
      talk.call.emplace(stub.Stream(kMethod, options));
      switch (kind) {
        case 0: Spawn(ReadAndWriteInTurn(talk)); break;
        case 1: Observe(talk); break;
        default: Spawn(Read(talk)); break;
      }
      if (kind != 0) Spawn(Write(talk));
    };
    client_runtime_->loop(Die(client_runtime_->loop_count())).Post(std::move(begin));
  }

  Task<void> Write(Talk& talk) {
    const Counted at_work(talk.at_work);
    for (std::size_t count = Die(30); count > 0; --count) {
      if (Die(6) == 0) (void)co_await Sleep(RandomTime());
      const bool sent = co_await WriteOne(talk);
      if (!sent) co_return;
    }
    HalfClose(talk);
  }
  Task<bool> WriteOne(Talk& talk) {
    const std::string message = talk.Message('c', talk.begun++);
    const bool sent = co_await talk.call->Write(message);
    if (sent) ++talk.written;
    co_return sent;
  }
  static void HalfClose(Talk& talk) {
    talk.half_closed = true;
    talk.call->WritesDone();
  }

  Task<void> Read(Talk& talk) {
    const Counted at_work(talk.at_work);
    const std::size_t most = Die(4) == 0 ? Die(10) : kAll;
    const bool slow = Die(3) == 0;
    std::string message;
    while (talk.received < most) {
      if (slow) (void)co_await Sleep(RandomTime());
      const bool more = co_await talk.call->Next(message);
      if (!more) break;
      CheckReply(talk, message);
    }
    if (talk.received == most) {
      // Enough.
      talk.call->Cancel();
    } else {
      talk.read_to_end = true;
    }
    const Status status = co_await talk.call->Finish();
    End(talk, status);
  }

  // Some of each, by one coroutine, which in the end drops the call as often as it asks how it went.
  Task<void> ReadAndWriteInTurn(Talk& talk) {
    std::string message;
    {
      const Counted at_work(talk.at_work);
      for (std::size_t count = Die(20); count > 0; --count) {
        const bool writes = Die(2) == 0;
        bool went_on = false;
        if (writes) {
          went_on = co_await WriteOne(talk);
        } else {
          went_on = co_await talk.call->Next(message);
          if (went_on) CheckReply(talk, message);
        }
        if (!went_on) break;
      }
      const bool drops = Die(2) == 0;
      if (!drops) {
        talk.call->Cancel();
        const Status status = co_await talk.call->Finish();
        End(talk, status);
        co_return;
      }
      ++talk.ends;
    }
    talk.call.reset();
  }

  class Observer final : public StreamObserver<std::string> {
   public:
    Observer(Chaos& chaos, Talk& talk, bool manual) : chaos_(chaos), talk_(talk), manual_(manual) {}
    void OnNext(std::string& message) override {
      chaos_.CheckReply(talk_, message);
      if (manual_) talk_.call->reader().Request(chaos_.Die(3) == 0 ? 2 : 1);
      if (chaos_.Die(30) == 0) talk_.call->Cancel();
    }
    void OnError(const Error& error) override { OnEnd(error); }
    void OnCompleted() override { OnEnd(Status()); }

   private:
    void OnEnd(const Status& status) {
      talk_.read_to_end = true;
      chaos_.End(talk_, status);
    }

    Chaos& chaos_;
    Talk& talk_;
    const bool manual_;
  };
  void Observe(Talk& talk) {
    const bool manual = Die(2) == 0;
    talk.call->Observe(std::make_shared<Observer>(*this, talk, manual),
                       manual ? Inbound::kManual : Inbound::kAutomatic);
    if (manual) talk.call->reader().Request(1);
  }

  void CheckReply(Talk& talk, const std::string& message) {
    EXPECT_LT(talk.received, talk.replies_begun) << "call " << talk.id;
    EXPECT_TRUE(message == talk.Message('s', talk.received)) << "call " << talk.id << ": reply " << talk.received;
    ++talk.received;
  }
  void End(Talk& talk, const Status& status) {
    EXPECT_EQ(++talk.ends, 1) << "call " << talk.id;
    switch (status.code()) {
      case StatusCode::kOk:
        EXPECT_EQ(talk.answer, StatusCode::kOk) << "call " << talk.id;
        if (talk.read_to_end) {
          EXPECT_EQ(talk.received, talk.replied) << "call " << talk.id << ": replies were lost";
        }
        break;
      case StatusCode::kAborted:
        EXPECT_EQ(talk.answer, StatusCode::kAborted) << "call " << talk.id;
        if (talk.read_to_end) {
          EXPECT_EQ(talk.received, talk.replied) << "call " << talk.id << ": replies were lost";
        }
        break;
      case StatusCode::kUnavailable:
      case StatusCode::kCancelled:
      case StatusCode::kDeadlineExceeded: break;
      default: ADD_FAILURE() << "call " << talk.id << ": " << status.ToString();
    }
  }

  // --- the end -------------------------------------------------------------------------------------------------------
  bool AllEnded() const {
    return handlers_ == 0 && std::all_of(talks_.begin(), talks_.end(),
                                         [](const auto& talk) { return talk->ends > 0 && talk->at_work == 0; });
  }
  // With a server there and no more faults, everything ends.
  void Settle() {
    world_.Cut(0);
    StartServer();
    for (int round = 0; round < 5000 && !AllEnded(); ++round) world_.RunFor(100ms);
    EXPECT_EQ(handlers_, 0);
    for (const auto& talk : talks_) {
      EXPECT_EQ(talk->ends, 1) << "call " << talk->id;
      EXPECT_EQ(talk->at_work, 0) << "call " << talk->id << " holds a coroutine";
      talk->call.reset();
    }
    stub_.reset();
    server_.reset();
    world_.RunFor(10s);
    EXPECT_EQ(world_.connections(), 0U);
    EXPECT_EQ(server_runtime_.use_count(), 1) << "something is left of a server";
    EXPECT_EQ(client_runtime_.use_count(), 1) << "something is left of a channel";
  }

  std::mt19937_64 random_;
  SimulatedWorld world_;
  std::shared_ptr<Runtime> server_runtime_;
  std::shared_ptr<Runtime> client_runtime_;
  const RunOn run_on_;
  const bool slow_;  // the network
  const Limits limits_;
  const Limits client_limits_;
  std::vector<std::unique_ptr<Talk>> talks_;
  int handlers_ = 0;
  std::optional<GenericStub> stub_;
  std::unique_ptr<Server> server_;
};

TEST(StreamingChaosTest, WhateverHappensStreamsArePrefixesAndEachCallEndsOnce) {
  const char* const only = std::getenv("RHEI_SEED");
  const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
  const std::uint64_t last = only != nullptr ? first : 3000;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("RHEI_SEED=" + std::to_string(seed));
    Chaos(seed).Run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace rhei::inline v0::testing
