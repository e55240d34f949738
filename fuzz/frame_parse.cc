// Frames: whatever the parsers take obeys the length and stream rules of RFC 9113 §6, which are written down here a
// second time; and what they took comes back when it is written and parsed again.
//
// The input is frames as on the wire; a payload may be cut off by the input's end.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/check.h"
#include "fuzz/input.h"
#include "http2/frame/continuation.h"
#include "http2/frame/data.h"
#include "http2/frame/frame_header.h"
#include "http2/frame/goaway.h"
#include "http2/frame/headers.h"
#include "http2/frame/ping.h"
#include "http2/frame/priority.h"
#include "http2/frame/push_promise.h"
#include "http2/frame/rst_stream.h"
#include "http2/frame/settings.h"
#include "http2/frame/window_update.h"

namespace {

using rhei::fuzz::Check;
using rhei::fuzz::ExactCopy;
using rhei::fuzz::Input;
using namespace rhei::http2;

enum class On { kStream, kConnection, kBoth };

// What §6 says of a frame type's stream and of its payload's length.
struct Rule {
  On on;
  std::size_t least;
  std::size_t most;
  std::size_t multiple;
};
constexpr std::size_t kAny = SIZE_MAX;
constexpr Rule kRules[] = {
    {On::kStream, 0, kAny, 1},      // DATA
    {On::kStream, 0, kAny, 1},      // HEADERS
    {On::kStream, 5, 5, 1},         // PRIORITY
    {On::kStream, 4, 4, 1},         // RST_STREAM
    {On::kConnection, 0, kAny, 6},  // SETTINGS
    {On::kStream, kAny, kAny, 1},   // PUSH_PROMISE: never
    {On::kConnection, 8, 8, 1},     // PING
    {On::kConnection, 8, kAny, 1},  // GOAWAY
    {On::kBoth, 4, 4, 1},           // WINDOW_UPDATE
    {On::kStream, 0, kAny, 1},      // CONTINUATION
};

bool Obeys(const FrameHeader& header, const Rule& rule) {
  if (rule.on == On::kStream && header.stream == 0) return false;
  if (rule.on == On::kConnection && header.stream != 0) return false;
  return header.length >= rule.least && header.length <= rule.most && header.length % rule.multiple == 0;
}

// Parses a frame that was just written.
template <typename Frame>
Frame Again(std::string_view bytes, const FrameHeader& before) {
  const FrameHeader header = ParseFrameHeader(bytes.data());
  Check(header.type == before.type && header.stream == before.stream, "type and stream come back");
  Check(header.length == bytes.size() - kFrameHeaderSize, "the length is that of the payload");
  Frame frame;
  Check(Parse(header, bytes.substr(kFrameHeaderSize), frame).ok(), "what we write, we take");
  return frame;
}

// Room for a frame with a payload of `size` bytes.
class Out {
 public:
  explicit Out(std::size_t size) : bytes_(kFrameHeaderSize + size, '\0') {}
  char* begin() { return bytes_.data(); }
  std::string_view Until(const char* end) const {
    Check(end == bytes_.data() + bytes_.size(), "as many bytes are written as were asked for");
    return bytes_;
  }

