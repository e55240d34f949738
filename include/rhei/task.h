// Task: the result of an asynchronous function, ready or to come.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "rhei/context_state.h"
#include "rhei/pooled.h"

namespace rhei::inline v0 {

template <typename T>
class Task;

// Is told once that a task it started has finished.
class TaskObserver {
 public:
  virtual void OnTaskDone() noexcept = 0;

 protected:
  ~TaskObserver() = default;
};

// Where the value of a task comes from when it is not there yet: a coroutine or a Promise.
template <typename T>
class TaskSource {
 public:
  // Begins the work. True: it has finished, and the observer is not called. False: the observer is called later.
  virtual bool Start(TaskObserver& observer) = 0;
  // The value; once, after it has finished. Throws what the coroutine threw.
  virtual T Take() = 0;
  // Gives the source up: before Start or after it has finished.
  virtual void Drop() noexcept = 0;

 protected:
  ~TaskSource() = default;
};

namespace coroutine {

template <typename Awaiter>
class ContextAwaiter;

// What the frames of all tasks share. A coroutine begins when its task is awaited or started, not when it is called.
// Wherever it runs, its own context (rhei/context.h) is the thread's current one; when it suspends, the one of whoever
// resumed it is so again.
class PromiseBase {
 public:
  // Frames are pooled: a coroutine costs no heap allocation in the steady state.
  static void* operator new(std::size_t size) { return AllocatePooled(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { FreePooled(frame, size); }

  // Frames are aligned as memory is. GCC 12 lays out the frame of a coroutine wrongly whose body declares no variable
  // and has a co_await in the condition of an `if` or `while`: what resumes it finds another one, 8 bytes further on.
  static void CheckFrame([[maybe_unused]] const void* frame) {
#if defined(__GNUC__) && !defined(__clang__)
    if (reinterpret_cast<std::uintptr_t>(frame) % __STDCPP_DEFAULT_NEW_ALIGNMENT__ != 0) [[unlikely]] {
      EndMiscompiled();
    }
#endif
  }
  // Ends the process, and says what to do.
  [[noreturn]] static void EndMiscompiled() noexcept;

  std::suspend_always initial_suspend() noexcept { return {}; }

  // Tells the observer. It may destroy the frame, which is suspended by then, so nothing of it is touched afterwards.
  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> frame) noexcept {
      PromiseBase& promise = frame.promise();
      promise.LeaveThread();
      // As long as RunUntilSuspended has not returned, its result tells the starter.
      if (promise.phase_.exchange(kFinished, std::memory_order_acq_rel) == kAwaited) promise.observer_->OnTaskDone();
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }

  // Awaits anything that can be awaited, and takes the context along.
  template <typename Awaitable>
  auto await_transform(Awaitable&& awaitable);

 protected:
  // Tells whether the coroutine has finished. Atomic, because the coroutine may suspend, and go on on another thread
  // before resume() has returned on this one.
  bool RunUntilSuspended(std::coroutine_handle<> frame, TaskObserver& observer) {
    observer_ = &observer;
    outer_ = ContextState::Current();
    context_ = SharedContext(outer_);
    frame.resume();
    int expected = kRunning;
    return !phase_.compare_exchange_strong(expected, kAwaited, std::memory_order_acq_rel);
  }

 private:
  template <typename Awaiter>
  friend class ContextAwaiter;

  void LeaveThread() { ContextState::SetCurrent(outer_); }

  enum Phase : int { kRunning, kAwaited, kFinished };
  std::atomic<int> phase_{kRunning};
  TaskObserver* observer_ = nullptr;
  SharedContext context_;          // in which it began
  ContextState* own_ = nullptr;    // while it is suspended: that one, or one of a Context::Scope in its frame
  ContextState* outer_ = nullptr;  // while it runs: the one of whoever resumed it, who keeps it alive
};

// The awaiter that an awaitable gives to a coroutine: what its `operator co_await` returns, or the awaitable itself.
template <typename Awaitable>
decltype(auto) AwaiterOf(Awaitable&& awaitable) {
  if constexpr (requires { std::forward<Awaitable>(awaitable).operator co_await(); }) {
    return std::forward<Awaitable>(awaitable).operator co_await();
  } else if constexpr (requires { operator co_await(std::forward<Awaitable>(awaitable)); }) {
    return operator co_await(std::forward<Awaitable>(awaitable));
  } else {
    return std::forward<Awaitable>(awaitable);
  }
}

// Another awaiter, with the context taken off the thread while the coroutine is suspended. `Awaiter` may be a
// reference.
template <typename Awaiter>
class ContextAwaiter {
 public:
  template <typename Awaitable>
  ContextAwaiter(PromiseBase& promise, Awaitable&& awaitable)
      : awaiter_(AwaiterOf(std::forward<Awaitable>(awaitable))), promise_(promise) {}

