// DATA (RFC 9113 §6.1): the bytes of a message.
#pragma once

#include <string_view>

#include "http2/frame/frame_header.h"

namespace rhei::inline v0::http2 {

struct DataFrame {
  std::string_view data;  // without padding; what flow control counts is the payload's whole length
  bool end_stream = false;
};

inline FrameError Parse(const FrameHeader& header, std::string_view payload, DataFrame& frame) {
  if (header.stream == 0) return {ErrorCode::kProtocolError, "DATA on stream 0"};
  const std::optional<std::string_view> data = WithoutPadding(header, payload);
  if (!data) return {ErrorCode::kProtocolError, "DATA with more padding than payload"};
  frame = {.data = *data, .end_stream = header.Has(kFlagEndStream)};
  return {};
}

// The header of a DATA frame; the payload follows.
inline char* WriteDataHeader(char* out, std::uint32_t stream, std::size_t size, bool end_stream) {
  return Write(out, {.length = static_cast<std::uint32_t>(size),
                     .type = FrameType::kData,
                     .flags = end_stream ? kFlagEndStream : std::uint8_t{0},
                     .stream = stream});
}

}  // namespace rhei::inline v0::http2
