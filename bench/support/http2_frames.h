// HTTP/2's outer shape (RFC 9113, section 4.1), for peers that speak it with fixed header blocks and no rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "support/socket.h"

namespace rhei::bench {

enum class FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kResetStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
};

inline constexpr std::uint8_t kAcknowledge = 0x1;  // of SETTINGS and PING
inline constexpr std::uint8_t kEndStream = 0x1;    // of DATA and HEADERS
inline constexpr std::uint8_t kEndHeaders = 0x4;

inline constexpr std::size_t kFrameHeaderSize = 9;
inline constexpr std::size_t kMessagePrefixSize = 5;  // gRPC's: a flag and the length

struct Frame {
  FrameType type;
  std::uint8_t flags;
  std::uint32_t stream;
  std::span<const std::byte> payload;
};

inline std::byte* WriteUint32(std::byte* out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) *out++ = static_cast<std::byte>(value >> shift);
  return out;
}

inline std::uint32_t ReadUint32(const std::byte* in) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(in[i]);
  return value;
}

// Writes a frame's nine bytes of head and returns where its payload goes.
inline std::byte* WriteFrameHeader(std::byte* out, FrameType type, std::uint8_t flags, std::uint32_t stream,
                                   std::uint32_t length) {
  out = WriteUint32(out, length << 8 | static_cast<std::uint32_t>(type));
  *out++ = static_cast<std::byte>(flags);
  return WriteUint32(out, stream);
}

// The bytes received on one connection, cut into frames.
class FrameReader {
 public:
  // A frame must fit into the capacity.
  explicit FrameReader(std::size_t capacity) : bytes_(capacity) {}

  // Takes what the socket has, once. False when the peer is gone.
  bool Receive(const Socket& socket) {
    // What is left of a frame goes to the front only now, so that frames handed out before stayed where they were.
    std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    const std::ptrdiff_t received = socket.Receive(std::span(bytes_).subspan(end_));
    if (received < 0) return false;
    end_ += static_cast<std::size_t>(received);
    return true;
  }

  // The next whole frame, valid until the next Receive; nothing when there is none.
  std::optional<Frame> Next() {
    const std::size_t available = end_ - begin_;
    if (available < kFrameHeaderSize) return std::nullopt;
    const std::byte* head = bytes_.data() + begin_;
    const std::uint32_t length_and_type = ReadUint32(head);
    const std::size_t length = length_and_type >> 8;
    if (available - kFrameHeaderSize < length) return std::nullopt;
    begin_ += kFrameHeaderSize + length;
    return Frame{static_cast<FrameType>(length_and_type & 0xff), std::to_integer<std::uint8_t>(head[4]),
                 ReadUint32(head + 5) & 0x7fffffff, std::span(head + kFrameHeaderSize, length)};
  }

 private:
  std::vector<std::byte> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace rhei::bench
