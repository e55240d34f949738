#include "rhei/streaming_call.h"

#include <string>
#include <utility>

#include "runtime/loop.h"

namespace rhei::inline v0 {

void StreamingCallState::OnStream(std::unique_ptr<MessageStream> stream) {
  stream_ = std::move(stream);
  Opened(*stream_);
}

void StreamingCallState::OnRetry() {
  Lost();
  stream_.reset();
}

void StreamingCallState::OnDone() {
  ended_ = true;
  if (EndedByDeadline()) Lost();
  // First, because who waits for the end may let go of what those who read and write use.
  Over();
  CallState::OnDone();
}

// A server whose timer is ahead of the one here says what that would have said; who was first makes no difference.
bool StreamingCallState::EndedByDeadline() const {
  return response.error && response.error->code() == StatusCode::kDeadlineExceeded && loop != nullptr &&
         request.deadline <= loop->Now();
}

std::optional<Status> StreamingCallState::Ended() {
  if (!ended_) return std::nullopt;
  return Take();
}

void StreamingCallState::EndFor(Error mistake, std::string_view log) {
  if (!log.empty() && logger != nullptr) {
    logger->Write(LogLevel::kError,
                  std::string(request.method.path) + ": " + mistake.message() + ": " + std::string(log));
  }
  if (loop == nullptr || !loop->IsCurrent() || !ended_) return Cancel(std::move(mistake));
  if (late_error_) return;
  late_error_ = std::move(mistake);
  ended_late_.store(true, std::memory_order_release);
}

}  // namespace rhei::inline v0
