// PRIORITY (RFC 9113 §6.3): deprecated and without effect, but checked.
#pragma once

#include <string_view>

#include "http2/frame/frame_header.h"

namespace rhei::inline v0::http2 {

struct PriorityFrame {};

inline FrameError Parse(const FrameHeader& header, std::string_view payload, PriorityFrame&) {
  if (header.stream == 0) return {ErrorCode::kProtocolError, "PRIORITY on stream 0"};
  if (payload.size() != 5) return {ErrorCode::kFrameSizeError, "PRIORITY that is not 5 bytes long"};
  if ((Load32(payload.data()) & kMaxStreamId) == header.stream) {
    return {ErrorCode::kProtocolError, "PRIORITY of a stream that depends on itself"};
  }
  return {};
}

}  // namespace rhei::inline v0::http2
