// CallOptions: what a caller may say about one call.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "rhei/metadata.h"

namespace rhei::inline v0 {

// Fluent: CallOptions().WaitForReady().Metadata("x-user", "ann"). A value.
class CallOptions {
 public:
  CallOptions() {}

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

  const class Metadata& metadata() const { return metadata_; }
  bool wait_for_ready() const { return wait_for_ready_; }
  std::optional<std::size_t> max_receive_message() const { return max_receive_message_; }

 private:
  class Metadata metadata_;
  bool wait_for_ready_ = false;
  std::optional<std::size_t> max_receive_message_;
};

}  // namespace rhei::inline v0
