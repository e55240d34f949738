#include "rhei/promise.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "rhei/executor.h"

namespace rhei::inline v0 {
namespace {

class Observer final : public TaskObserver {
 public:
  void OnTaskDone() noexcept override {
    ++calls;
    executor = Executor::Current();
  }
  std::atomic<int> calls{0};
  Executor* executor = nullptr;
};

// Runs posted work when it is told to.
class QueueExecutor final : public Executor {
 public:
  void Post(UniqueFunction<void()> work) override { work_.push_back(std::move(work)); }
  void RunAll() {
    const Scope scope(*this);
    while (!work_.empty()) {
      UniqueFunction<void()> work = std::move(work_.front());
      work_.pop_front();
      work();
    }
  }
  std::size_t size() const { return work_.size(); }

 private:
  std::deque<UniqueFunction<void()>> work_;
};

TEST(PromiseTest, SetBeforeTheTaskIsAwaitedItIsThere) {
  Promise<std::string> promise;
  Task<Result<std::string>> task = promise.task();
  promise.Set(std::string("early"));
  Observer observer;
  EXPECT_TRUE(task.Start(observer));
  EXPECT_EQ(*task.Take(), "early");
  EXPECT_EQ(observer.calls, 0);
}

TEST(PromiseTest, SetAfterTheTaskIsAwaitedItTellsOnce) {
  Promise<std::string> promise;
  Task<Result<std::string>> task = promise.task();
  Observer observer;
  EXPECT_FALSE(task.Start(observer));
  promise.Set(std::string("late"));
  EXPECT_EQ(observer.calls, 1);
  EXPECT_EQ(*task.Take(), "late");
}

TEST(PromiseTest, TheFirstSetCounts) {
  Promise<int> promise;
  Task<Result<int>> task = promise.task();
  promise.Set(1);
  promise.Set(2);
  Observer observer;
  EXPECT_TRUE(task.Start(observer));
  EXPECT_EQ(*task.Take(), 1);
}

TEST(PromiseTest, CarriesErrors) {
  Promise<int> promise;
  Task<Result<int>> task = promise.task();
  promise.Set(Error(StatusCode::kNotFound, "nothing"));
  Observer observer;
  ASSERT_TRUE(task.Start(observer));
  EXPECT_EQ(task.Take().error(), Error(StatusCode::kNotFound, "nothing"));
}

TEST(PromiseTest, DroppedUnsetItEndsTheTaskWithInternal) {
  Observer observer;
  std::optional<Promise<int>> before(std::in_place);
  Task<Result<int>> first = before->task();
  before.reset();
  ASSERT_TRUE(first.Start(observer));
  EXPECT_EQ(first.Take().code(), StatusCode::kInternal);

  std::optional<Promise<int>> after(std::in_place);
  Task<Result<int>> second = after->task();
  ASSERT_FALSE(second.Start(observer));
  after.reset();
  EXPECT_EQ(observer.calls, 1);
  EXPECT_EQ(second.Take().code(), StatusCode::kInternal);
}

TEST(PromiseTest, AssigningAnotherOneDropsIt) {
  Promise<int> promise;
  Task<Result<int>> task = promise.task();
  promise = Promise<int>();
  Observer observer;
  ASSERT_TRUE(task.Start(observer));
  EXPECT_EQ(task.Take().code(), StatusCode::kInternal);
}

TEST(PromiseTest, ItsTaskMayBeDroppedUnawaitedBeforeOrAfterSet) {
  const auto token = std::make_shared<int>();
  {
    Promise<std::shared_ptr<int>> promise;
    { const Task<Result<std::shared_ptr<int>>> dropped = promise.task(); }
    promise.Set(token);
  }
  {
    Promise<std::shared_ptr<int>> promise;
    const Task<Result<std::shared_ptr<int>>> dropped = promise.task();
    promise.Set(token);
  }
  EXPECT_EQ(token.use_count(), 1);
}

TEST(PromiseTest, ATaskIsNotNeeded) {
  Promise<int> promise;
  promise.Set(1);
  const Promise<int> dropped;
}

TEST(PromiseTest, WhoAwaitsGoesOnOnItsOwnExecutor) {
  Promise<int> promise;
  Task<Result<int>> task = promise.task();
  Observer observer;
  QueueExecutor home;
  {
    const Executor::Scope scope(home);
    ASSERT_FALSE(task.Start(observer));
  }
  QueueExecutor other;
  {
    const Executor::Scope scope(other);
    promise.Set(1);
  }
  EXPECT_EQ(observer.calls, 0);
  EXPECT_EQ(home.size(), 1U);
  home.RunAll();
  EXPECT_EQ(observer.calls, 1);
  EXPECT_EQ(observer.executor, &home);
}

TEST(PromiseTest, OnTheSameExecutorItGoesOnAtOnce) {
  Promise<int> promise;
  Task<Result<int>> task = promise.task();
  Observer observer;
  QueueExecutor home;
  const Executor::Scope scope(home);
  ASSERT_FALSE(task.Start(observer));
  promise.Set(1);
  EXPECT_EQ(observer.calls, 1);
}

TEST(PromiseTest, SetOnAnotherThreadWhileTheTaskIsBeingAwaitedLosesNothing) {
  for (int round = 0; round < 2000; ++round) {
    Promise<int> promise;
    Observer observer;
    Task<Result<int>> task = promise.task();
    std::thread setter([promise = std::move(promise), round]() mutable { promise.Set(round + 1); });
    const bool ready = task.Start(observer);
    setter.join();
    EXPECT_EQ(observer.calls, ready ? 0 : 1);
    EXPECT_EQ(*task.Take(), round + 1);
  }
}

// The coroutine suspends on one thread and ends on the other, before or after the first one has noticed.
TEST(PromiseTest, ACoroutineMayEndOnTheThreadThatSets) {
  for (int round = 0; round < 2000; ++round) {
    Promise<int> promise;
    std::atomic<int> value{0};
    std::atomic<int> done{0};
    struct Done final : TaskObserver {
      explicit Done(std::atomic<int>& flag) : flag_(flag) {}
      void OnTaskDone() noexcept override { flag_ = 1; }
      std::atomic<int>& flag_;
    } observer(done);
    Task<Result<int>> inner = promise.task();
    const auto outer = [](Task<Result<int>> task, std::atomic<int>& to) -> Task<Result<int>> {
      const Result<int> result = co_await std::move(task);
      to = *result;
      co_return *result;
    };
    Task<Result<int>> task = outer(std::move(inner), value);
    std::thread setter([promise = std::move(promise), round]() mutable { promise.Set(round + 1); });
    const bool ready = task.Start(observer);
    setter.join();
    EXPECT_EQ(done, ready ? 0 : 1);
    EXPECT_EQ(value, round + 1);
    EXPECT_EQ(*task.Take(), round + 1);
  }
}

}  // namespace
}  // namespace rhei::inline v0
