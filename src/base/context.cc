#include "rhei/context.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>

#include "rhei/log.h"

namespace rhei::inline v0 {

constinit thread_local ContextState* ContextState::current_ = nullptr;

class CallScope::Followers final : public Pooled {
 public:
  bool Attach(ScopeListener& listener, ScopeListener::Turn turn) {
    const std::scoped_lock lock(mutex_);
    if (cause_) return false;
    List& list = ListOf(turn);
    listener.turn = turn;
    listener.previous = list.last;
    listener.next = nullptr;
    (list.last != nullptr ? list.last->next : list.first) = &listener;
    list.last = &listener;
    listener.attached = true;
    return true;
  }

  void Detach(ScopeListener& listener) {
    std::unique_lock lock(mutex_);
    if (listener.attached) return Unlink(listener);
    if (telling_ != &listener || telling_thread_ == std::this_thread::get_id()) return;
    const std::uint32_t told = told_.load(std::memory_order_relaxed);
    lock.unlock();
    told_.wait(told, std::memory_order_acquire);
  }

  void Finish(const Error& cause, bool by_itself, std::atomic<bool>& ended) {
    std::unique_lock lock(mutex_);
    if (cause_) return;
    cause_ = cause;
    ended.store(true, std::memory_order_release);
    telling_thread_ = std::this_thread::get_id();
    while (lists_[0].first != nullptr || lists_[1].first != nullptr) {
      ScopeListener& listener = *(lists_[0].first != nullptr ? lists_[0] : lists_[1]).first;
      Unlink(listener);
      telling_ = &listener;
      lock.unlock();
      listener.OnScopeEnd(cause, by_itself);
      lock.lock();
      telling_ = nullptr;
      told_.fetch_add(1, std::memory_order_release);
      told_.notify_all();
    }
    lock.unlock();
    // Nobody makes another one from now on.
    if (stop_ != nullptr) stop_->request_stop();
  }

  std::stop_token StopToken() {
    const std::scoped_lock lock(mutex_);
    if (stop_ == nullptr) {
      stop_ = std::make_unique<std::stop_source>();
      if (cause_) stop_->request_stop();
    }
    return stop_->get_token();
  }
  // For the handler's end.
  bool has_stop_token() const { return stop_ != nullptr; }

  Error cause() const {
    const std::scoped_lock lock(mutex_);
    return *cause_;
  }

 private:
  // Oldest first.
  struct List {
    ScopeListener* first = nullptr;
    ScopeListener* last = nullptr;
  };
  List& ListOf(ScopeListener::Turn turn) { return lists_[static_cast<std::size_t>(turn)]; }

  void Unlink(ScopeListener& listener) {
    List& list = ListOf(listener.turn);
    (listener.previous != nullptr ? listener.previous->next : list.first) = listener.next;
    (listener.next != nullptr ? listener.next->previous : list.last) = listener.previous;
    listener.attached = false;
  }

  mutable std::mutex mutex_;  // for what follows
  std::optional<Error> cause_;
  std::array<List, 2> lists_;  // by turn
  ScopeListener* telling_ = nullptr;
  std::thread::id telling_thread_;
  std::atomic<std::uint32_t> told_{0};  // how many listeners have been told, to wait for one
  std::unique_ptr<std::stop_source> stop_;
};

CallScope::~CallScope() { delete followers_.load(std::memory_order_acquire); }

CallScope::Followers& CallScope::followers() const {
  Followers* followers = followers_.load(std::memory_order_acquire);
  if (followers != nullptr) return *followers;
  auto made = std::make_unique<Followers>();
  if (!followers_.compare_exchange_strong(followers, made.get(), std::memory_order_acq_rel)) return *followers;
  return *made.release();
}

bool CallScope::FollowersHaveStopToken() const { return followers().has_stop_token(); }

void CallScope::EndOthers() {
  Finish(Error(StatusCode::kCancelled, "the handler that it belongs to has ended", Origin::kLibrary), true);
}

Error CallScope::cause() const { return followers().cause(); }

bool CallScope::Attach(ScopeListener& listener, ScopeListener::Turn turn) { return followers().Attach(listener, turn); }

void CallScope::Detach(ScopeListener& listener) { followers().Detach(listener); }

void CallScope::Finish(Error cause, bool by_itself) {
  // A listener may hold the last reference of somebody else.
  const SharedContext self(this);
  followers().Finish(cause, by_itself, ended_);
}

std::stop_token CallScope::StopToken() { return followers().StopToken(); }

std::optional<TimePoint> Context::Deadline() const {
  if (call() == nullptr || call()->deadline() == kNoDeadline) return std::nullopt;
  return call()->deadline();
}

std::optional<Duration> Context::TimeRemaining() const {
  const std::optional<TimePoint> deadline = Deadline();
  if (!deadline) return std::nullopt;
  return std::max(*deadline - call()->clock().Now(), Duration::zero());
}

std::optional<Error> Context::CancellationCause() const {
  if (!IsCancelled()) return std::nullopt;
  return call()->cause();
}

std::stop_token Context::StopToken() const { return call() == nullptr ? std::stop_token() : call()->StopToken(); }

class Context::Listener::Registration final : public ScopeListener {
 public:
  Registration(const Context& context, UniqueFunction<void()> function)
      : context_(context), function_(std::move(function)) {
    // Outside of any call nothing is ever cancelled.
    if (context_.call() != nullptr && !context_.call()->Attach(*this, Turn::kFirst)) function_();
  }
  ~Registration() {
    if (context_.call() != nullptr) context_.call()->Detach(*this);
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  void OnScopeEnd(const Error&, bool by_itself) override {
    if (by_itself) return;
    // It may destroy this.
    UniqueFunction<void()> function = std::move(function_);
    try {
      function();
    } catch (const std::exception& thrown) {
      Log(thrown.what());
    } catch (...) {
      Log("something that is no std::exception");
    }
  }

 private:
  void Log(std::string_view what) {
    context_.call()->logger().Write(LogLevel::kError, std::string("an OnCancel function threw: ").append(what));
  }

  const Context context_;
  UniqueFunction<void()> function_;
};

Context::Listener::Listener() = default;
Context::Listener::Listener(Listener&& other) noexcept = default;
Context::Listener& Context::Listener::operator=(Listener&& other) noexcept = default;
Context::Listener::~Listener() = default;
Context::Listener::Listener(std::unique_ptr<Registration> registration) : registration_(std::move(registration)) {}

Context::Listener Context::OnCancel(UniqueFunction<void()> function) const {
  return Listener(std::make_unique<Listener::Registration>(*this, std::move(function)));
}

}  // namespace rhei::inline v0
