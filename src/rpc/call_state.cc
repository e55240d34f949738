#include "rhei/call.h"
#include "runtime/loop.h"

namespace rhei::inline v0 {

bool CallState::Await(TaskObserver& observer, Executor* resume_on) {
  observer_ = &observer;
  resume_on_ = resume_on;
  if (resume_on != nullptr && resume_on == loop) {
    // On the call's loop, where it ends too.
    if (done()) return true;
    phase_.store(kAwaited, std::memory_order_relaxed);
    return false;
  }
  int expected = kPending;
  return !phase_.compare_exchange_strong(expected, kAwaited, std::memory_order_acq_rel);
}

void CallState::AwaitHeaders(TaskObserver& observer, Executor* resume_on) {
  auto await = [this, &observer, resume_on] {
    headers_observer_ = &observer;
    headers_resume_on_ = resume_on;
    if (has_headers_ || done()) TellHeaders();
  };
  // Never from inside this call, for then the coroutine would go on before it is suspended.
  AddReference();
  auto post = [this, await = std::move(await)]() mutable {
    await();
    Release();
  };
  loop->Post(std::move(post));
}

void CallState::TellHeaders() {
  TaskObserver* const observer = std::exchange(headers_observer_, nullptr);
  if (observer == nullptr) return;
  if (headers_resume_on_ == nullptr || headers_resume_on_ == Executor::Current()) return observer->OnTaskDone();
  headers_resume_on_->Post([observer] { observer->OnTaskDone(); });
}

void CallState::OnHeaders() {
  has_headers_ = true;
  TellHeaders();
}

void CallState::OnDone() {
  // Before the end is told, after which the state may be gone.
  TaskObserver* const waits_for_headers = std::exchange(headers_observer_, nullptr);
  if (waits_for_headers != nullptr) {
    auto tell = [waits_for_headers] { waits_for_headers->OnTaskDone(); };
    (headers_resume_on_ != nullptr ? headers_resume_on_ : loop)->Post(std::move(tell));
  }
  int phase = phase_.load(std::memory_order_acquire);
  if (phase == kAwaited) {
    // Nobody else changes it any more.
    phase_.store(kDone, std::memory_order_release);
  } else {
    phase = phase_.exchange(kDone, std::memory_order_acq_rel);
  }
  switch (phase) {
    case kAwaited:
      if (resume_on_ == nullptr || resume_on_ == Executor::Current()) {
        observer_->OnTaskDone();
      } else {
        resume_on_->Post([observer = observer_] { observer->OnTaskDone(); });
      }
      break;
    case kDelivering:
      DeliverGuarded(request.method.path);
      Release();
      break;
    default: break;
  }
}

void CallState::DeliverWhenDone() {
  AddReference();
  int expected = kPending;
  if (phase_.compare_exchange_strong(expected, kDelivering, std::memory_order_acq_rel)) return;
  const auto deliver = [this] {
    // The channel, and with it the path, may be gone by now.
    DeliverGuarded("a call");
    Release();
  };
  // A callback runs on the call's loop, whenever it comes; a call that never had a loop has none to wait for.
  if (loop == nullptr) return deliver();
  loop->Post(deliver);
}

void CallState::DeliverGuarded(std::string_view whose) {
  const auto log = [this, whose](std::string_view what) {
    if (logger == nullptr) return;
    std::string line("the callback of ");
    line.append(whose).append(" threw");
    if (!what.empty()) line.append(": ").append(what);
    logger->Write(LogLevel::kError, line);
  };
  try {
    Deliver();
  } catch (const std::exception& thrown) {
    log(thrown.what());
  } catch (...) {
    log({});
  }
}

namespace {

class BlockedThread final : public TaskObserver {
 public:
  void OnTaskDone() noexcept override { completion.Set(); }
  runtime::Completion completion;
};

}  // namespace

Status CallState::WaitUntilDone() {
  if (done()) return {};
  if (!loop->MayAwait()) {
    // On another loop than the call's own, the call and its channel may be ending just now.
    const std::string whose(loop->IsCurrent() ? request.method.path : "a call");
    Cancel();
    return Error(StatusCode::kFailedPrecondition,
                 "Wait() for " + whose +
                     " on an event loop's thread, which must not block: use co_await or Then, or send the handler to "
                     "the pool with RunOn::kPool");
  }
  BlockedThread blocked;
  if (!Await(blocked, nullptr)) loop->Await(blocked.completion);
  return {};
}

}  // namespace rhei::inline v0
