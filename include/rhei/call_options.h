// CallOptions: what a caller may say about one call.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

#include "rhei/metadata.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

class Interceptor;
using Interceptors = std::vector<std::shared_ptr<Interceptor>>;

// Fluent: CallOptions().Timeout(200ms).Metadata("x-user", "ann"). A value. Options of many calls are given to a
// channel, by Channel::With; what a call says itself counts before them.
class CallOptions {
 public:
  CallOptions() {}

  // How long the caller will wait, from the begin of the call; then it ends with DEADLINE_EXCEEDED on both sides. Under
  // a handler the call's own deadline counts too, so the earlier of the two. Default: none but that.
  CallOptions& Timeout(Duration timeout) & {
    timeout_ = timeout;
    return *this;
  }
  CallOptions&& Timeout(Duration timeout) && { return std::move(Timeout(timeout)); }

  // The same as a point in time, on the clock of the runtime. With a timeout too, the earlier of the two counts.
  CallOptions& Deadline(TimePoint deadline) & {
    deadline_ = deadline;
    return *this;
  }
  CallOptions&& Deadline(TimePoint deadline) && { return std::move(Deadline(deadline)); }

  // A call that is made under a handler ends when the handler's call is cancelled, passes its deadline, or ends. This
  // one goes on. Default: it does not.
  CallOptions& Detached(bool detached = true) & {
    detached_ = detached;
    return *this;
  }
  CallOptions&& Detached(bool detached = true) && { return std::move(Detached(detached)); }

  // Cancels the call when a stop is requested.
  CallOptions& StopOn(std::stop_token token) & {
    stop_token_ = std::move(token);
    return *this;
  }
  CallOptions&& StopOn(std::stop_token token) && { return std::move(StopOn(std::move(token))); }

  // Adds a pair to the request's metadata. See CheckMetadata for what may be sent; else the call ends with INTERNAL.
  CallOptions& Metadata(std::string_view key, std::string_view value) & {
    metadata_.Add(key, value);
    return *this;
  }
  CallOptions&& Metadata(std::string_view key, std::string_view value) && { return std::move(Metadata(key, value)); }

  // Waits for a connection instead of failing with UNAVAILABLE while the server cannot be reached. Default: fail fast.
  CallOptions& WaitForReady(bool wait = true) & {
    wait_for_ready_ = wait;
    return *this;
  }
  CallOptions&& WaitForReady(bool wait = true) && { return std::move(WaitForReady(wait)); }

  // The largest reply that is accepted, in bytes. Default: the channel's Limits::max_receive_message, 4 MiB.
  CallOptions& MaxReceiveMessage(std::size_t bytes) & {
    max_receive_message_ = bytes;
    return *this;
  }
  CallOptions&& MaxReceiveMessage(std::size_t bytes) && { return std::move(MaxReceiveMessage(bytes)); }

  // Puts an interceptor around the call: inside of those that the options have already, and of those of the channel.
  CallOptions& Intercept(std::shared_ptr<Interceptor> interceptor) &;
  CallOptions&& Intercept(std::shared_ptr<Interceptor> interceptor) && {
    return std::move(Intercept(std::move(interceptor)));
  }

  // These options, and what they leave open from `others`. Metadata and interceptors are those of both, those of
  // `others` first.
  CallOptions Over(const CallOptions& others) const;

  const class Metadata& metadata() const { return metadata_; }
  std::optional<Duration> timeout() const { return timeout_; }
  std::optional<TimePoint> deadline() const { return deadline_; }
  std::optional<bool> detached() const { return detached_; }
  const std::stop_token& stop_token() const { return stop_token_; }
  std::optional<bool> wait_for_ready() const { return wait_for_ready_; }
  std::optional<std::size_t> max_receive_message() const { return max_receive_message_; }
  const std::shared_ptr<const Interceptors>& interceptors() const { return interceptors_; }

 private:
  class Metadata metadata_;
  std::optional<Duration> timeout_;
  std::optional<TimePoint> deadline_;
  std::stop_token stop_token_;
  std::optional<bool> detached_;
  std::optional<bool> wait_for_ready_;
  std::optional<std::size_t> max_receive_message_;
  std::shared_ptr<const Interceptors> interceptors_;
};

}  // namespace rhei::inline v0