  bool await_ready() { return awaiter_.await_ready(); }

  // What is awaited may begin inside of the inner await_suspend, which is why the context stays until it returns. The
  // coroutine may by then go on on another thread, or be gone: nothing of it is touched any more.
  template <typename Promise>
  auto await_suspend(std::coroutine_handle<Promise> frame) {
    ContextState* const outer = promise_.outer_;
    ContextState* const own = ContextState::Current();
    promise_.own_ = own;
    suspended_ = true;
    using Returned = decltype(awaiter_.await_suspend(frame));
    if constexpr (std::is_same_v<Returned, bool>) {
      const bool suspended = awaiter_.await_suspend(frame);
      if (suspended) {
        ContextState::SetCurrent(outer);
      } else {
        suspended_ = false;
      }
      return suspended;
    } else if constexpr (std::is_void_v<Returned>) {
      awaiter_.await_suspend(frame);
      ContextState::SetCurrent(outer);
    } else {
      const auto next = awaiter_.await_suspend(frame);
      ContextState::SetCurrent(outer);
      return next;
    }
  }

  decltype(auto) await_resume() {
    if (suspended_) {
      promise_.outer_ = ContextState::Current();
      ContextState::SetCurrent(promise_.own_);
    }
    return awaiter_.await_resume();
  }

 private:
  Awaiter awaiter_;
  PromiseBase& promise_;
  bool suspended_ = false;
};

template <typename T>
inline constexpr bool kIsTask = false;
template <typename T>
inline constexpr bool kIsTask<Task<T>> = true;

template <typename Awaitable>
auto PromiseBase::await_transform(Awaitable&& awaitable) {
  static_assert(!std::is_lvalue_reference_v<Awaitable> || !kIsTask<std::remove_cvref_t<Awaitable>>,
                "write co_await std::move(task): a task is awaited once, and is gone then");
  return ContextAwaiter<decltype(AwaiterOf(std::forward<Awaitable>(awaitable)))>(*this,
                                                                                 std::forward<Awaitable>(awaitable));
}

template <typename T>
class TaskAwaiter;

template <typename T>
class Promise final : public PromiseBase, public TaskSource<T> {
 public:
  Task<T> get_return_object() {
    CheckFrame(std::coroutine_handle<Promise>::from_promise(*this).address());
    return Task<T>(static_cast<TaskSource<T>*>(this));
  }
  template <typename U>
    requires std::is_convertible_v<U&&, T>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  void unhandled_exception() { exception_ = std::current_exception(); }

  bool Start(TaskObserver& observer) override {
    return this->RunUntilSuspended(std::coroutine_handle<Promise>::from_promise(*this), observer);
  }
  T Take() override {
    if (exception_) std::rethrow_exception(std::exchange(exception_, nullptr));
    return std::move(*value_);
  }
  void Drop() noexcept override { std::coroutine_handle<Promise>::from_promise(*this).destroy(); }

 private:
  std::optional<T> value_;
  std::exception_ptr exception_;
};

template <>
class Promise<void> final : public PromiseBase, public TaskSource<void> {
 public:
  Task<void> get_return_object();
  void return_void() {}
  void unhandled_exception() { exception_ = std::current_exception(); }

  bool Start(TaskObserver& observer) override {
    return RunUntilSuspended(std::coroutine_handle<Promise>::from_promise(*this), observer);
  }
  void Take() override {
    if (exception_) std::rethrow_exception(std::exchange(exception_, nullptr));
  }
  void Drop() noexcept override { std::coroutine_handle<Promise>::from_promise(*this).destroy(); }

