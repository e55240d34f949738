// HEADERS (RFC 9113 §6.2): opens a stream or ends a message; begins a header block.
#pragma once

#include <string_view>

#include "http2/frame/frame_header.h"

namespace rhei::inline v0::http2 {

// The priority fields are checked and dropped: RFC 9113 §5.3.2 deprecates them.
struct HeadersFrame {
  std::string_view fragment;
  bool end_stream = false;
  bool end_headers = false;
};

inline FrameError Parse(const FrameHeader& header, std::string_view payload, HeadersFrame& frame) {
  if (header.stream == 0) return {ErrorCode::kProtocolError, "HEADERS on stream 0"};
  std::optional<std::string_view> fragment = WithoutPadding(header, payload);
  if (!fragment) return {ErrorCode::kProtocolError, "HEADERS with more padding than payload"};
  if (header.Has(kFlagPriority)) {
    constexpr std::size_t kPrioritySize = 5;
    if (fragment->size() < kPrioritySize) return {ErrorCode::kFrameSizeError, "HEADERS too short for its priority"};
    if ((Load32(fragment->data()) & kMaxStreamId) == header.stream) {
      return {ErrorCode::kProtocolError, "HEADERS of a stream that depends on itself"};
    }
    fragment->remove_prefix(kPrioritySize);
  }
  frame = {.fragment = *fragment, .end_stream = header.Has(kFlagEndStream), .end_headers = header.Has(kFlagEndHeaders)};
  return {};
}

inline char* WriteHeadersHeader(char* out, std::uint32_t stream, std::size_t size, bool end_stream, bool end_headers) {
  const int flags = (end_stream ? kFlagEndStream : 0) | (end_headers ? kFlagEndHeaders : 0);
  return Write(out, {.length = static_cast<std::uint32_t>(size),
                     .type = FrameType::kHeaders,
                     .flags = static_cast<std::uint8_t>(flags),
                     .stream = stream});
}

}  // namespace rhei::inline v0::http2
