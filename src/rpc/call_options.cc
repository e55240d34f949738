#include "rhei/call_options.h"

#include <utility>

#include "rhei/interceptor.h"

namespace rhei::inline v0 {

CallOptions& CallOptions::Intercept(std::shared_ptr<Interceptor> interceptor) & {
  interceptors_ = Join(interceptors_, std::make_shared<Interceptors>(1, std::move(interceptor)));
  return *this;
}

CallOptions CallOptions::Over(const CallOptions& others) const {
  CallOptions both = others;
  for (const auto [key, value] : metadata_) both.metadata_.Add(key, value);
  if (timeout_) both.timeout_ = timeout_;
  if (deadline_) both.deadline_ = deadline_;
  if (stop_token_.stop_possible()) both.stop_token_ = stop_token_;
  if (detached_) both.detached_ = detached_;
  if (wait_for_ready_) both.wait_for_ready_ = wait_for_ready_;
  if (max_receive_message_) both.max_receive_message_ = max_receive_message_;
  both.interceptors_ = Join(both.interceptors_, interceptors_);
  return both;
}

}  // namespace rhei::inline v0
