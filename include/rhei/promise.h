// Promise: completes a Task from a callback, on any thread.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "rhei/executor.h"
#include "rhei/result.h"
#include "rhei/task.h"

namespace rhei::inline v0 {

// The other end of a task that some callback will finish:
//
//     rhei::Promise<Reply> promise;
//     auto task = promise.task();
//     database.Query(key, [promise = std::move(promise)](Row row) mutable { promise.Set(ToReply(row)); });
//     return task;
//
// Set may be called on any thread; whoever awaits the task goes on on its own executor. A promise that is dropped unset
// finishes the task with INTERNAL. Movable; one promise is not to be used by two threads at once.
template <typename T>
class Promise {
 public:
  Promise() : state_(std::make_shared<State>()) {}
  Promise(Promise&&) noexcept = default;
  Promise& operator=(Promise&& other) noexcept {
    if (this != &other) {
      Abandon();
      state_ = std::move(other.state_);
    }
    return *this;
  }
  ~Promise() { Abandon(); }

  // The task that Set finishes. To be taken once.
  Task<Result<T>> task() {
    state_->self = state_;
    return Task<Result<T>>(static_cast<TaskSource<Result<T>>*>(state_.get()));
  }

  // Finishes the task. The first time counts.
  void Set(Result<T> result) {
    if (state_ != nullptr) std::exchange(state_, nullptr)->Finish(std::move(result));
  }

 private:
  struct State final : TaskSource<Result<T>> {
    enum Phase : int { kPending, kAwaited, kFinished };

    bool Start(TaskObserver& waiter) override {
      observer = &waiter;
      executor = Executor::Current();
      int expected = kPending;
      return !phase.compare_exchange_strong(expected, kAwaited, std::memory_order_acq_rel);
    }
    Result<T> Take() override { return std::move(*result); }
    void Drop() noexcept override { std::shared_ptr<State>(std::move(self)).reset(); }

    void Finish(Result<T> value) {
      result.emplace(std::move(value));
      if (phase.exchange(kFinished, std::memory_order_acq_rel) != kAwaited) return;
      if (executor == nullptr || executor == Executor::Current()) {
        observer->OnTaskDone();
      } else {
        executor->Post([waiter = observer] { waiter->OnTaskDone(); });
      }
    }

    std::atomic<int> phase{kPending};
    std::optional<Result<T>> result;
    TaskObserver* observer = nullptr;
    Executor* executor = nullptr;
    std::shared_ptr<State> self;  // what the task owns
  };

  void Abandon() {
    if (state_ != nullptr) Set(Error(StatusCode::kInternal, "the promise of this call was dropped without an answer"));
  }

  std::shared_ptr<State> state_;
};

}  // namespace rhei::inline v0
