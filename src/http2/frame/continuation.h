// CONTINUATION (RFC 9113 §6.10): goes on with a header block that did not fit into HEADERS. That it follows an
// unfinished block of its stream is checked by the connection.
#pragma once

#include <string_view>

#include "http2/frame/frame_header.h"

namespace rhei::inline v0::http2 {

struct ContinuationFrame {
  std::string_view fragment;
  bool end_headers = false;
};

inline FrameError Parse(const FrameHeader& header, std::string_view payload, ContinuationFrame& frame) {
  if (header.stream == 0) return {ErrorCode::kProtocolError, "CONTINUATION on stream 0"};
  frame = {.fragment = payload, .end_headers = header.Has(kFlagEndHeaders)};
  return {};
}

inline char* WriteContinuationHeader(char* out, std::uint32_t stream, std::size_t size, bool end_headers) {
  return Write(out, {.length = static_cast<std::uint32_t>(size),
                     .type = FrameType::kContinuation,
                     .flags = end_headers ? kFlagEndHeaders : std::uint8_t{0},
                     .stream = stream});
}

}  // namespace rhei::inline v0::http2
