#include <gtest/gtest.h>

#include <string>

#include "http2/frame/continuation.h"
#include "http2/frame/data.h"
#include "http2/frame/goaway.h"
#include "http2/frame/headers.h"
#include "http2/frame/ping.h"
#include "http2/frame/priority.h"
#include "http2/frame/push_promise.h"
#include "http2/frame/rst_stream.h"
#include "http2/frame/settings.h"
#include "http2/frame/window_update.h"

namespace rhei::inline v0::http2 {
namespace {

template <typename Frame>
ErrorCode ErrorOf(std::uint32_t stream, std::size_t size, int flags = 0) {
  const std::string payload(size, '\x01');
  Frame frame;
  return Parse({.length = static_cast<std::uint32_t>(size),
                .type = FrameType::kData,
                .flags = static_cast<std::uint8_t>(flags),
                .stream = stream},
               payload, frame)
      .code;
}

TEST(FrameHeaderTest, AHeaderIsReadAsItWasWritten) {
  const FrameHeader header{.length = 0xabcdef, .type = FrameType::kPing, .flags = 0xa5, .stream = 0x7edcba98};
  char bytes[kFrameHeaderSize];
  EXPECT_EQ(Write(bytes, header), bytes + sizeof bytes);
  EXPECT_EQ(ParseFrameHeader(bytes), header);
}

TEST(FrameHeaderTest, TheReservedBitIsIgnored) {
  EXPECT_EQ(ParseFrameHeader("\0\0\0\0\0\xff\xff\xff\xff").stream, kMaxStreamId);
}

TEST(FrameTest, LengthsAreChecked) {
  for (std::size_t size = 0; size < 20; ++size) {
    const auto expected = [&](bool good) { return good ? ErrorCode::kNoError : ErrorCode::kFrameSizeError; };
    EXPECT_EQ(ErrorOf<PriorityFrame>(1, size), expected(size == 5)) << size;
    EXPECT_EQ(ErrorOf<RstStreamFrame>(1, size), expected(size == 4)) << size;
    EXPECT_EQ(ErrorOf<SettingsFrame>(0, size), expected(size % 6 == 0)) << size;
    EXPECT_EQ(ErrorOf<SettingsFrame>(0, size, kFlagAck), expected(size == 0)) << size;
    EXPECT_EQ(ErrorOf<PingFrame>(0, size), expected(size == 8)) << size;
    EXPECT_EQ(ErrorOf<GoAwayFrame>(0, size), expected(size >= 8)) << size;
    EXPECT_EQ(ErrorOf<WindowUpdateFrame>(1, size), expected(size == 4)) << size;
    EXPECT_EQ(ErrorOf<HeadersFrame>(1, size, kFlagPriority), expected(size >= 5)) << size;
  }
}

TEST(FrameTest, StreamsAreChecked) {
  EXPECT_EQ(ErrorOf<DataFrame>(0, 1), ErrorCode::kProtocolError);
  EXPECT_EQ(ErrorOf<HeadersFrame>(0, 1), ErrorCode::kProtocolError);
  EXPECT_EQ(ErrorOf<ContinuationFrame>(0, 1), ErrorCode::kProtocolError);
  EXPECT_EQ(ErrorOf<PriorityFrame>(0, 5), ErrorCode::kProtocolError);
  EXPECT_EQ(ErrorOf<RstStreamFrame>(0, 4), ErrorCode::kProtocolError);
  EXPECT_EQ(ErrorOf<SettingsFrame>(1, 6), ErrorCode::kProtocolError);
  EXPECT_EQ(ErrorOf<PingFrame>(1, 8), ErrorCode::kProtocolError);
  EXPECT_EQ(ErrorOf<GoAwayFrame>(1, 8), ErrorCode::kProtocolError);
  EXPECT_EQ(ErrorOf<PushPromiseFrame>(1, 8), ErrorCode::kProtocolError);
}

TEST(FrameTest, PaddingIsTakenOffAndMayFillTheFrame) {
  const FrameHeader header{.length = 4, .type = FrameType::kData, .flags = kFlagPadded, .stream = 1};
  DataFrame frame;
  ASSERT_TRUE(Parse(header, std::string_view("\x02x\0\0", 4), frame).ok());
  EXPECT_EQ(frame.data, "x");
  ASSERT_TRUE(Parse(header, std::string_view("\x03\0\0\0", 4), frame).ok());
  EXPECT_EQ(frame.data, "");
  EXPECT_FALSE(Parse(header, std::string_view("\x04\0\0\0", 4), frame).ok());
  EXPECT_FALSE(Parse(header, std::string_view(), frame).ok());
}

TEST(FrameTest, FramesAreReadAsTheyWereWritten) {
  char bytes[64];
  const auto payload = [&](const char* end) {
    return std::string_view(bytes + kFrameHeaderSize, static_cast<std::size_t>(end - bytes) - kFrameHeaderSize);
  };
  PingFrame ping;
  const std::string_view ping_payload = payload(WritePing(bytes, 0x0123456789abcdef, true));
  ASSERT_TRUE(Parse(ParseFrameHeader(bytes), ping_payload, ping).ok());
  EXPECT_TRUE(ping.ack);
  EXPECT_EQ(ping.opaque, 0x0123456789abcdefu);

  GoAwayFrame goaway;
  const std::string_view goaway_payload =
      payload(WriteGoAway(bytes, {.last_stream = 7, .code = ErrorCode::kEnhanceYourCalm, .debug = "why"}));
  ASSERT_TRUE(Parse(ParseFrameHeader(bytes), goaway_payload, goaway).ok());
  EXPECT_EQ(goaway.last_stream, 7u);
  EXPECT_EQ(goaway.code, ErrorCode::kEnhanceYourCalm);
  EXPECT_EQ(goaway.debug, "why");

  const Setting settings[] = {{SettingId::kMaxConcurrentStreams, 100}, {SettingId::kInitialWindowSize, 0xfffffffe}};
  SettingsFrame frame;
  const std::string_view settings_payload = payload(WriteSettings(bytes, settings));
  ASSERT_TRUE(Parse(ParseFrameHeader(bytes), settings_payload, frame).ok());
  ASSERT_EQ(frame.size(), 2u);
  EXPECT_EQ(frame[1].id, SettingId::kInitialWindowSize);
  EXPECT_EQ(frame[1].value, 0xfffffffeu);
}

TEST(ErrorCodeTest, EachCodeHasItsName) {
  EXPECT_EQ(Name(ErrorCode::kNoError), "NO_ERROR");
  EXPECT_EQ(Name(ErrorCode::kEnhanceYourCalm), "ENHANCE_YOUR_CALM");
  EXPECT_EQ(Name(ErrorCode::kHttp11Required), "HTTP_1_1_REQUIRED");
  EXPECT_EQ(Name(static_cast<ErrorCode>(14)), "UNKNOWN");
}

}  // namespace
}  // namespace rhei::inline v0::http2
