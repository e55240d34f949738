// Random scripts of calls with deadlines, stop tokens and cancellations through a chain of a client and two servers,
// with connections and servers that break, each from a seed. Whatever happens: each call ends exactly once, and not
// after its deadline; a handler whose call is not wanted any more learns so, and keeps its stream's slot until it has
// ended; and nothing is left behind. A seed that fails is printed; RHEI_SEED=<seed> runs it alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/handler_visit.h"
#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;

inline constexpr std::string_view kMiddleAddress = "10.2.2.2:80";
// Stands for the deadline of a call that is asked for its end some time after that.
inline constexpr TimePoint kTakenLater{};

SimulationOptions NetworkOf(std::uint64_t seed) {
  SimulationOptions options = seed % 3 == 0 ? SimulationOptions::Rough() : SimulationOptions();
  if (seed % 5 == 0) options.buffer_size = 300;
  return options;
}

// Somebody who may ask calls to stop, and when that was.
struct Stopper {
  std::stop_source source;
  std::shared_ptr<TimePoint> when = std::make_shared<TimePoint>(kNoDeadline);

  void RequestStop(TimePoint now) {
    if (source.request_stop()) *when = now;
  }
};

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed)
      : random_(seed),
        stack_([this](ServerContext& context, const std::string& request) { return Last(context, request); }, seed,
               NetworkOf(seed), 1 + seed % 3),
        middle_runtime_(stack_.world.AddRuntime(1 + seed % 2, std::make_shared<KeepingLogger>())),
        middle_service_(
            [this](ServerContext& context, const std::string& request) { return Middle(context, request); }),
        last_(stack_.world, seed % 7 == 0 ? RunOn::kPool : RunOn::kLoop),
        middle_(stack_.world, seed % 11 == 0 ? RunOn::kPool : RunOn::kLoop) {
    last_.limit = stack_.server_limits.max_concurrent_streams = static_cast<std::uint32_t>(1 + Die(20));
    middle_.limit = middle_limits_.max_concurrent_streams = static_cast<std::uint32_t>(1 + Die(20));
    stack_.server_limits.handler_starts_per_round = static_cast<std::uint32_t>(1 + Die(4));
    stack_.run_on = last_.run_on;
    // On the other networks a reset may wait long for its turn.
    if (seed % 3 != 0 && seed % 5 != 0) middle_.patience = 10ms;
  }

  void Run() {
    (void)stack_.Start();
    StartMiddle();
    ConnectClient();
    ConnectMiddle();
    for (int step = 0; step < 80; ++step) Step();
    Settle();
  }

 private:
  std::size_t Die(std::size_t sides) { return random_() % sides; }
  // From a microsecond to a second, each power of ten as likely as the others.
  Duration RandomTime() {
    return std::chrono::microseconds(
        static_cast<std::int64_t>(std::pow(10.0, std::uniform_real_distribution<double>(0, 6)(random_))));
  }

  // --- the servers ---------------------------------------------------------------------------------------------------
  void StartMiddle() {
    middle_server_.reset();
    middle_server_ = std::make_unique<Server>(ServerOptions().UseRuntime(middle_runtime_).UseLimits(middle_limits_));
    middle_server_->AddGeneric(middle_service_, middle_.run_on).Listen(kMiddleAddress);
    (void)middle_server_->Start();
  }
  void ConnectMiddle() {
    const auto options = ChannelOptions().UseRuntime(middle_runtime_).Backoff(100ms, 1s);
    next_.emplace(Connect("ipv4:" + std::string(kServerAddress), options));
  }
  void ConnectClient() {
    const auto options = ChannelOptions().UseRuntime(stack_.client_runtime).Backoff(100ms, 1s);
    stub_.emplace(Connect("ipv4:" + std::string(kMiddleAddress), options));
  }

  Task<Result<std::string>> Last(ServerContext& context, const std::string& request) {
    if (Die(4) == 0) return request;
    return LastWaits(context, request);
  }
  Task<Result<std::string>> LastWaits(ServerContext& context, const std::string& request) {
    const Visit visit(last_, context, request);
    if (Die(4) == 0) contexts_.push_back(context.context());
    switch (Die(4)) {
      case 0: co_return Error(StatusCode::kAborted, "aborted");
      case 1: co_return co_await Held();
      default: break;
    }
    const Status slept = co_await Sleep(RandomTime());
    visit.CheckSlept(slept);
    // Some do not mind.
    if (!slept.ok() && Die(3) > 0) co_return slept.error();
    co_return request;
  }

  Task<Result<std::string>> Middle(ServerContext& context, const std::string& request) {
    const Visit visit(middle_, context, request);
    if (Die(4) == 0) contexts_.push_back(Context::Current());
    if (Die(3) == 0) {
      const Status slept = co_await Sleep(RandomTime());
      visit.CheckSlept(slept);
      if (!slept.ok() && Die(3) > 0) co_return slept.error();
    }
    const GenericStub next = *next_;
    std::vector<UnaryCall<std::string>> calls;
    for (std::size_t count = Die(4); count > 0; --count) calls.push_back(CallNext(next, visit, context, request));
    if (Die(3) == 0) co_return request;  // drops what it began
    for (auto& call : calls) {
      const Result<std::string> reply = co_await call;
      if (!reply.ok() && Die(2) == 0) co_return reply.error();
    }
    co_return request;
  }
  // A call under a handler. Some of those that were begun are left to themselves, and end with their handler.
  UnaryCall<std::string> CallNext(const GenericStub& next, const Visit& visit, ServerContext& context,
                                  const std::string& request) {
    CallOptions options;
    options.WaitForReady(Die(2) == 0);
    if (Die(3) == 0) options.Timeout(RandomTime());
    if (Die(4) == 0) options.Detached();
    if (Die(4) == 0) options.StopOn(context.StopToken());
    if (Die(3) == 0) {
      TimePoint deadline = options.detached() ? kNoDeadline : context.Deadline().value_or(kNoDeadline);
      if (options.timeout()) deadline = std::min(deadline, stack_.world.Now() + *options.timeout());
      auto check = [this, check = Expect(deadline, request), detached = options.detached().value_or(false),
                    end = visit.end()](const Result<std::string>& reply) mutable {
        EXPECT_TRUE(detached || stack_.world.Now() <= *end) << "a call outlived its handler";
        check(reply);
      };
      next.Call(kMethod, request, options).Then(std::move(check));
    }
    return next.Call(kMethod, request, options);
  }

  Task<Result<std::string>> Held() {
    promises_.emplace_back();
    return promises_.back().task();
  }

  // --- the client ----------------------------------------------------------------------------------------------------
  void Step() {
    switch (Die(24)) {
      case 0: stack_.world.CutAll(); break;
      case 1: Break(); break;
      case 2: (void)stack_.Start(); break;
      case 3: StartMiddle(); break;
      case 4: Stop(); break;
      case 5: Reconnect(); break;
      case 6: DropOrCancel(); break;
      case 7: stoppers_[Die(stoppers_.size())].RequestStop(stack_.world.Now()); break;
      case 8: stoppers_[Die(stoppers_.size())] = Stopper(); break;
      case 9: AnswerSome(); break;
      case 10: stack_.world.RunFor(RandomTime()); break;
      default: Call(); break;
    }
    stack_.world.RunFor(std::chrono::microseconds(Die(400)));
  }

  void Break() {
    switch (Die(6)) {
      case 0: stack_.server.reset(); break;
      case 1: middle_server_.reset(); break;
      case 2: stack_.world.RefuseAllConnects(Die(2) == 0); break;
      case 3: stack_.world.Cut(Die(2) == 0 ? 0.01 : 0.0); break;
      case 4: stack_.world.Partition(*middle_runtime_, *stack_.server_runtime); break;
      default: stack_.world.Heal(*middle_runtime_, *stack_.server_runtime); break;
    }
  }
  void Stop() {
    Server* const server = Die(2) == 0 ? stack_.server.get() : middle_server_.get();
    if (server != nullptr) (void)server->Stop(std::chrono::milliseconds(Die(100)));
    if (Die(2) == 0) (void)stack_.Start();
    if (Die(2) == 0) StartMiddle();
  }
  void Reconnect() { Die(2) == 0 ? ConnectClient() : ConnectMiddle(); }
  void DropOrCancel() {
    if (calls_.empty()) return;
    const std::size_t index = Die(calls_.size());
    if (Die(2) == 0) return calls_[index].first.Cancel();
    calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(index));
  }
  void AnswerSome() {
    for (std::size_t count = Die(promises_.size() + 1); count > 0; --count) {
      if (Die(10) > 0) promises_.back().Set(std::string("held"));
      promises_.pop_back();
    }
  }

  void Call() {
    CallOptions options;
    options.WaitForReady(Die(2) == 0);
    TimePoint deadline = kNoDeadline;
    if (Die(2) == 0) {
      options.Timeout(RandomTime());
      deadline = stack_.world.Now() + *options.timeout();
    }
    if (Die(5) == 0) {
      // Also one that has passed.
      options.Deadline(stack_.world.Now() - 10us + RandomTime());
      deadline = std::min(deadline, std::max(*options.deadline(), stack_.world.Now()));
    }
    const std::string request = std::to_string(++requests_) + std::string(Die(4) == 0 ? Die(5'000) : Die(50), 'r');
    const Stopper& stopper = stoppers_[Die(stoppers_.size())];
    std::shared_ptr<const TimePoint> stopped;
    if (Die(3) == 0) {
      options.StopOn(stopper.source.get_token());
      stopped = stopper.when;
    }
    if (Die(5) == 0) {
      auto start = [this, stub = *stub_, options, deadline, request, stopped] {
        stub.Call(kMethod, request, options).Then(ExpectOfUser(deadline, request, stopped));
      };
      return stack_.client_runtime->loop(Die(stack_.client_runtime->loop_count())).Post(std::move(start));
    }
    UnaryCall<std::string> call = stub_->Call(kMethod, request, options);
    if (Die(3) == 0) return calls_.push_back({std::move(call), request});
    call.Then(ExpectOfUser(deadline, request, stopped));
    if (Die(8) == 0) stoppers_[Die(stoppers_.size())].RequestStop(stack_.world.Now());
  }

  // For a call of the client's. `stopped`: when its stop token spoke; or null.
  UniqueFunction<void(Result<std::string>)> ExpectOfUser(TimePoint deadline, const std::string& request,
                                                         std::shared_ptr<const TimePoint> stopped) {
    const TimePoint begin = stack_.world.Now();
    return [this, check = Expect(deadline, request), request, begin,
            stopped = std::move(stopped)](const Result<std::string>& reply) mutable {
      const TimePoint now = stack_.world.Now();
      EXPECT_TRUE(stopped == nullptr || now <= std::max(begin, *stopped)) << "a call went on after its stop";
      middle_.given_up.emplace(request, now);
      check(reply);
    };
  }
  // What is to be called with the end of a call that ends by this deadline; kTakenLater: some time before.
  UniqueFunction<void(Result<std::string>)> Expect(TimePoint deadline, const std::string& request) {
    ends_.push_back(0);
    return [this, index = ends_.size() - 1, deadline, request](const Result<std::string>& reply) {
      EXPECT_EQ(++ends_[index], 1) << "call " << index;
      if (deadline != kTakenLater) {
        EXPECT_LE(stack_.world.Now(), deadline) << "call " << index;
      }
      if (reply.ok()) {
        EXPECT_TRUE(*reply == request || *reply == "held");
      } else {
        CheckError(reply.error(), deadline);
      }
    };
  }
  void CheckError(const Error& error, TimePoint deadline) const {
    switch (error.code()) {
      case StatusCode::kAborted:
      case StatusCode::kUnavailable:
      case StatusCode::kCancelled: return;
      case StatusCode::kInternal:
        EXPECT_NE(error.message().find("promise"), std::string::npos) << error.ToString();
        return;
      case StatusCode::kFailedPrecondition:
        EXPECT_NE(error.message().find("Sleep"), std::string::npos) << error.ToString();
        return;
      case StatusCode::kDeadlineExceeded:
        // It was not ended a little earlier by that of its caller.
        if (error.message().find("the deadline passed") != std::string::npos && error.origin() == Origin::kLibrary &&
            error.message().find("cancelled with") == std::string::npos && deadline != kTakenLater) {
          EXPECT_EQ(stack_.world.Now(), deadline) << error.ToString();
        }
        return;
      default: ADD_FAILURE() << error.ToString();
    }
  }

  // --- the end -------------------------------------------------------------------------------------------------------
  // Handlers too: one that awaits a detached call, which waits for its server, is to end while there is one.
  bool AllEnded() const {
    return last_.running + middle_.running == 0 &&
           std::all_of(ends_.begin(), ends_.end(), [](int count) { return count > 0; });
  }
  void AnswerAll() {
    for (auto& promise : std::exchange(promises_, {})) promise.Set(std::string("held"));
  }

  // With servers there, handlers that answer and no more faults, everything ends.
  void Settle() {
    stack_.world.Heal(*middle_runtime_, *stack_.server_runtime);
    stack_.world.RefuseAllConnects(false);
    stack_.world.Cut(0);
    (void)stack_.Start();
    StartMiddle();
    for (auto& [call, request] : std::exchange(calls_, {})) call.Then(Expect(kTakenLater, request));
    for (int round = 0; round < 5000 && !AllEnded(); ++round) {
      stack_.world.RunFor(100ms);
      AnswerAll();
    }
    for (std::size_t i = 0; i < ends_.size(); ++i) EXPECT_EQ(ends_[i], 1) << "call " << i;
    stub_.reset();
    next_.reset();
    stack_.server.reset();
    middle_server_.reset();
    stack_.world.RunFor(10s);
    EXPECT_EQ(last_.running, 0);
    EXPECT_EQ(middle_.running, 0);
    for (const Context& context : std::exchange(contexts_, {})) {
      EXPECT_TRUE(context.IsCancelled() && context.CancellationCause().has_value());
    }
    EXPECT_EQ(stack_.world.connections(), 0U);
    EXPECT_EQ(stack_.server_runtime.use_count(), 1) << "something is left of the last server";
    EXPECT_EQ(middle_runtime_.use_count(), 1) << "something is left of the middle server or of its channel";
    EXPECT_EQ(stack_.client_runtime.use_count(), 1) << "something is left of the client's channel";
  }

  std::mt19937_64 random_;
  int requests_ = 0;
  std::vector<int> ends_;
  std::vector<Context> contexts_;  // that somebody kept
  std::vector<Promise<std::string>> promises_;
  std::vector<Stopper> stoppers_{3};
  SimulatedStack stack_;
  std::shared_ptr<Runtime> middle_runtime_;
  FunctionService middle_service_;
  Limits middle_limits_;
  Handlers last_;
  Handlers middle_;
  std::optional<GenericStub> next_;  // of the middle, to the last
  std::optional<GenericStub> stub_;
  std::unique_ptr<Server> middle_server_;
  std::vector<std::pair<UnaryCall<std::string>, std::string>> calls_;  // with their requests
};

TEST(DeadlineChaosTest, WhateverHappensCallsEndInTimeAndHandlersLearnOfIt) {
  const char* const only = std::getenv("RHEI_SEED");
  const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
  const std::uint64_t last = only != nullptr ? first : 2000;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("RHEI_SEED=" + std::to_string(seed));
    Chaos(seed).Run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace rhei::inline v0::testing
