#include "rhei/task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "rhei/promise.h"
#include "rhei/result.h"

namespace rhei::inline v0 {
namespace {

// Drives a task as a loop would, and holds its value.
template <typename T>
class Runner final : public TaskObserver {
 public:
  explicit Runner(Task<T> task) : task_(std::move(task)) {
    if (task_.Start(*this)) done_ = true;
  }
  void OnTaskDone() noexcept override { done_ = true; }
  bool done() const { return done_; }
  T Take() { return task_.Take(); }

 private:
  Task<T> task_;
  bool done_ = false;
};

template <typename T>
T RunNow(Task<T> task) {
  Runner<T> runner(std::move(task));
  EXPECT_TRUE(runner.done());
  return runner.Take();
}

// Suspends whoever awaits it until it is opened.
class Gate {
 public:
  auto operator co_await() {
    struct Awaiter {
      bool await_ready() const { return gate.open_; }
      void await_suspend(std::coroutine_handle<> frame) { gate.waiting_.push_back(frame); }
      void await_resume() {}
      Gate& gate;
    };
    return Awaiter{*this};
  }
  void Open() {
    open_ = true;
    for (const std::coroutine_handle<> frame : std::exchange(waiting_, {})) frame.resume();
  }

 private:
  bool open_ = false;
  std::vector<std::coroutine_handle<>> waiting_;
};

Task<Result<std::string>> Ready() { return std::string("ready"); }
Task<Result<std::string>> Failed() { return Error(StatusCode::kNotFound, "failed"); }

TEST(TaskTest, AValueOrAnErrorIsAReadyTask) {
  Task<Result<std::string>> ready = Ready();
  EXPECT_TRUE(ready.ready());
  EXPECT_EQ(*ready.Take(), "ready");
  Task<Result<std::string>> failed = Failed();
  EXPECT_TRUE(failed.ready());
  EXPECT_EQ(failed.Take().error().message(), "failed");
  EXPECT_TRUE(Task<void>().ready());
}

Task<int> Count(int& runs) {
  ++runs;
  co_return runs;
}

TEST(TaskTest, ACoroutineRunsWhenItIsStartedAndNotBefore) {
  int runs = 0;
  {
    Task<int> task = Count(runs);
    EXPECT_FALSE(task.ready());
    EXPECT_EQ(runs, 0);
  }
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(RunNow(Count(runs)), 1);
}

TEST(TaskTest, ATaskThatIsNeverStartedGivesBackItsParameters) {
  const auto token = std::make_shared<int>();
  const auto keep = [](std::shared_ptr<int> held) -> Task<int> { co_return *held; };
  {
    Task<int> task = keep(token);
    EXPECT_EQ(token.use_count(), 2);
    Task<int> moved = std::move(task);
    EXPECT_EQ(token.use_count(), 2);
    moved = keep(token);
    EXPECT_EQ(token.use_count(), 2);
  }
  EXPECT_EQ(token.use_count(), 1);
}

Task<Result<std::string>> Join() {
  Result<std::string> ready = co_await Ready();
  Result<std::string> failed = co_await Failed();
  if (!ready.ok() || failed.ok()) co_return Error(StatusCode::kInternal, "the wrong way round");
  co_return *ready + " and " + failed.error().message();
}

TEST(TaskTest, AwaitsReadyTasks) { EXPECT_EQ(*RunNow(Join()), "ready and failed"); }

Task<int> PassThrough(Gate& gate, std::vector<std::string>& log, int number) {
  log.push_back("in " + std::to_string(number));
  co_await gate;
  log.push_back("out " + std::to_string(number));
  co_return number;
}

Task<int> Sum(Gate& gate, std::vector<std::string>& log) {
  const int one = co_await PassThrough(gate, log, 1);
  const int two = co_await PassThrough(gate, log, 2);
  co_return one + two;
}

TEST(TaskTest, SuspendsAndGoesOnWhereItWas) {
  Gate gate;
  std::vector<std::string> log;
  Runner<int> runner(Sum(gate, log));
  EXPECT_FALSE(runner.done());
  gate.Open();
  EXPECT_TRUE(runner.done());
  EXPECT_EQ(runner.Take(), 3);
  EXPECT_THAT(log, ::testing::ElementsAre("in 1", "out 1", "in 2", "out 2"));
}

Task<std::unique_ptr<int>> MakeUnique() { co_return std::make_unique<int>(4); }
Task<int> TakeUnique() {
  const std::unique_ptr<int> number = co_await MakeUnique();
  co_return *number;
}

TEST(TaskTest, CarriesValuesThatCannotBeCopied) { EXPECT_EQ(RunNow(TakeUnique()), 4); }

// --- the stack ----------------------------------------------------------------------------------------------------

Task<int> One() { co_return 1; }

Task<int> AwaitOften(int times) {
  int sum = 0;
  for (int i = 0; i < times; ++i) sum += co_await One();
  co_return sum;
}

TEST(TaskStackTest, AMillionAwaitsOfCoroutinesThatEndAtOnceTakeNoStack) {
  EXPECT_EQ(RunNow(AwaitOften(1'000'000)), 1'000'000);
}

Task<int> AwaitReadyOften(int times) {
  int sum = 0;
  for (int i = 0; i < times; ++i) {
    Task<int> ready(1);
    sum += co_await std::move(ready);
  }
  co_return sum;
}

TEST(TaskStackTest, AMillionAwaitsOfReadyTasksTakeNoStack) { EXPECT_EQ(RunNow(AwaitReadyOften(1'000'000)), 1'000'000); }

Task<int> AwaitSetPromisesOften(int times) {
  int sum = 0;
  for (int i = 0; i < times; ++i) {
    Promise<int> promise;
    Task<Result<int>> task = promise.task();
    promise.Set(1);
    const Result<int> one = co_await std::move(task);
    sum += *one;
  }
  co_return sum;
}

TEST(TaskStackTest, AMillionAwaitsOfPromisesThatAreSetTakeNoStack) {
  EXPECT_EQ(RunNow(AwaitSetPromisesOften(1'000'000)), 1'000'000);
}

Task<int> AwaitPendingOften(int times, Promise<int>& next) {
  int sum = 0;
  for (int i = 0; i < times; ++i) {
    next = Promise<int>();
    const Result<int> one = co_await next.task();
    sum += *one;
  }
  co_return sum;
}

TEST(TaskStackTest, AMillionSuspensionsTakeNoStack) {
  Promise<int> next;
  Runner<int> runner(AwaitPendingOften(1'000'000, next));
  // Setting it makes the coroutine put another promise in its place.
  while (!runner.done()) {
    Promise<int> current = std::move(next);
    current.Set(1);
  }
  EXPECT_EQ(runner.Take(), 1'000'000);
}

Task<int> Descend(int depth, Gate& gate) {
  if (depth == 0) {
    co_await gate;
    co_return 0;
  }
  const int below = co_await Descend(depth - 1, gate);
  co_return below + 1;
}

// Each level of such a recursion takes stack as that of plain functions does; it must be no more than that.
constexpr int kDepth = 5000;

TEST(TaskStackTest, CoroutinesMayRecurseThousandsDeep) {
  Gate open;
  open.Open();
  EXPECT_EQ(RunNow(Descend(kDepth, open)), kDepth);
}

TEST(TaskStackTest, ADeepChainThatWasSuspendedComesBack) {
  Gate gate;
  Runner<int> runner(Descend(kDepth, gate));
  EXPECT_FALSE(runner.done());
  gate.Open();
  EXPECT_TRUE(runner.done());
  EXPECT_EQ(runner.Take(), kDepth);
}

// --- exceptions ---------------------------------------------------------------------------------------------------

Task<int> Throw(Gate& gate) {
  co_await gate;
  throw std::runtime_error("thrown");
}

Task<void> ThrowNothingStandard() {
  throw 42;
  co_return;
}

Task<int> Pass(Gate& gate) { co_return co_await Throw(gate) + 1; }

Task<std::string> Catch(Gate& gate) {
  std::string caught;
  try {
    co_await Pass(gate);
  } catch (const std::runtime_error& error) {
    caught = error.what();
  }
  try {
    co_await ThrowNothingStandard();
  } catch (int number) {
    caught += " " + std::to_string(number);
  }
  co_return caught;
}

TEST(TaskExceptionTest, GoesThroughTasksToWhoeverAwaits) {
  Gate open;
  open.Open();
  EXPECT_EQ(RunNow(Catch(open)), "thrown 42");
}

TEST(TaskExceptionTest, GoesThroughTasksThatWereSuspended) {
  Gate gate;
  Runner<std::string> runner(Catch(gate));
  gate.Open();
  ASSERT_TRUE(runner.done());
  EXPECT_EQ(runner.Take(), "thrown 42");
}

TEST(TaskExceptionTest, TakeThrowsItToWhoDrivesTheTask) {
  Gate open;
  open.Open();
  Runner<int> runner(Throw(open));
  ASSERT_TRUE(runner.done());
  EXPECT_THROW(runner.Take(), std::runtime_error);
}

// --- Spawn --------------------------------------------------------------------------------------------------------

Task<void> Append(Gate& gate, std::shared_ptr<std::string> text) {
  *text += "a";
  co_await gate;
  *text += "b";
}

TEST(SpawnTest, RunsATaskToItsEndAndLetsGoOfIt) {
  Gate gate;
  const auto text = std::make_shared<std::string>();
  Spawn(Append(gate, text));
  EXPECT_EQ(*text, "a");
  EXPECT_GT(text.use_count(), 1);
  gate.Open();
  EXPECT_EQ(*text, "ab");
  EXPECT_EQ(text.use_count(), 1);
}

TEST(SpawnTest, TakesTasksThatAreDoneAlready) {
  Gate open;
  open.Open();
  const auto text = std::make_shared<std::string>();
  Spawn(Append(open, text));
  Spawn(Task<void>());
  EXPECT_EQ(*text, "ab");
  EXPECT_EQ(text.use_count(), 1);
}

TEST(SpawnDeathTest, WhatATaskThrowsEndsTheProcessAsFromAThread) { EXPECT_DEATH(Spawn(ThrowNothingStandard()), ""); }

}  // namespace
}  // namespace rhei::inline v0
