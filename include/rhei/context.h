// Context: what a call gives to everything that happens below its handler: until when, whether still, and for whom.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

#include "rhei/context_state.h"
#include "rhei/function.h"
#include "rhei/result.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

// Names a kind of value in contexts. Its address is its identity, so it is a constant of namespace scope:
//
//     inline constexpr rhei::ContextKey<std::string> kUser("user");
template <typename T>
class ContextKey {
 public:
  explicit constexpr ContextKey(std::string_view name) : name_(name) {}
  ContextKey(const ContextKey&) = delete;
  ContextKey& operator=(const ContextKey&) = delete;
  std::string_view name() const { return name_; }

 private:
  std::string_view name_;
};

// The deadline, the cancellation and the values that hold where a piece of code runs. A call's handler, everything that
// it calls and awaits, the callbacks it gives to Then and the work it sends to the pool have that call's context as
// their Current(). It follows a coroutine of type Task through every suspension, whatever is awaited and on whichever
// thread it goes on. Calls that are made under it end with it, unless they are Detached().
//
// An immutable value, cheap to copy; any thread. It may be kept after its call has ended; then it is cancelled.
class Context {
 public:
  // Outside of any call: no deadline, never cancelled, no values.
  Context() = default;

  // Of the code that asks.
  static Context Current() { return Context(SharedContext::Current()); }

  // The point in time at which the call's answer is of no use any more. Nothing: none was set.
  std::optional<TimePoint> Deadline() const;
  // Until the deadline; zero when it has passed.
  std::optional<Duration> TimeRemaining() const;

  // Whether the call's result is no longer wanted: its caller has cancelled it, its deadline has passed, its connection
  // is lost, or its handler has ended.
  bool IsCancelled() const { return call() != nullptr && call()->IsCancelled(); }
  // Why: CANCELLED, DEADLINE_EXCEEDED or UNAVAILABLE, with words. Nothing while it is not cancelled.
  std::optional<Error> CancellationCause() const;

  // Holds a function that OnCancel has registered. Destroying it withdraws the function; when that is running on
  // another thread just now, only after it has returned.
  class [[nodiscard("the function is withdrawn when this is destroyed")]] Listener {
   public:
    Listener();
    Listener(Listener&& other) noexcept;
    Listener& operator=(Listener&& other) noexcept;
    ~Listener();

   private:
    friend class Context;
    class Registration;
    explicit Listener(std::unique_ptr<Registration> registration);
    std::unique_ptr<Registration> registration_;
  };
  // Calls `function` once when the context is cancelled: on the thread that learns of it, usually the call's loop,
  // where it must not block; at once and here if it is cancelled already. Not called when the handler ends by itself.
  Listener OnCancel(UniqueFunction<void()> function) const;

  // For code that speaks the standard's language of cancellation. Also stopped when the handler has ended. Outside of a
  // call it can never be stopped.
  std::stop_token StopToken() const;

  // This context with one more value, or another one for a key that it has.
  template <typename T>
  Context With(const ContextKey<T>& key, T value) const {
    return Context(SharedContext::Adopt(new ContextValue<T>(state_.get(), &key, std::move(value))));
  }
  // The value, which lives as long as this context; or null.
  template <typename T>
  const T* Get(const ContextKey<T>& key) const {
    return state_.get() == nullptr ? nullptr : static_cast<const T*>(state_.get()->Find(&key));
  }

  // Makes a context the current one of the code that follows in the block, a coroutine's block too:
  //
  //     rhei::Context::Scope scope(rhei::Context::Current().With(kUser, name));
  class Scope {
   public:
    explicit Scope(const Context& context) : state_(context.state_), install_(state_.get()) {}

   private:
    const SharedContext state_;
    const InstallContext install_;
  };

 private:
  friend class ServerContextWriter;  // makes the context of a call

  explicit Context(SharedContext state) : state_(std::move(state)) {}
  CallScope* call() const { return state_.get() == nullptr ? nullptr : state_.get()->call(); }

  SharedContext state_;
};

}  // namespace rhei::inline v0
