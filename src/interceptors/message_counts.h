// MessageCounts: how many messages pass an interceptor, and how large they are.
#pragma once

#include <cstddef>

#include "rhei/interceptor.h"

namespace rhei::inline v0 {

// Lives in the interceptor's coroutine.
struct MessageCounts {
  std::size_t requests = 0;
  std::size_t replies = 0;
  std::size_t request_bytes = 0;
  std::size_t reply_bytes = 0;

  void Watch(Call& call) {
    call.OnRequest([this](AnyMessage& message) { return Add(message, requests, request_bytes); });
    call.OnReply([this](AnyMessage& message) { return Add(message, replies, reply_bytes); });
  }

 private:
  static Status Add(const AnyMessage& message, std::size_t& count, std::size_t& bytes) {
    ++count;
    bytes += message.Size().value_or(0);
    return {};
  }
};

}  // namespace rhei::inline v0
