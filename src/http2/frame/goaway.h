// GOAWAY (RFC 9113 §6.8): no new streams; why, and which were still seen.
#pragma once

#include <algorithm>
#include <string_view>

#include "http2/frame/frame_header.h"

namespace rhei::inline v0::http2 {

struct GoAwayFrame {
  std::uint32_t last_stream = 0;
  ErrorCode code = ErrorCode::kNoError;  // may be a code outside the registry (§7)
  std::string_view debug;
};
inline constexpr std::size_t kGoAwaySize = kFrameHeaderSize + 8;  // and the debug data

inline FrameError Parse(const FrameHeader& header, std::string_view payload, GoAwayFrame& frame) {
  if (header.stream != 0) return {ErrorCode::kProtocolError, "GOAWAY on a stream"};
  if (payload.size() < 8) return {ErrorCode::kFrameSizeError, "GOAWAY that is shorter than 8 bytes"};
  frame = {.last_stream = Load32(payload.data()) & kMaxStreamId,
           .code = static_cast<ErrorCode>(Load32(payload.data() + 4)),
           .debug = payload.substr(8)};
  return {};
}

inline char* WriteGoAway(char* out, const GoAwayFrame& frame) {
  out = Write(out, {.length = static_cast<std::uint32_t>(8 + frame.debug.size()), .type = FrameType::kGoAway});
  out = Store32(out, frame.last_stream);
  out = Store32(out, static_cast<std::uint32_t>(frame.code));
  return std::copy(frame.debug.begin(), frame.debug.end(), out);
}

}  // namespace rhei::inline v0::http2
