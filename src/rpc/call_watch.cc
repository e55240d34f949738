#include "rpc/call_watch.h"

#include <string>
#include <utility>

namespace rhei::inline v0 {
namespace {

// What a call under a handler is told when the handler's call is cancelled.
Error CancelledWith(const Error& cause, std::string_view path) {
  const StatusCode code =
      cause.code() == StatusCode::kDeadlineExceeded ? StatusCode::kDeadlineExceeded : StatusCode::kCancelled;
  std::string text(path);
  text.append(": cancelled with the call under whose handler it was made: ").append(cause.message());
  return Error(code, text, Origin::kLibrary);
}

CallScope* ScopeOf(const ClientCall::Request& request) {
  const ContextState* const context = request.context.get();
  return context == nullptr || request.detached ? nullptr : context->call();
}

}  // namespace

CallWatch::CallWatch(ClientCall& call) : call_(call), deadline_([this] { OnDeadline(); }) {}

CallWatch::~CallWatch() {
  // Waits for one that is under way on another thread; so does the stop callback's destructor.
  if (scope_ != nullptr) scope_->Detach(*this);
}

bool CallWatch::Needed(const ClientCall::Request& request) {
  return request.deadline != kNoDeadline || ScopeOf(request) != nullptr || request.stop_token.stop_possible();
}

Status CallWatch::Begin() {
  if (call_.request.stop_token.stop_possible()) stop_.emplace(call_.request.stop_token, OnStop{call_});
  if (CallScope* const scope = ScopeOf(call_.request)) {
    if (!scope->Attach(*this)) return CancelledWith(scope->cause(), call_.request.method.path);
    scope_ = scope;
  }
  if (call_.request.deadline == kNoDeadline) return {};
  if (call_.request.deadline <= call_.loop->Now()) {
    return Error(StatusCode::kDeadlineExceeded,
                 std::string(call_.request.method.path) + ": the deadline had passed before the call began",
                 Origin::kLibrary);
  }
  call_.loop->Arm(deadline_, call_.request.deadline);
  return {};
}

void CallWatch::OnScopeEnd(const Error& cause, bool) { call_.Cancel(CancelledWith(cause, call_.request.method.path)); }

void CallWatch::OnDeadline() {
  // It may be destroyed by this.
  call_.holder->CancelCall(call_, DeadlineExceeded(call_.holder->WaitingFor(call_)));
}

Error CallWatch::DeadlineExceeded(std::string_view waiting_for) const {
  // A timeout begins where the call is made, a little before another thread's call reaches the loop.
  const Duration timeout = call_.request.timeout;
  const Duration given = timeout != Duration::zero() ? timeout : call_.request.deadline - call_.started;
  const auto waited = std::chrono::duration_cast<std::chrono::microseconds>(given);
  std::string text(call_.request.method.path);
  text.append(": the deadline passed after ").append(std::to_string(waited.count())).append(" us while waiting for ");
  return Error(StatusCode::kDeadlineExceeded, text.append(waiting_for), Origin::kLibrary);
}

Status ClientCall::BeginWatch() {
  if (cancelled_) return *std::exchange(cancelled_, std::nullopt);
  if (!CallWatch::Needed(request)) return {};
  watch_ = new CallWatch(*this);
  if (Status begun = watch_->Begin(); !begun.ok()) return begun;
  // The stop token may have spoken while it was asked.
  if (cancelled_) return *std::exchange(cancelled_, std::nullopt);
  return {};
}

void ClientCall::EndWatch() { delete std::exchange(watch_, nullptr); }

void ClientCall::Cancel(Error reason) {
  // A call without a loop ended before it began.
  if (loop == nullptr) return;
  auto cancel = [this, reason = std::move(reason)]() mutable {
    if (interception != nullptr) interception->OnCancel(reason);
    if (holder != nullptr) return holder->CancelCall(*this, std::move(reason));
    // It is over; or it was started on another thread, and that has not reached the loop.
    cancelled_ = std::move(reason);
  };
  if (loop->IsCurrent()) return cancel();
  AddReference();
  loop->Post([this, cancel = std::move(cancel)]() mutable {
    cancel();
    Release();
  });
}

}  // namespace rhei::inline v0
