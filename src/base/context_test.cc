#include "rhei/context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <coroutine>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "rhei/promise.h"
#include "rhei/task.h"

namespace rhei::inline v0 {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

inline constexpr ContextKey<std::string> kUser("user");
inline constexpr ContextKey<int> kNumber("number");

class SetClock final : public Clock {
 public:
  TimePoint Now() const override { return now; }
  TimePoint now{};
};

class KeepingLogger final : public Logger {
 public:
  void Write(LogLevel, std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

// A call's scope, as a transport has it, and a way to be below it.
class Call {
 public:
  explicit Call(TimePoint deadline = kNoDeadline) { scope().Begin(deadline); }
  ~Call() { scope().End(); }
  CallScope& scope() { return static_cast<CallScope&>(*state_.get()); }
  Context context() {
    const InstallContext install(state_.get());
    return Context::Current();
  }

  SetClock clock;
  KeepingLogger logger;

 private:
  const SharedContext state_ = SharedContext::Adopt(new CallScope(clock, logger));
};

Error Gone() { return Error(StatusCode::kCancelled, "the user went away"); }

// Suspends whoever awaits it, and knows nothing of contexts.
struct ForeignGate {
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> frame) { waiting = frame; }
  void await_resume() const {}
  std::coroutine_handle<> waiting;
};

const std::string& CurrentUser() {
  static const std::string nobody = "nobody";
  const std::string* const user = Context::Current().Get(kUser);
  return user == nullptr ? nobody : *user;
}

TEST(ContextTest, OutsideOfACallThereIsNoDeadlineNoCancellationAndNoValue) {
  const Context context = Context::Current();
  EXPECT_EQ(context.Deadline(), std::nullopt);
  EXPECT_EQ(context.TimeRemaining(), std::nullopt);
  EXPECT_FALSE(context.IsCancelled());
  EXPECT_EQ(context.CancellationCause(), std::nullopt);
  EXPECT_EQ(context.Get(kUser), nullptr);
  EXPECT_FALSE(context.StopToken().stop_possible());
  const Context::Listener listener = context.OnCancel([] { FAIL(); });
}

TEST(ContextTest, ValuesAreFoundByTheirKeyAndTheInnermostCounts) {
  const Context ann = Context().With(kUser, std::string("ann"));
  const Context both = ann.With(kNumber, 7);
  const Context bob = both.With(kUser, std::string("bob"));
  EXPECT_EQ(*ann.Get(kUser), "ann");
  EXPECT_EQ(ann.Get(kNumber), nullptr);
  EXPECT_EQ(*both.Get(kUser), "ann");
  EXPECT_EQ(*bob.Get(kUser), "bob");
  EXPECT_EQ(*bob.Get(kNumber), 7);
}

TEST(ContextTest, AScopeHoldsForItsBlock) {
  EXPECT_EQ(CurrentUser(), "nobody");
  {
    const Context::Scope ann(Context().With(kUser, std::string("ann")));
    EXPECT_EQ(CurrentUser(), "ann");
    {
      const Context::Scope bob(Context::Current().With(kUser, std::string("bob")));
      EXPECT_EQ(CurrentUser(), "bob");
    }
    EXPECT_EQ(CurrentUser(), "ann");
  }
  EXPECT_EQ(CurrentUser(), "nobody");
}

TEST(ContextTest, TellsTheDeadlineAndWhatRemainsOfIt) {
  Call call{TimePoint(milliseconds(200))};
  call.clock.now = TimePoint(milliseconds(60));
  EXPECT_EQ(call.context().Deadline(), TimePoint(milliseconds(200)));
  EXPECT_EQ(call.context().TimeRemaining(), Duration(milliseconds(140)));
  call.clock.now = TimePoint(milliseconds(201));
  EXPECT_EQ(call.context().TimeRemaining(), Duration::zero());
}

TEST(ContextTest, ValuesBelowACallKeepItsDeadlineAndCancellation) {
  Call call{TimePoint(milliseconds(200))};
  const Context below = call.context().With(kUser, std::string("ann"));
  EXPECT_EQ(below.Deadline(), TimePoint(milliseconds(200)));
  call.scope().Cancel(Gone());
  EXPECT_TRUE(below.IsCancelled());
}

TEST(ContextTest, TheFirstCauseOfACancellationCounts) {
  Call call;
  EXPECT_FALSE(call.context().IsCancelled());
  call.scope().Cancel(Gone());
  call.scope().Cancel(Error(StatusCode::kDeadlineExceeded, "late"));
  EXPECT_EQ(call.context().CancellationCause(), Gone());
}

TEST(ContextTest, CallsEachListenerOnce) {
  Call call;
  int called = 0;
  const Context::Listener first = call.context().OnCancel([&called] { ++called; });
  const Context::Listener second = call.context().OnCancel([&called] { called += 10; });
  EXPECT_EQ(called, 0);
  call.scope().Cancel(Gone());
  call.scope().Cancel(Gone());
  EXPECT_EQ(called, 11);
}

// What ends something, and so perhaps the handler, comes after all who only want to know.
TEST(ContextTest, FunctionsAreCalledBeforeAnythingIsEnded) {
  struct Ender final : ScopeListener {
    void OnScopeEnd(const Error&, bool) override { log->push_back("ended"); }
    std::vector<std::string>* log = nullptr;
  };
  Call call;
  std::vector<std::string> log;
  Ender ender;
  ender.log = &log;
  ASSERT_TRUE(call.scope().Attach(ender));
  const Context::Listener first = call.context().OnCancel([&log] { log.push_back("first"); });
  const Context::Listener second = call.context().OnCancel([&log] { log.push_back("second"); });
  call.scope().Cancel(Gone());
  EXPECT_THAT(log, ElementsAre("first", "second", "ended"));
}

TEST(ContextTest, AListenerOfACancelledContextIsCalledAtOnce) {
  Call call;
  call.scope().Cancel(Gone());
  bool called = false;
  const Context::Listener listener = call.context().OnCancel([&called] { called = true; });
  EXPECT_TRUE(called);
}

TEST(ContextTest, AListenerThatIsDestroyedIsNotCalled) {
  Call call;
  {
    const Context::Listener listener = call.context().OnCancel([] { FAIL(); });
  }
  call.scope().Cancel(Gone());
}

TEST(ContextTest, AListenerMayDestroyItselfAndOthers) {
  Call call;
  std::vector<Context::Listener> listeners;
  int called = 0;
  for (int i = 0; i < 3; ++i) {
    listeners.push_back(call.context().OnCancel([&] {
      ++called;
      listeners.clear();
    }));
  }
  call.scope().Cancel(Gone());
  EXPECT_EQ(called, 1);
}

TEST(ContextTest, WhatAListenerThrowsIsLoggedAndTheOthersAreCalled) {
  Call call;
  bool called = false;
  const Context::Listener first = call.context().OnCancel([&called] { called = true; });
  const Context::Listener second = call.context().OnCancel([] { throw std::runtime_error("broken"); });
  call.scope().Cancel(Gone());
  EXPECT_TRUE(called);
  EXPECT_THAT(call.logger.lines, ElementsAre(HasSubstr("broken")));
}

TEST(ContextTest, WhenTheHandlerEndsTheContextIsCancelledButListenersAreNotCalled) {
  Call call;
  const Context kept = call.context();
  const Context::Listener listener = kept.OnCancel([] { FAIL(); });
  const std::stop_token token = kept.StopToken();
  call.scope().End();
  EXPECT_TRUE(kept.IsCancelled());
  EXPECT_EQ(kept.CancellationCause()->code(), StatusCode::kCancelled);
  EXPECT_TRUE(token.stop_requested());
}

TEST(ContextTest, StopTokensOfACallAreStoppedWithIt) {
  Call call;
  const std::stop_token early = call.context().StopToken();
  EXPECT_TRUE(early.stop_possible());
  EXPECT_FALSE(early.stop_requested());
  call.scope().Cancel(Gone());
  EXPECT_TRUE(early.stop_requested());
  EXPECT_TRUE(call.context().StopToken().stop_requested());
}

TEST(ContextTest, AScopeThatNobodyKeptCanBeUsedAgain) {
  Call call;
  { const Context seen = call.context(); }
  EXPECT_TRUE(call.scope().unique());
  call.scope().End();
  EXPECT_FALSE(call.scope().IsCancelled());
}

// A listener that is withdrawn while it runs on another thread is gone only after it has returned.
TEST(ContextTest, WithdrawingAListenerWaitsForItsEnd) {
  for (int round = 0; round < 200; ++round) {
    Call call;
    std::atomic<int> running{0};
    std::thread canceller;
    {
      auto alive = std::make_unique<std::atomic<int>>(1);
      const Context::Listener listener = call.context().OnCancel([&running, &alive] {
        running = 1;
        EXPECT_EQ(*alive, 1);
        running = 2;
      });
      canceller = std::thread([&call] { call.scope().Cancel(Gone()); });
      if (round % 2 == 0) {
        while (running == 0) std::this_thread::yield();
      }
      // Here the listener goes first, then what it uses.
    }
    EXPECT_NE(running, 1);
    canceller.join();
  }
}

// --- coroutines ------------------------------------------------------------------------------------------------------

Task<void> NoteUserAround(ForeignGate& gate, std::vector<std::string>& seen) {
  seen.push_back(CurrentUser());
  co_await gate;
  seen.push_back(CurrentUser());
}

TEST(ContextCoroutineTest, TheContextFollowsACoroutineThroughAForeignAwaitable) {
  ForeignGate gate;
  std::vector<std::string> seen;
  {
    const Context::Scope scope(Context().With(kUser, std::string("ann")));
    Spawn(NoteUserAround(gate, seen));
    EXPECT_EQ(CurrentUser(), "ann");
  }
  {
    const Context::Scope scope(Context().With(kUser, std::string("bob")));
    gate.waiting.resume();
    EXPECT_EQ(CurrentUser(), "bob");
  }
  EXPECT_THAT(seen, ElementsAre("ann", "ann"));
}

TEST(ContextCoroutineTest, TheContextFollowsACoroutineToAnotherThread) {
  ForeignGate gate;
  std::vector<std::string> seen;
  {
    const Context::Scope scope(Context().With(kUser, std::string("ann")));
    Spawn(NoteUserAround(gate, seen));
  }
  std::thread([&] {
    gate.waiting.resume();
    seen.push_back(CurrentUser());
  }).join();
  EXPECT_THAT(seen, ElementsAre("ann", "ann", "nobody"));
}

Task<void> NoteUserInScope(ForeignGate& gate, std::vector<std::string>& seen) {
  {
    const Context::Scope scope(Context().With(kUser, std::string("carol")));
    co_await NoteUserAround(gate, seen);
    seen.push_back(CurrentUser());
  }
  seen.push_back(CurrentUser());
}

TEST(ContextCoroutineTest, AScopeInACoroutineHoldsAcrossItsSuspensionAndInItsChildren) {
  ForeignGate gate;
  std::vector<std::string> seen;
  {
    const Context::Scope scope(Context().With(kUser, std::string("ann")));
    Spawn(NoteUserInScope(gate, seen));
    EXPECT_EQ(CurrentUser(), "ann");
  }
  EXPECT_EQ(CurrentUser(), "nobody");
  gate.waiting.resume();
  EXPECT_EQ(CurrentUser(), "nobody");
  EXPECT_THAT(seen, ElementsAre("carol", "carol", "carol", "ann"));
}

Task<void> ResumeAnother(ForeignGate& own, ForeignGate& other, std::vector<std::string>& seen) {
  co_await own;
  other.waiting.resume();
  seen.push_back(CurrentUser());
}

TEST(ContextCoroutineTest, ACoroutineThatResumesAnotherKeepsItsOwnContext) {
  ForeignGate first;
  ForeignGate second;
  std::vector<std::string> seen;
  {
    const Context::Scope scope(Context().With(kUser, std::string("ann")));
    Spawn(ResumeAnother(first, second, seen));
  }
  {
    const Context::Scope scope(Context().With(kUser, std::string("bob")));
    Spawn(NoteUserAround(second, seen));
  }
  first.waiting.resume();
  EXPECT_THAT(seen, ElementsAre("bob", "bob", "ann"));
  EXPECT_EQ(CurrentUser(), "nobody");
}

Task<void> AwaitPromise(Task<Result<int>> task, std::vector<std::string>& seen) {
  EXPECT_TRUE((co_await std::move(task)).ok());
  seen.push_back(CurrentUser());
}

TEST(ContextCoroutineTest, TheContextComesBackAfterAPromiseThatIsSetElsewhere) {
  Promise<int> promise;
  std::vector<std::string> seen;
  {
    const Context::Scope scope(Context().With(kUser, std::string("ann")));
    Spawn(AwaitPromise(promise.task(), seen));
  }
  std::thread([promise = std::move(promise)]() mutable { promise.Set(1); }).join();
  EXPECT_THAT(seen, ElementsAre("ann"));
}

TEST(ContextCoroutineTest, ASpawnedCoroutineKeepsItsContextAlive) {
  ForeignGate gate;
  std::vector<std::string> seen;
  {
    // The only other reference goes at the end of the block.
    const Context::Scope scope(Context().With(kUser, std::string("a name that is too long to lie inside of a string")));
    Spawn(NoteUserInScope(gate, seen));
  }
  gate.waiting.resume();
  EXPECT_EQ(seen.back(), "a name that is too long to lie inside of a string");
}

}  // namespace
}  // namespace rhei::inline v0
