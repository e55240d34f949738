// Cancellation and context through the whole stack, on virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

inline constexpr ContextKey<std::string> kUser("user");

// Counts what its handlers live through: each sleeps for a minute, unless it is woken.
struct Watched {
  int running = 0;
  int on_cancel = 0;
  std::vector<Error> causes;

  FunctionService::Function function() {
    return [this](ServerContext& context, const std::string&) { return Handle(context); };
  }
  Task<Result<std::string>> Handle(ServerContext& context) {
    ++running;
    context.OnCancel([this] { ++on_cancel; });
    const Status slept = co_await Sleep(1min);
    --running;
    if (context.IsCancelled()) causes.push_back(*context.CancellationCause());
    if (!slept.ok()) co_return slept.error();
    co_return std::string("slept");
  }
};

// --- who cancels
// -------------------------------------------------------------------------------------------------------

class WhoCancelsTest : public ::testing::Test {
 protected:
  WhoCancelsTest() : stack_(watched_.function()) { EXPECT_TRUE(stack_.Start().ok()); }

  void ExpectWokenWith(StatusCode code, const std::string& words) {
    // A reset that reaches the server a moment later.
    stack_.world.RunFor(10ms);
    EXPECT_EQ(watched_.running, 0);
    EXPECT_EQ(watched_.on_cancel, 1);
    ASSERT_THAT(watched_.causes, SizeIs(1));
    EXPECT_EQ(watched_.causes[0].code(), code);
    EXPECT_THAT(watched_.causes[0].message(), HasSubstr(words));
  }

  Watched watched_;
  SimulatedStack stack_;
  const GenericStub stub_ = stack_.Stub();
};

TEST_F(WhoCancelsTest, TheCallerByCancel) {
  auto call = stub_.Call(kMethod, "x");
  stack_.world.RunFor(100ms);
  ASSERT_EQ(watched_.running, 1);
  call.Cancel();
  EXPECT_EQ(call.Wait().code(), StatusCode::kCancelled);
  ExpectWokenWith(StatusCode::kCancelled, "CANCEL");
}

TEST_F(WhoCancelsTest, TheCallerByDroppingTheCall) {
  {
    const auto call = stub_.Call(kMethod, "x");
    stack_.world.RunFor(100ms);
  }
  ExpectWokenWith(StatusCode::kCancelled, "CANCEL");
}

TEST_F(WhoCancelsTest, AStopToken) {
  std::stop_source source;
  auto call = stub_.Call(kMethod, "x", CallOptions().StopOn(source.get_token()));
  stack_.world.RunFor(100ms);
  source.request_stop();
  EXPECT_EQ(call.Wait().code(), StatusCode::kCancelled);
  ExpectWokenWith(StatusCode::kCancelled, "CANCEL");
}

TEST_F(WhoCancelsTest, TheDeadline) {
  auto call = stub_.Call(kMethod, "x", CallOptions().Timeout(100ms));
  EXPECT_EQ(call.Wait().code(), StatusCode::kDeadlineExceeded);
  ExpectWokenWith(StatusCode::kDeadlineExceeded, "deadline");
}

TEST_F(WhoCancelsTest, ALostConnection) {
  auto call = stub_.Call(kMethod, "x");
  stack_.world.RunFor(100ms);
  stack_.world.CutAll();
  EXPECT_EQ(call.Wait().code(), StatusCode::kUnavailable);
  ExpectWokenWith(StatusCode::kUnavailable, "connection");
}

TEST_F(WhoCancelsTest, AServerThatStops) {
  auto call = stub_.Call(kMethod, "x");
  stack_.world.RunFor(100ms);
  (void)stack_.server->Stop(50ms);
  EXPECT_FALSE(call.Wait().ok());
  ExpectWokenWith(StatusCode::kUnavailable, "the server stops");
}

TEST(CancelTest, AStopTokenThatHasSpokenEndsTheCallBeforeItBegins) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(stack.Stub().Call(kMethod, "x", CallOptions().StopOn(source.get_token())).Wait().code(),
            StatusCode::kCancelled);
  EXPECT_EQ(stack.service.started, 0);
}

TEST(CancelTest, AStopTokenThatSpeaksAfterTheEndHarmsNobody) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  std::stop_source source;
  EXPECT_TRUE(stack.Stub().Call(kMethod, "x", CallOptions().StopOn(source.get_token())).Wait().ok());
  source.request_stop();
  stack.world.RunFor(1s);
}

TEST(CancelTest, ACallThatWaitsForAStreamLeavesTheQueue) {
  Watched watched;
  SimulatedStack stack(watched.function());
  stack.server_limits.max_concurrent_streams = 1;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  auto first = stub.Call(kMethod, "x");
  stack.world.RunFor(100ms);
  std::stop_source source;
  auto second = stub.Call(kMethod, "x", CallOptions().StopOn(source.get_token()));
  stack.world.RunFor(100ms);
  source.request_stop();
  EXPECT_EQ(second.Wait().code(), StatusCode::kCancelled);
  EXPECT_EQ(stack.service.started, 1);
  first.Cancel();
  stack.world.RunFor(100ms);
}

