// WINDOW_UPDATE (RFC 9113 §6.9): more may be sent, on a stream or on the connection (stream 0).
#pragma once

#include <cstdint>
#include <string_view>

#include "http2/frame/frame_header.h"

namespace rhei::inline v0::http2 {

struct WindowUpdateFrame {
  std::uint32_t increment = 0;
};
inline constexpr std::size_t kWindowUpdateSize = kFrameHeaderSize + 4;

inline FrameError Parse(const FrameHeader&, std::string_view payload, WindowUpdateFrame& frame) {
  if (payload.size() != 4) return {ErrorCode::kFrameSizeError, "WINDOW_UPDATE that is not 4 bytes long"};
  frame.increment = Load32(payload.data()) & kMaxStreamId;
  if (frame.increment == 0) return {ErrorCode::kProtocolError, "WINDOW_UPDATE by 0"};
  return {};
}

inline char* WriteWindowUpdate(char* out, std::uint32_t stream, std::uint32_t increment) {
  out = Write(out, {.length = 4, .type = FrameType::kWindowUpdate, .stream = stream});
  return Store32(out, increment);
}

}  // namespace rhei::inline v0::http2