 private:
  std::string bytes_;
};

void CheckWritten(const FrameHeader& header, const DataFrame& frame) {
  Out out(frame.data.size());
  char* end = WriteDataHeader(out.begin(), header.stream, frame.data.size(), frame.end_stream);
  end = std::copy(frame.data.begin(), frame.data.end(), end);
  const std::string_view written = out.Until(end);
  const auto again = Again<DataFrame>(written, header);
  Check(again.data == frame.data && again.end_stream == frame.end_stream, "DATA comes back");
}

void CheckWritten(const FrameHeader& header, const HeadersFrame& frame) {
  Out out(frame.fragment.size());
  char* end =
      WriteHeadersHeader(out.begin(), header.stream, frame.fragment.size(), frame.end_stream, frame.end_headers);
  end = std::copy(frame.fragment.begin(), frame.fragment.end(), end);
  const auto again = Again<HeadersFrame>(out.Until(end), header);
  Check(again.fragment == frame.fragment && again.end_stream == frame.end_stream &&
            again.end_headers == frame.end_headers,
        "HEADERS comes back");
}

void CheckWritten(const FrameHeader& header, const ContinuationFrame& frame) {
  Out out(frame.fragment.size());
  char* end = WriteContinuationHeader(out.begin(), header.stream, frame.fragment.size(), frame.end_headers);
  end = std::copy(frame.fragment.begin(), frame.fragment.end(), end);
  const auto again = Again<ContinuationFrame>(out.Until(end), header);
  Check(again.fragment == frame.fragment && again.end_headers == frame.end_headers, "CONTINUATION comes back");
}

void CheckWritten(const FrameHeader& header, const RstStreamFrame& frame) {
  Out out(kRstStreamSize - kFrameHeaderSize);
  const char* end = WriteRstStream(out.begin(), header.stream, frame.code);
  Check(Again<RstStreamFrame>(out.Until(end), header).code == frame.code, "RST_STREAM comes back");
}

void CheckWritten(const FrameHeader& header, const SettingsFrame& frame) {
  std::vector<Setting> settings;
  for (std::size_t i = 0; i < frame.size(); ++i) settings.push_back(frame[i]);
  Out out(kSettingSize * settings.size());
  const char* end = frame.ack ? WriteSettingsAck(out.begin()) : WriteSettings(out.begin(), settings);
  const auto again = Again<SettingsFrame>(out.Until(end), header);
  Check(again.ack == frame.ack && again.entries == frame.entries, "SETTINGS comes back");
}

void CheckWritten(const FrameHeader& header, const PingFrame& frame) {
  Out out(kPingSize - kFrameHeaderSize);
  const char* end = WritePing(out.begin(), frame.opaque, frame.ack);
  const auto again = Again<PingFrame>(out.Until(end), header);
  Check(again.opaque == frame.opaque && again.ack == frame.ack, "PING comes back");
}

void CheckWritten(const FrameHeader& header, const GoAwayFrame& frame) {
  Out out(kGoAwaySize - kFrameHeaderSize + frame.debug.size());
  const char* end = WriteGoAway(out.begin(), frame);
  const auto again = Again<GoAwayFrame>(out.Until(end), header);
  Check(again.last_stream == frame.last_stream && again.code == frame.code && again.debug == frame.debug,
        "GOAWAY comes back");
}

void CheckWritten(const FrameHeader& header, const WindowUpdateFrame& frame) {
  Check(frame.increment > 0 && frame.increment <= kMaxStreamId, "an increment is in range");
  Out out(kWindowUpdateSize - kFrameHeaderSize);
  const char* end = WriteWindowUpdate(out.begin(), header.stream, frame.increment);
  Check(Again<WindowUpdateFrame>(out.Until(end), header).increment == frame.increment, "WINDOW_UPDATE comes back");
}

void CheckWritten(const FrameHeader&, const PriorityFrame&) {}     // rhei never sends any
void CheckWritten(const FrameHeader&, const PushPromiseFrame&) {}  // nor these

template <typename Frame>
void CheckFrame(const FrameHeader& header, std::string_view payload) {
  Frame frame;
  const FrameError error = Parse(header, payload, frame);
  Check(error.ok() == (error.code == ErrorCode::kNoError), "an error has a code and a reason");
  if (!error.ok()) return;
  Check(Obeys(header, kRules[static_cast<std::size_t>(header.type)]), "what is taken obeys the rules");
  CheckWritten(header, frame);
}

void CheckFrameOfAnyType(const FrameHeader& header, std::string_view payload) {
  switch (header.type) {
    case FrameType::kData: return CheckFrame<DataFrame>(header, payload);
    case FrameType::kHeaders: return CheckFrame<HeadersFrame>(header, payload);
    case FrameType::kPriority: return CheckFrame<PriorityFrame>(header, payload);
    case FrameType::kRstStream: return CheckFrame<RstStreamFrame>(header, payload);
    case FrameType::kSettings: return CheckFrame<SettingsFrame>(header, payload);
    case FrameType::kPushPromise: return CheckFrame<PushPromiseFrame>(header, payload);
    case FrameType::kPing: return CheckFrame<PingFrame>(header, payload);
    case FrameType::kGoAway: return CheckFrame<GoAwayFrame>(header, payload);
    case FrameType::kWindowUpdate: return CheckFrame<WindowUpdateFrame>(header, payload);
    case FrameType::kContinuation: return CheckFrame<ContinuationFrame>(header, payload);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  while (!input.empty()) {
    const std::string_view head = input.Bytes(kFrameHeaderSize);
    if (head.size() < kFrameHeaderSize) break;
    FrameHeader header = ParseFrameHeader(head.data());
    char written[kFrameHeaderSize];
    Check(Write(written, header) == written + kFrameHeaderSize, "a header has nine bytes");
    Check(ParseFrameHeader(written) == header, "a header comes back");

    const ExactCopy payload(input.Bytes(header.length));
    header.length = static_cast<std::uint32_t>(payload.view().size());
    CheckFrameOfAnyType(header, payload.view());
  }
  return 0;
}
