#include "rhei/call.h"
#include "runtime/loop.h"

namespace rhei::inline v0 {

bool UnaryCallState::Await(TaskObserver& observer, Executor* resume_on) {
  observer_ = &observer;
  resume_on_ = resume_on;
  int expected = kPending;
  return !phase_.compare_exchange_strong(expected, kAwaited, std::memory_order_acq_rel);
}

void UnaryCallState::OnDone() {
  switch (phase_.exchange(kDone, std::memory_order_acq_rel)) {
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

void UnaryCallState::DeliverWhenDone() {
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

void UnaryCallState::DeliverGuarded(std::string_view whose) {
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

Status UnaryCallState::WaitUntilDone() {
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
