#include "rhei/call_options.h"

namespace rhei::inline v0 {

CallOptions CallOptions::Over(const CallOptions& others) const {
  CallOptions both = others;
  for (const auto [key, value] : metadata_) both.metadata_.Add(key, value);
  if (timeout_) both.timeout_ = timeout_;
  if (deadline_) both.deadline_ = deadline_;
  if (stop_token_.stop_possible()) both.stop_token_ = stop_token_;
  if (detached_) both.detached_ = detached_;
  if (wait_for_ready_) both.wait_for_ready_ = wait_for_ready_;
  if (max_receive_message_) both.max_receive_message_ = max_receive_message_;
  return both;
}

}  // namespace rhei::inline v0