 private:
  std::exception_ptr exception_;
};

}  // namespace coroutine

// A value that is there, or an asynchronous function that will produce it. A function that answers at once returns a
// plain value, which makes a ready task without a coroutine frame:
//
//     Task<Result<Reply>> Echo(ServerContext&, const Request& request) { return Reply(request); }
//
// Awaited once, by `co_await std::move(task)` or as a temporary. A task that was never awaited never ran. One that is
// under way must not be destroyed. Not thread-safe.
//
// GCC 12: name a lambda with captures, or an aggregate with members that own something, before you pass it to
// a function inside a co_await expression; that compiler destroys such temporaries twice.
template <typename T>
class [[nodiscard("a task that nobody awaits never runs")]] Task {
 public:
  using promise_type = coroutine::Promise<T>;
  using value_type = T;

  // From a value, or from whatever converts to one: a reply or an Error where T is a Result.
  template <typename U>
    requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::remove_cvref_t<U>, Task>)
  Task(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  explicit Task(TaskSource<T>* source) : state_(std::in_place_index<1>, source) {}

  Task(Task&& other) noexcept : state_(std::move(other.state_)) {
    if (other.state_.index() == 1) std::get<1>(other.state_) = nullptr;
  }
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      DropSource();
      state_ = std::move(other.state_);
      if (other.state_.index() == 1) std::get<1>(other.state_) = nullptr;
    }
    return *this;
  }
  ~Task() { DropSource(); }

  // For who drives tasks without awaiting them. True: finished, Take the value. False: the observer is called once, on
  // the executor that started it.
  bool Start(TaskObserver& observer) { return state_.index() == 0 || std::get<1>(state_)->Start(observer); }
  T Take() {
    if (state_.index() == 0) return std::move(std::get<0>(state_));
    return std::get<1>(state_)->Take();
  }

  // Whether it was made from a value, which Take gives without Start.
  bool ready() const { return state_.index() == 0; }

  coroutine::TaskAwaiter<T> operator co_await() && { return coroutine::TaskAwaiter<T>(std::move(*this)); }

 private:
  void DropSource() noexcept {
    if (state_.index() == 1 && std::get<1>(state_) != nullptr) std::get<1>(state_)->Drop();
  }

  std::variant<T, TaskSource<T>*> state_;
};

// The task of a function that returns nothing.
template <>
class [[nodiscard("a task that nobody awaits never runs")]] Task<void> {
 public:
  using promise_type = coroutine::Promise<void>;
  using value_type = void;

  Task() = default;  // finished
  explicit Task(TaskSource<void>* source) : source_(source) {}
  Task(Task&& other) noexcept : source_(std::exchange(other.source_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (source_ != nullptr) source_->Drop();
      source_ = std::exchange(other.source_, nullptr);
    }
    return *this;
  }
  ~Task() {
    if (source_ != nullptr) source_->Drop();
  }

  bool Start(TaskObserver& observer) { return source_ == nullptr || source_->Start(observer); }
  void Take() {
    if (source_ != nullptr) source_->Take();
  }

  bool ready() const { return source_ == nullptr; }

  coroutine::TaskAwaiter<void> operator co_await() &&;

 private:
  TaskSource<void>* source_ = nullptr;
};

namespace coroutine {

// Awaits a task, which it owns, in the frame of the coroutine that awaits.
template <typename T>
class TaskAwaiter final : public TaskObserver {
 public:
  explicit TaskAwaiter(Task<T>&& task) : task_(std::move(task)) {}
  bool await_ready() const noexcept { return task_.ready(); }
  // Runs the child here and tells whether it is still under way: symmetric transfer would overflow the stack on
  // GCC 12 without optimisation and under the sanitizers.
  bool await_suspend(std::coroutine_handle<> parent) {
    parent_ = parent;
    return !task_.Start(*this);
  }
  T await_resume() { return task_.Take(); }
  void OnTaskDone() noexcept override { parent_.resume(); }

 private:
  Task<T> task_;
  std::coroutine_handle<> parent_;
};

inline Task<void> Promise<void>::get_return_object() {
  CheckFrame(std::coroutine_handle<Promise>::from_promise(*this).address());
  return Task<void>(this);
}

}  // namespace coroutine

inline coroutine::TaskAwaiter<void> Task<void>::operator co_await() && {
  return coroutine::TaskAwaiter<void>(std::move(*this));
}

// Runs a task to its end by itself: for work that is started from outside any coroutine. What the task throws ends the
// process, as from a thread.
void Spawn(Task<void> task);

}  // namespace rhei::inline v0