// A handler that does not listen keeps its slot, and nobody else's: the next call waits for it.
TEST(CancelTest, TheSlotIsFreeOnlyWhenTheHandlerHasEnded) {
  std::vector<Promise<std::string>> promises;
  SimulatedStack stack([&](ServerContext&, const std::string&) -> Task<Result<std::string>> {
    promises.emplace_back();
    return promises.back().task();
  });
  stack.server_limits.max_concurrent_streams = 1;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  EXPECT_EQ(stub.Call(kMethod, "x", CallOptions().Timeout(100ms)).Wait().code(), StatusCode::kDeadlineExceeded);
  auto refused = stub.Call(kMethod, "y").Wait();
  EXPECT_EQ(refused.code(), StatusCode::kUnavailable);
  EXPECT_EQ(stack.service.started, 1);
  promises[0].Set(std::string("late"));
  stack.world.RunFor(10ms);
  auto served = stub.Call(kMethod, "z");
  stack.world.RunFor(10ms);
  ASSERT_THAT(promises, SizeIs(2));
  promises[1].Set(std::string("in time"));
  EXPECT_EQ(*served.Wait(), "in time");
}

// --- the context
// ---------------------------------------------------------------------------------------------------------

// A server whose handlers call another one. `call` is what they do with the stub.
class Chain {
 public:
  using Forward = std::function<Task<Result<std::string>>(const GenericStub& next)>;

  explicit Chain(FunctionService::Function last, Forward forward)
      : stack(std::move(last)),
        forward_(std::move(forward)),
        middle_runtime_(stack.world.AddRuntime()),
        middle_service_([this](ServerContext&, const std::string&) { return forward_(*next_); }),
        middle_(ServerOptions().UseRuntime(middle_runtime_)) {
    EXPECT_TRUE(stack.Start().ok());
    next_.emplace(Connect("ipv4:10.1.1.1:80", ChannelOptions().UseRuntime(middle_runtime_)));
    middle_.AddGeneric(middle_service_).Listen("10.2.2.2:80");
    EXPECT_TRUE(middle_.Start().ok());
  }

  GenericStub Stub() {
    return GenericStub(Connect("ipv4:10.2.2.2:80", ChannelOptions().UseRuntime(stack.client_runtime)));
  }

  SimulatedStack stack;

 private:
  Forward forward_;
  std::optional<GenericStub> next_;
  std::shared_ptr<Runtime> middle_runtime_;
  FunctionService middle_service_;
  Server middle_;
};

Task<Result<std::string>> CallNext(const GenericStub& next) { co_return co_await next.Call(kMethod, "next"); }

TEST(ContextInheritanceTest, CallsUnderAHandlerInheritItsDeadline) {
  std::optional<Duration> left;
  Chain chain(
      [&](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
        left = context.TimeRemaining();
        return std::string("last");
      },
      CallNext);
  EXPECT_EQ(*chain.Stub().Call(kMethod, "x", CallOptions().Timeout(200ms)).Wait(), "last");
  ASSERT_TRUE(left.has_value());
  EXPECT_LE(*left, Duration(200ms));
  EXPECT_GT(*left, Duration(190ms));
}

TEST(ContextInheritanceTest, WithoutADeadlineThereIsNoneToInherit) {
  bool none = false;
  Chain chain(
      [&](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
        none = !context.Deadline().has_value();
        return std::string("last");
      },
      CallNext);
  EXPECT_TRUE(chain.Stub().Call(kMethod, "x").Wait().ok());
  EXPECT_TRUE(none);
}

TEST(ContextInheritanceTest, TheCallsOwnShorterTimeoutCounts) {
  Watched last;
  Status seen;
  Chain chain(last.function(), [&](const GenericStub& next) -> Task<Result<std::string>> {
    Result<std::string> reply = co_await next.Call(kMethod, "x", CallOptions().Timeout(50ms));
    if (!reply.ok()) seen = reply.error();
    co_return std::string("without the last");
  });
  EXPECT_EQ(*chain.Stub().Call(kMethod, "x", CallOptions().Timeout(200ms)).Wait(), "without the last");
  EXPECT_EQ(seen.code(), StatusCode::kDeadlineExceeded);
}

