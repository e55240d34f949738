// PING (RFC 9113 §6.7): eight bytes that come back.
#pragma once

#include <cstdint>
#include <string_view>

#include "http2/frame/frame_header.h"

namespace rhei::inline v0::http2 {

struct PingFrame {
  bool ack = false;
  std::uint64_t opaque = 0;
};
inline constexpr std::size_t kPingSize = kFrameHeaderSize + 8;

inline FrameError Parse(const FrameHeader& header, std::string_view payload, PingFrame& frame) {
  if (header.stream != 0) return {ErrorCode::kProtocolError, "PING on a stream"};
  if (payload.size() != 8) return {ErrorCode::kFrameSizeError, "PING that is not 8 bytes long"};
  frame = {.ack = header.Has(kFlagAck), .opaque = Load64(payload.data())};
  return {};
}

inline char* WritePing(char* out, std::uint64_t opaque, bool ack) {
  out = Write(out, {.length = 8, .type = FrameType::kPing, .flags = ack ? kFlagAck : std::uint8_t{0}});
  return Store64(out, opaque);
}

}  // namespace rhei::inline v0::http2
