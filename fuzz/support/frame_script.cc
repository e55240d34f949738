#include "fuzz/support/frame_script.h"

#include <iterator>

#include "http2/testing/frames.h"

namespace rhei::fuzz {
namespace {

using namespace http2;
namespace frames = http2::testing;

constexpr std::uint32_t kIncrements[] = {1, 100, 65'535, 1'000'000, 0x7fffffff, 0x7fff0000, 0};
constexpr std::uint32_t kSettingValues[] = {0, 1, 100, 65'535, 4096, 16'384, 0x7fffffff, 0x80000000, 3};

template <typename T, std::size_t kSize>
T OneOf(Input& script, const T (&values)[kSize]) {
  return values[script.Below(kSize)];
}

const frames::Fields kRequests[] = {
    frames::PostFields(),
    frames::GetFields(),
    {{":method", "POST"}, {":scheme", "http"}, {":path", "/x"}, {":authority", "test"}, {"content-length", "5"}},
    {{":method", "POST"}, {":scheme", "http"}, {":path", "/x"}, {":authority", "test"}, {"Upper", "case"}},
    {{":method", "POST"},
     {":scheme", "http"},
     {":path", "/x"},
     {":authority", "test"},
     {"x-large", std::string(200, 'v')}},
    {{":method", "POST"}, {":path", "/x"}, {":authority", "test"}},
    {{"grpc-status", "0"}, {"grpc-message", "trailers"}},
};
const frames::Fields kResponses[] = {
    frames::OkFields(),
    {{"grpc-status", "0"}, {"grpc-message", "trailers"}},
    {{":status", "100"}},
    {{":status", "103"}, {"link", "</x>"}},
    {{":status", "200"}, {"content-length", "5"}},
    {{":status", "200"}, {"connection", "close"}},
    {{"content-type", "application/grpc"}},
    {{":status", "101"}},
};

}  // namespace

std::string FrameScript::Next() {
  const std::uint32_t kind = script_.Below(32);
  if (kind == 0) return std::string(script_.Bytes(script_.Byte()));
  if (kind == 1) {
    // Floods, from few bytes.
    std::string flood;
    const std::uint32_t times = script_.Byte();
    for (std::uint32_t i = 0; i < times && flood.size() < 100'000; ++i) flood += last_;
    return flood;
  }
  last_ = NewFrames();
  return last_;
}

std::string FrameScript::NewFrames() {
  switch (script_.Below(16)) {
    case 0:
    case 1:
    case 2:
    case 3: return Headers();
    case 4:
    case 5: {
      const std::uint32_t stream = Stream();
      constexpr std::size_t kSizes[] = {0, 1, 5, 100, 5000, 16'384};
      const std::size_t size = OneOf(script_, kSizes);
      return frames::Data(stream, std::string(size, 'd'), script_.Below(4) == 0);
    }
    case 6: {
      const std::uint32_t stream = Stream();
      return frames::RstStream(stream, static_cast<ErrorCode>(script_.Below(16)));
    }
    case 7: return Settings();
    case 8: return frames::SettingsAck();
    case 9: return frames::Ping("12345678", script_.Below(4) == 0);
    case 10: {
      constexpr std::uint32_t kLast[] = {0, 1, 3, 5, 0x7fffffff, 2};
      const std::uint32_t last = OneOf(script_, kLast);
      return frames::GoAway(last, static_cast<ErrorCode>(script_.Below(14)), "why");
    }
    case 11:
    case 12: {
      const std::uint32_t stream = script_.Below(2) == 0 ? 0 : Stream();
      return frames::WindowUpdate(stream, OneOf(script_, kIncrements));
    }
    case 13: {
      const std::uint32_t stream = Stream();
      return frames::Priority(stream, Stream());
    }
    default: return AnyFrame();
  }
}

std::string FrameScript::Headers() {
  const std::uint32_t stream = Stream();
  const std::uint32_t flags = script_.Byte();
  const std::string block = Block();
  const bool end_stream = (flags & 1) != 0;
  if ((flags & 6) != 6) return frames::Headers(stream, block, end_stream);
  // In pieces.
  const std::size_t cut = block.size() / 2;
  std::string bytes = frames::Headers(stream, block.substr(0, cut), end_stream, false);
  if ((flags & 8) != 0) bytes += frames::Continuation(stream, {}, false);
  return bytes + frames::Continuation(stream, block.substr(cut));
}

std::string FrameScript::Settings() {
  const auto id = static_cast<SettingId>(1 + script_.Below(7));
  return frames::Settings({{id, OneOf(script_, kSettingValues)}});
}

std::string FrameScript::AnyFrame() {
  const int type = static_cast<int>(script_.Below(12));
  const int flags = script_.Byte();
  const std::uint32_t stream = Stream();
  return frames::Frame(type, flags, stream, script_.Bytes(script_.Below(64)));
}

// Mostly the first few of a client's streams.
std::uint32_t FrameScript::Stream() {
  const std::uint32_t byte = script_.Byte();
  return byte < 200 ? byte % 20 * 2 + 1 : byte < 240 ? byte - 200 : byte - 240 == 0 ? 0x7fffffff : byte * 1000 + 1;
}

std::string FrameScript::Block() {
  const std::uint32_t kind = script_.Byte();
  if (kind % 8 == 7) return std::string(script_.Bytes(script_.Below(64)));
  if (from_ == Role::kClient) return frames::Block(kRequests[kind % 8 % std::size(kRequests)]);
  return frames::Block(kResponses[kind / 8 % std::size(kResponses)]);
}

Limits TightLimits(Input& script) {
  const std::uint8_t choice = script.Byte();
  Limits limits;
  if ((choice & 1) != 0) limits.max_concurrent_streams = 3;
  if ((choice & 2) != 0) limits.max_queued_control_frames = 4;
  if ((choice & 4) != 0) limits.stream_window = 1000;
  if ((choice & 8) != 0) limits.reset_burst = 1000;
  if ((choice & 16) != 0) limits.hpack_decoder_table = 0;
  if ((choice & 32) != 0) limits.max_ping_strikes = 1000;
  if ((choice & 64) != 0) limits.header_list_soft = 400;
  if ((choice & 128) != 0) limits.write_buffer = 1000;
  return limits;
}

}  // namespace rhei::fuzz