TEST(ContextInheritanceTest, WhenTheDeadlinePassesEverybodyEndsWithIt) {
  Watched last;
  Status middle;
  Chain chain(last.function(), [&](const GenericStub& next) -> Task<Result<std::string>> {
    Result<std::string> reply = co_await next.Call(kMethod, "x");
    if (!reply.ok()) middle = reply.error();
    co_return reply;
  });
  const TimePoint begin = chain.stack.world.Now();
  EXPECT_EQ(chain.Stub().Call(kMethod, "x", CallOptions().Timeout(200ms)).Wait().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(chain.stack.world.Now() - begin, Duration(200ms));
  chain.stack.world.RunFor(10ms);
  EXPECT_EQ(middle.code(), StatusCode::kDeadlineExceeded);
  ASSERT_THAT(last.causes, SizeIs(1));
  EXPECT_EQ(last.causes[0].code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(last.running, 0);
}

TEST(ContextInheritanceTest, WhenTheUserCancelsEverybodyStops) {
  Watched last;
  Status middle;
  Chain chain(last.function(), [&](const GenericStub& next) -> Task<Result<std::string>> {
    Result<std::string> reply = co_await next.Call(kMethod, "x");
    if (!reply.ok()) middle = reply.error();
    co_return reply;
  });
  {
    const auto call = chain.Stub().Call(kMethod, "x");
    chain.stack.world.RunFor(100ms);
    EXPECT_EQ(last.running, 1);
  }
  chain.stack.world.RunFor(20ms);
  EXPECT_EQ(middle.code(), StatusCode::kCancelled);
  EXPECT_EQ(last.running, 0);
  ASSERT_THAT(last.causes, SizeIs(1));
  EXPECT_EQ(last.causes[0].code(), StatusCode::kCancelled);
}

TEST(ContextInheritanceTest, ADetachedCallGoesOn) {
  int answered = 0;
  Chain chain(
      [&](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
        EXPECT_FALSE(context.Deadline().has_value());
        const Status slept = co_await Sleep(1s);
        EXPECT_TRUE(slept.ok());
        co_return std::string("last");
      },
      [&](const GenericStub& next) -> Task<Result<std::string>> {
        next.Call(kMethod, "x", CallOptions().Detached()).Then([&](const Result<std::string>& reply) {
          EXPECT_TRUE(reply.ok());
          ++answered;
        });
        return std::string("at once");
      });
  EXPECT_EQ(*chain.Stub().Call(kMethod, "x", CallOptions().Timeout(200ms)).Wait(), "at once");
  chain.stack.world.RunFor(2s);
  EXPECT_EQ(answered, 1);
}

TEST(ContextInheritanceTest, WhenAHandlerEndsItsCallsEndThatWereNotDetached) {
  Watched last;
  Status forgotten;
  Chain chain(last.function(), [&](const GenericStub& next) -> Task<Result<std::string>> {
    next.Call(kMethod, "x").Then([&](const Result<std::string>& reply) { forgotten = reply.error(); });
    const Status slept = co_await Sleep(50ms);
    EXPECT_TRUE(slept.ok());
    co_return std::string("done");
  });
  EXPECT_EQ(*chain.Stub().Call(kMethod, "x").Wait(), "done");
  chain.stack.world.RunFor(20ms);
  EXPECT_EQ(forgotten.code(), StatusCode::kCancelled);
  EXPECT_THAT(std::string(forgotten.message()), HasSubstr("handler"));
  EXPECT_EQ(last.running, 0);
}

TEST(ContextInheritanceTest, ValuesFollowCoroutinesCallbacksAndThePool) {
  std::vector<std::string> seen;
  const auto note = [&seen](const char* where) {
    const std::string* const user = Context::Current().Get(kUser);
    seen.push_back(std::string(where) + " " + (user == nullptr ? "nobody" : *user));
  };
  std::shared_ptr<Runtime> pool;
  Chain chain(Echo, [&](const GenericStub& next) -> Task<Result<std::string>> {
    const Context::Scope scope(Context::Current().With(kUser, std::string("ann")));
    Promise<std::string> called_back;
    auto task = called_back.task();
    auto done = [&note, called_back = std::move(called_back)](const Result<std::string>& reply) mutable {
      note("then");
      called_back.Set(reply);
    };
    next.Call(kMethod, "x").Then(std::move(done));
    const Result<std::string> reply = co_await std::move(task);
    note("coroutine");
    Promise<std::string> on_pool;
    auto pooled = on_pool.task();
    auto work = [&note, on_pool = std::move(on_pool)]() mutable {
      note("pool");
      on_pool.Set(std::string("x"));
    };
    pool->RunOnPool(std::move(work));
    const Result<std::string> from_pool = co_await std::move(pooled);
    note("coroutine");
    co_return reply;
  });
  pool = chain.stack.server_runtime;
  EXPECT_TRUE(chain.Stub().Call(kMethod, "x").Wait().ok());
  EXPECT_THAT(seen, ElementsAre("then ann", "coroutine ann", "pool ann", "coroutine ann"));
  EXPECT_EQ(Context::Current().Get(kUser), nullptr);
}

TEST(ContextInheritanceTest, BlockingHandlersOnThePoolHaveTheirContextToo) {
  SimulatedStack stack([](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    EXPECT_EQ(Context::Current().Deadline(), context.Deadline());
    return std::to_string(std::chrono::round<std::chrono::seconds>(*Context::Current().TimeRemaining()).count());
  });
  stack.run_on = RunOn::kPool;
  ASSERT_TRUE(stack.Start().ok());
  EXPECT_EQ(*stack.Stub().Call(kMethod, "x", CallOptions().Timeout(5s)).Wait(), "5");
}

}  // namespace
}  // namespace rhei::inline v0::testing
