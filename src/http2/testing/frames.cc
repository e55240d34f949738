#include "http2/testing/frames.h"

#include "http2/preface.h"

namespace rhei::inline v0::http2::testing {

std::string U16(std::uint32_t value) {
  char bytes[2];
  Store16(bytes, value);
  return {bytes, sizeof bytes};
}

std::string U32(std::uint32_t value) {
  char bytes[4];
  Store32(bytes, value);
  return {bytes, sizeof bytes};
}

std::string Frame(int type, int flags, std::uint32_t stream, std::string_view payload) {
  char header[kFrameHeaderSize];
  Write(header, {.length = static_cast<std::uint32_t>(payload.size()),
                 .type = static_cast<FrameType>(type),
                 .flags = static_cast<std::uint8_t>(flags),
                 .stream = stream});
  return std::string(header, sizeof header).append(payload);
}

std::string Frame(FrameType type, int flags, std::uint32_t stream, std::string_view payload) {
  return Frame(static_cast<int>(type), flags, stream, payload);
}

std::string Data(std::uint32_t stream, std::string_view data, bool end_stream) {
  return Frame(FrameType::kData, end_stream ? kFlagEndStream : 0, stream, data);
}

std::string Headers(std::uint32_t stream, std::string_view block, bool end_stream, bool end_headers) {
  const int flags = (end_stream ? kFlagEndStream : 0) | (end_headers ? kFlagEndHeaders : 0);
  return Frame(FrameType::kHeaders, flags, stream, block);
}

std::string Continuation(std::uint32_t stream, std::string_view block, bool end_headers) {
  return Frame(FrameType::kContinuation, end_headers ? kFlagEndHeaders : 0, stream, block);
}

std::string RstStream(std::uint32_t stream, ErrorCode code) {
  return Frame(FrameType::kRstStream, 0, stream, U32(static_cast<std::uint32_t>(code)));
}

std::string Settings(std::initializer_list<Setting> settings) {
  std::string payload;
  for (const Setting& setting : settings) {
    payload += U16(static_cast<std::uint16_t>(setting.id)) + U32(setting.value);
  }
  return Frame(FrameType::kSettings, 0, 0, payload);
}

std::string SettingsAck() { return Frame(FrameType::kSettings, kFlagAck, 0); }

std::string Ping(std::string_view eight_bytes, bool ack) {
  return Frame(FrameType::kPing, ack ? kFlagAck : 0, 0, eight_bytes);
}

std::string GoAway(std::uint32_t last_stream, ErrorCode code, std::string_view debug) {
  return Frame(FrameType::kGoAway, 0, 0, U32(last_stream) + U32(static_cast<std::uint32_t>(code)) + std::string(debug));
}

std::string WindowUpdate(std::uint32_t stream, std::uint32_t increment) {
  return Frame(FrameType::kWindowUpdate, 0, stream, U32(increment));
}

std::string Priority(std::uint32_t stream, std::uint32_t dependency) {
  return Frame(FrameType::kPriority, 0, stream, U32(dependency) + '\x0f');
}

std::string ClientHello() { return std::string(kClientPreface) + Settings(); }

std::string Block(const Fields& fields) {
  const auto text = [](std::string_view value) {
    // RFC 7541 §5.1, a prefix of 7 bits, for lengths below 127 + 128.
    std::string length(1, static_cast<char>(value.size() < 127 ? value.size() : 127));
    if (value.size() >= 127) {
      std::size_t rest = value.size() - 127;
      for (; rest >= 128; rest /= 128) length += static_cast<char>(rest % 128 + 128);
      length += static_cast<char>(rest);
    }
    return length.append(value);
  };
  std::string block;
  for (const auto& [name, value] : fields) block += std::string(1, '\0') + text(name) + text(value);
  return block;
}

Fields GetFields() { return {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "test"}}; }
Fields PostFields() { return {{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "test"}}; }
Fields OkFields() { return {{":status", "200"}}; }
std::string GetBlock() { return Block(GetFields()); }
std::string PostBlock() { return Block(PostFields()); }
std::string OkBlock() { return Block(OkFields()); }

ErrorCode SeenFrame::code() const {
  return static_cast<ErrorCode>(Load32(payload.data() + (header.type == FrameType::kGoAway ? 4 : 0)));
}

std::uint32_t SeenFrame::last_stream() const { return Load32(payload.data()); }

std::string SeenFrame::debug() const { return payload.substr(8); }

std::vector<SeenFrame> ParseFrames(std::string_view bytes) {
  if (bytes.substr(0, kClientPreface.size()) == kClientPreface) bytes.remove_prefix(kClientPreface.size());
  std::vector<SeenFrame> frames;
  while (bytes.size() >= kFrameHeaderSize) {
    const FrameHeader header = ParseFrameHeader(bytes.data());
    frames.push_back({header, std::string(bytes.substr(kFrameHeaderSize, header.length))});
    bytes.remove_prefix(kFrameHeaderSize + header.length);
  }
  return frames;
}

}  // namespace rhei::inline v0::http2::testing
