// The nine bytes that begin every frame (RFC 9113 §4.1), and what the files beside this one have in common: each
// holds one frame type as a struct, with Parse, which checks every rule that concerns the frame alone, and Write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http2/error_code.h"
#include "http2/frame/big_endian.h"

namespace rhei::inline v0::http2 {

enum class FrameType : std::uint8_t {
  kData = 0x0,
  kHeaders = 0x1,
  kPriority = 0x2,
  kRstStream = 0x3,
  kSettings = 0x4,
  kPushPromise = 0x5,
  kPing = 0x6,
  kGoAway = 0x7,
  kWindowUpdate = 0x8,
  kContinuation = 0x9,
};

inline constexpr std::uint8_t kFlagEndStream = 0x1;   // DATA, HEADERS
inline constexpr std::uint8_t kFlagAck = 0x1;         // SETTINGS, PING
inline constexpr std::uint8_t kFlagEndHeaders = 0x4;  // HEADERS, CONTINUATION
inline constexpr std::uint8_t kFlagPadded = 0x8;      // DATA, HEADERS
inline constexpr std::uint8_t kFlagPriority = 0x20;   // HEADERS

inline constexpr std::size_t kFrameHeaderSize = 9;
// What both sides may always send (§4.2).
inline constexpr std::uint32_t kLargestFrame = 16 * 1024;
// What a server of rhei's allows its clients to send, and both sides send to peers that allow it, as DATA and where no
// other stream waits: a large message is then read where it has arrived instead of being put together. As much as the
// window that every stream begins with, so that a peer may always send a frame of this size. Clients of rhei's allow no
// more than all must: h2spec's case 4.2/2 for clients does not look at what they say, and fails those that take more.
inline constexpr std::uint32_t kLargestDataFrame = 64 * 1024 - 1;
inline constexpr std::uint32_t kMaxStreamId = 0x7fffffff;

struct FrameHeader {
  std::uint32_t length = 0;  // of the payload
  FrameType type = FrameType::kData;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;  // without the reserved bit

  bool Has(std::uint8_t flag) const { return (flags & flag) != 0; }
  friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};

// A rule that a frame breaks. All of these end the connection: RFC 9113 §5.4.1 lets an endpoint treat a stream error
// so, and a peer that sends them is broken or hostile.
struct FrameError {
  ErrorCode code = ErrorCode::kNoError;
  const char* reason = nullptr;  // static storage; null: the frame is good

  bool ok() const { return reason == nullptr; }
};

// Reads kFrameHeaderSize bytes.
inline FrameHeader ParseFrameHeader(const char* p) {
  return {.length = Load24(p),
          .type = static_cast<FrameType>(Load8(p + 3)),
          .flags = static_cast<std::uint8_t>(Load8(p + 4)),
          .stream = Load32(p + 5) & kMaxStreamId};
}

// Writes kFrameHeaderSize bytes and returns where they end, as all Write functions do.
inline char* Write(char* out, const FrameHeader& header) {
  out = Store24(out, header.length);
  out = Store8(out, static_cast<std::uint8_t>(header.type));
  out = Store8(out, header.flags);
  return Store32(out, header.stream);
}

// Takes the padding of DATA and HEADERS off (§6.1): the length byte in front and that many bytes behind. Nothing when
// the padding would be longer than the payload.
inline std::optional<std::string_view> WithoutPadding(const FrameHeader& header, std::string_view payload) {
  if (!header.Has(kFlagPadded)) return payload;
  if (payload.empty()) return std::nullopt;
  const std::size_t padding = Load8(payload.data());
  if (padding >= payload.size()) return std::nullopt;
  return payload.substr(1, payload.size() - 1 - padding);
}

}  // namespace rhei::inline v0::http2
