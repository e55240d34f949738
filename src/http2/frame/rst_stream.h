// RST_STREAM (RFC 9113 §6.4): ends a stream at once.
#pragma once

#include <string_view>

#include "http2/frame/frame_header.h"

namespace rhei::inline v0::http2 {

struct RstStreamFrame {
  ErrorCode code = ErrorCode::kNoError;  // may be a code outside the registry (§7)
};
inline constexpr std::size_t kRstStreamSize = kFrameHeaderSize + 4;

inline FrameError Parse(const FrameHeader& header, std::string_view payload, RstStreamFrame& frame) {
  if (header.stream == 0) return {ErrorCode::kProtocolError, "RST_STREAM on stream 0"};
  if (payload.size() != 4) return {ErrorCode::kFrameSizeError, "RST_STREAM that is not 4 bytes long"};
  frame.code = static_cast<ErrorCode>(Load32(payload.data()));
  return {};
}

inline char* WriteRstStream(char* out, std::uint32_t stream, ErrorCode code) {
  out = Write(out, {.length = 4, .type = FrameType::kRstStream, .stream = stream});
  return Store32(out, static_cast<std::uint32_t>(code));
}

}  // namespace rhei::inline v0::http2
