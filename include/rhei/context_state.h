// What contexts are made of. For those who write transports and tasks; users have Context.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <stop_token>
#include <utility>

#include "rhei/log.h"
#include "rhei/pooled.h"
#include "rhei/result.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

class CallScope;

// One link of a context: a call, or a value that was added. Reference-counted, any thread.
class ContextState : public Pooled {
 public:
  ContextState(const ContextState&) = delete;
  ContextState& operator=(const ContextState&) = delete;

  // The call that it belongs to; null outside of any.
  CallScope* call() const { return call_; }
  // The value that was added with this key, in this link or one above; or null.
  virtual const void* Find(const void* key) const = 0;

  void AddReference() { references_.fetch_add(1, std::memory_order_relaxed); }
  void Release() {
    if (DropReference(references_)) delete this;
  }
  // Whether the caller's reference is the only one.
  bool unique() const { return references_.load(std::memory_order_acquire) == 1; }

  // The calling thread's; null outside of any context. Whoever sets it keeps it alive, and sets back what was there.
  static ContextState* Current() { return current_; }
  static void SetCurrent(ContextState* state) { current_ = state; }

 protected:
  explicit ContextState(CallScope* call) : call_(call) {}
  virtual ~ContextState() = default;

 private:
  static constinit thread_local ContextState* current_;

  CallScope* const call_;
  std::atomic<std::uint32_t> references_{1};
};

template <typename T>
class ContextValue final : public ContextState {
 public:
  // Below `parent`, which may be null.
  ContextValue(ContextState* parent, const void* key, T value)
      : ContextState(parent == nullptr ? nullptr : parent->call()),
        parent_(parent),
        key_(key),
        value_(std::move(value)) {
    if (parent_ != nullptr) parent_->AddReference();
  }

  const void* Find(const void* key) const override {
    if (key == key_) return &value_;
    return parent_ == nullptr ? nullptr : parent_->Find(key);
  }

 private:
  ~ContextValue() override {
    if (parent_ != nullptr) parent_->Release();
  }

  ContextState* const parent_;
  const void* const key_;
  const T value_;
};

// A reference to a context's state, or to none.
class SharedContext {
 public:
  SharedContext() = default;
  static SharedContext Current() { return SharedContext(ContextState::Current()); }
  // Takes over the caller's reference.
  static SharedContext Adopt(ContextState* state) {
    SharedContext shared;
    shared.state_ = state;
    return shared;
  }
  explicit SharedContext(ContextState* state) : state_(state) {
    if (state_ != nullptr) state_->AddReference();
  }
  SharedContext(const SharedContext& other) : SharedContext(other.state_) {}
  SharedContext(SharedContext&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  SharedContext& operator=(SharedContext other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~SharedContext() {
    if (state_ != nullptr) state_->Release();
  }
  ContextState* get() const { return state_; }

 private:
  ContextState* state_ = nullptr;
};

// Makes a state, which outlives it, the current one of the calling thread for as long as it lives.
class InstallContext {
 public:
  explicit InstallContext(ContextState* state) : outer_(ContextState::Current()) { ContextState::SetCurrent(state); }
  ~InstallContext() { ContextState::SetCurrent(outer_); }
  InstallContext(const InstallContext&) = delete;
  InstallContext& operator=(const InstallContext&) = delete;

 private:
  ContextState* const outer_;
};

// Is told when a call's result is no longer wanted. Embedded in what it ends.
class ScopeListener {
 public:
  // Who is told first: those who only want to know, or those whose end may bring about the handler's end.
  enum class Turn : unsigned char { kFirst, kSecond };

  // On the thread that ended the scope. `by_itself`: the handler has ended, nobody cancelled it.
  virtual void OnScopeEnd(const Error& cause, bool by_itself) = 0;

  // The scope's own list.
  ScopeListener* previous = nullptr;
  ScopeListener* next = nullptr;
  bool attached = false;
  Turn turn = Turn::kSecond;

 protected:
  ~ScopeListener() = default;
};

// What everything below the handler of one call shares: its deadline, and whether it is still wanted. Made by the
// transport for each call; used again when nobody else has kept it.
class CallScope final : public ContextState {
 public:
  // `clock` lives as long as the process or its world, `logger` until the scope has ended.
  CallScope(const Clock& clock, Logger& logger) : ContextState(this), clock_(clock), logger_(logger) {}
  ~CallScope() override;

  // --- the call's transport ------------------------------------------------------------------------------------------
  // For a new call. Requires unique().
  void Begin(TimePoint deadline) { deadline_ = deadline; }
  // Brings it forward, before the handler begins.
  void Shorten(TimePoint deadline) { deadline_ = std::min(deadline_, deadline); }
  // The call's result is not wanted any more. Listeners are told; the first time counts.
  void Cancel(Error cause) { Finish(std::move(cause), false); }
  // The handler has ended: what it left behind ends too.
  void End() {
    // Whoever left something behind has a reference, or a stop token.
    if (!unique() || HasStopToken()) EndOthers();
  }

  // --- below the handler, any thread ---------------------------------------------------------------------------------
  TimePoint deadline() const { return deadline_; }
  const Clock& clock() const { return clock_; }
  Logger& logger() const { return logger_; }
  const void* Find(const void* /*key*/) const override { return nullptr; }
  bool IsCancelled() const { return ended_.load(std::memory_order_acquire); }
  // Requires IsCancelled.
  Error cause() const;
  // False: it has ended, and the listener will not be told. Else it is told, or detached before it goes.
  bool Attach(ScopeListener& listener, ScopeListener::Turn turn = ScopeListener::Turn::kSecond);
  // When the listener is being told on another thread, this returns after that.
  void Detach(ScopeListener& listener);
  std::stop_token StopToken();

 private:
  // What those need who want to be told, and who ask afterwards why it has ended.
  class Followers;

  // Made for the first who asks, on whichever thread.
  Followers& followers() const;
  bool HasStopToken() const {
    return followers_.load(std::memory_order_acquire) != nullptr && FollowersHaveStopToken();
  }
  bool FollowersHaveStopToken() const;
  void EndOthers();
  void Finish(Error cause, bool by_itself);

  std::atomic<bool> ended_{false};
  const Clock& clock_;
  Logger& logger_;
  TimePoint deadline_ = kNoDeadline;
  mutable std::atomic<Followers*> followers_{nullptr};  // owned
};

}  // namespace rhei::inline v0
