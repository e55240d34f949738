#include "client/intercepted_call.h"

#include <utility>

#include "runtime/loop.h"

namespace rhei::inline v0::client {

InterceptedCall::InterceptedCall(ClientCall& call, UniqueFunction<void()> carry, bool hands_over)
    : call_(call),
      carry_(std::move(carry)),
      hands_over_(hands_over),
      interceptors_(std::move(call.request.interceptors)),
      request_(std::move(call.request.held)),
      chain_(*interceptors_, *this, *this) {
  // Beside the one that the end of the call takes back: interceptors may end later.
  call_.AddReference();
}

void InterceptedCall::Begin() {
  call_.started = call_.loop->Now();
  call_.interception = this;
  if (Status held = Hold(); !held.ok()) {
    CancelCall(call_, std::move(held).error());
    call_.Release();
    delete this;
    return;
  }
  const SharedContext context = call_.request.context;
  const InstallContext install(context.get());
  task_.emplace(chain_.Run());
  if (task_->Start(*this)) OnTaskDone();
}

Status InterceptedCall::Hold() {
  // A stop token that has been used speaks at once, when nobody holds the call yet.
  Status watched = call_.Watch();
  call_.holder = this;
  return watched;
}

void InterceptedCall::SetDeadline(TimePoint deadline) {
  if (observer_ != nullptr || ended_) return;
  call_.request.deadline = deadline;
  call_.request.timeout = Duration::zero();
}

std::string_view InterceptedCall::peer() const {
  return call_.response.peer == nullptr ? std::string_view() : std::string_view(*call_.response.peer);
}

TimePoint InterceptedCall::Now() const { return call_.loop->clock().Now(); }

Status InterceptedCall::VisitRequest(MessageVisitor& visitor) {
  if (request_ == nullptr) return {};
  AnyMessage message(*request_);
  return visitor.Visit(message);
}

void InterceptedCall::SetReply(std::unique_ptr<HeldMessage> reply) {
  if (!ended_) call_.OnHeldMessage(*reply);
}

Status InterceptedCall::WriteRequest() {
  if (request_ == nullptr) return {};
  const OutgoingMessage& message = request_->outgoing();
  const std::optional<std::size_t> size = message.Size();
  if (!size) return RequestNotWritable(call_.request.method.path);
  if (hands_over_) {
    call_.request.held = message.Hold();
    call_.request.held_size = *size;
    return {};
  }
  call_.request.message = message.Pieces(*size);
  return {};
}

bool InterceptedCall::Start(TaskObserver& observer) {
  if (cancelled_) {
    trailers_.emplace(*cancelled_);
    return true;
  }
  if (Status written = WriteRequest(); !written.ok()) {
    trailers_.emplace(std::move(written));
    return true;
  }
  call_.holder = nullptr;
  call_.Unwatch();
  if (std::exchange(carried_, true)) {
    call_.response = {};
    call_.transparent_retries = 0;
    call_.OnRetry();
  }
  trailers_.reset();
  starting_ = true;
  observer_ = &observer;
  carry_();
  starting_ = false;
  return trailers_.has_value();
}

void InterceptedCall::OnAttemptDone() {
  ClientCall::Response& response = call_.response;
  // An answer in one piece has not told of its headers. Without any and without a reply, there are only trailers.
  if (!response.headers.empty() || call_.has_reply()) chain_.ShowHeaders(response.headers);
  if (Status shown = chain_.ShowUnreadReplies(); !shown.ok()) response.error = std::move(shown).error();
  trailers_.emplace(response.error ? Status(*std::exchange(response.error, std::nullopt)) : Status(),
                    std::exchange(response.trailers, {}));
  TaskObserver* const observer = std::exchange(observer_, nullptr);
  // The call's deadline and context count for what the interceptors do now, too.
  if (Status held = Hold(); !held.ok()) cancelled_ = std::move(held).error();
  if (!starting_) observer->OnTaskDone();
}

std::unique_ptr<MessageStream> InterceptedCall::Wrap(std::unique_ptr<MessageStream> stream) {
  return chain_.Wrap(std::move(stream));
}

// The call does not wait for interceptors that hold it up.
void InterceptedCall::CancelCall(ClientCall& /*call*/, Error reason) {
  cancelled_ = reason;
  call_.response.error = std::move(reason);
  chain_.DropUnread();
  End();
}

std::string InterceptedCall::WaitingFor(const ClientCall& /*call*/) const { return "an interceptor"; }

void InterceptedCall::OnTaskDone() noexcept {
  Trailers trailers = task_->Take();
  task_.reset();
  // The stream is the call's, which may be destroyed on another thread from here on.
  chain_.LeaveStream();
  if (!ended_) {
    call_.response.trailers = std::move(trailers.metadata);
    if (!trailers.status.ok()) call_.response.error = std::move(trailers.status).error();
    End();
  }
  call_.Release();
  delete this;
}

void InterceptedCall::End() {
  ended_ = true;
  call_.holder = nullptr;
  call_.interception = nullptr;
  call_.Finish();
}

}  // namespace rhei::inline v0::client
