// SETTINGS (RFC 9113 §6.5): how a side wants to be spoken to.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "http2/frame/frame_header.h"

namespace rhei::inline v0::http2 {

enum class SettingId : std::uint16_t {
  kHeaderTableSize = 0x1,
  kEnablePush = 0x2,
  kMaxConcurrentStreams = 0x3,
  kInitialWindowSize = 0x4,
  kMaxFrameSize = 0x5,
  kMaxHeaderListSize = 0x6,
};

struct Setting {
  SettingId id;
  std::uint32_t value;
};
inline constexpr std::size_t kSettingSize = 6;

struct SettingsFrame {
  bool ack = false;
  std::string_view entries;

  std::size_t size() const { return entries.size() / kSettingSize; }
  // Requires i < size().
  Setting operator[](std::size_t i) const {
    const char* p = entries.data() + i * kSettingSize;
    return {.id = static_cast<SettingId>(Load16(p)), .value = Load32(p + 2)};
  }
};

inline FrameError Parse(const FrameHeader& header, std::string_view payload, SettingsFrame& frame) {
  if (header.stream != 0) return {ErrorCode::kProtocolError, "SETTINGS on a stream"};
  if (payload.size() % kSettingSize != 0) {
    return {ErrorCode::kFrameSizeError, "SETTINGS whose length is not a multiple of 6"};
  }
  frame = {.ack = header.Has(kFlagAck), .entries = payload};
  if (frame.ack && !payload.empty()) return {ErrorCode::kFrameSizeError, "SETTINGS ACK with a payload"};
  return {};
}

// Needs kFrameHeaderSize + kSettingSize * settings.size() bytes.
inline char* WriteSettings(char* out, std::span<const Setting> settings) {
  out =
      Write(out, {.length = static_cast<std::uint32_t>(kSettingSize * settings.size()), .type = FrameType::kSettings});
  for (const Setting& setting : settings) {
    out = Store32(Store16(out, static_cast<std::uint16_t>(setting.id)), setting.value);
  }
  return out;
}

inline char* WriteSettingsAck(char* out) { return Write(out, {.type = FrameType::kSettings, .flags = kFlagAck}); }

}  // namespace rhei::inline v0::http2
