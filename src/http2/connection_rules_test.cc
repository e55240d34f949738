// The rules of RFC 9113, one frame sequence each, fed to a connection as raw bytes. The cases are those of h2spec
// (server) and h2specd (client) and go by their numbers; each is fed whole and byte by byte.
#include <gtest/gtest.h>

#include <ostream>

#include "http2/preface.h"
#include "http2/testing/endpoint.h"

namespace rhei::inline v0::http2 {
namespace {

using namespace testing;  // NOLINT: the frame builders, which make up the tables below
using ::testing::TestWithParam;
using ::testing::Values;
using ::testing::ValuesIn;

// What a sequence of frames must lead to.
struct Outcome {
  enum class Kind { kGood, kConnectionError, kStreamError };
  Kind kind = Kind::kGood;
  ErrorCode code = ErrorCode::kNoError;
};
const Outcome kGood{};
Outcome Fatal(ErrorCode code) { return {Outcome::Kind::kConnectionError, code}; }
Outcome OnStream(ErrorCode code) { return {Outcome::Kind::kStreamError, code}; }

constexpr ErrorCode kProtocol = ErrorCode::kProtocolError;
constexpr ErrorCode kClosed = ErrorCode::kStreamClosed;
constexpr ErrorCode kCalm = ErrorCode::kEnhanceYourCalm;
constexpr ErrorCode kSize = ErrorCode::kFrameSizeError;
constexpr ErrorCode kFlow = ErrorCode::kFlowControlError;
constexpr ErrorCode kCompression = ErrorCode::kCompressionError;

struct Rule {
  const char* name;
  std::string frames;
  Outcome outcome;

  friend std::ostream& operator<<(std::ostream& out, const Rule& rule) { return out << rule.name; }
};

std::string Get(std::uint32_t stream) { return Headers(stream, GetBlock(), true); }
std::string Post(std::uint32_t stream) { return Headers(stream, PostBlock()); }
std::string PostWith(const Fields& fields) {
  Fields all = PostFields();
  all.insert(all.end(), fields.begin(), fields.end());
  return Headers(1, Block(all), true);
}
std::string GetWithout(std::string_view name) {
  Fields fields = GetFields();
  std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  return Headers(1, Block(fields), true);
}
std::string PostOf(std::string_view content_length) {
  Fields fields = PostFields();
  fields.emplace_back("content-length", content_length);
  return Headers(1, Block(fields));
}
std::string Raw(std::string_view block) { return Headers(1, GetBlock() + std::string(block), true); }
std::string Big(std::size_t size) { return std::string(size, 'x'); }
using namespace std::string_literals;

void Expect(Endpoint& endpoint, const Outcome& outcome) {
  const Connection& connection = endpoint.connection;
  const std::vector<SeenFrame> frames = endpoint.TakeFrames();
  if (outcome.kind == Outcome::Kind::kConnectionError) {
    ASSERT_TRUE(connection.failed());
    EXPECT_EQ(connection.failure().code, outcome.code) << connection.failure().reason;
    // Visible: GOAWAY with the code and the reason is the last thing sent.
    ASSERT_FALSE(frames.empty());
    EXPECT_EQ(frames.back().header.type, FrameType::kGoAway);
    EXPECT_EQ(frames.back().code(), outcome.code);
    EXPECT_EQ(frames.back().debug(), connection.failure().reason);
    return;
  }
  ASSERT_FALSE(connection.failed()) << connection.failure().reason;
  const auto reset = std::find_if(frames.begin(), frames.end(),
                                  [](const SeenFrame& f) { return f.header.type == FrameType::kRstStream; });
  if (outcome.kind == Outcome::Kind::kGood) {
    EXPECT_EQ(reset, frames.end());
  } else {
    ASSERT_NE(reset, frames.end());
    EXPECT_EQ(reset->code(), outcome.code);
  }
}

class ServerRulesTest : public TestWithParam<Rule> {};

TEST_P(ServerRulesTest, HoldWhenFedWhole) {
  Endpoint server(Role::kServer);
  server.Receive(ClientHello() + SettingsAck());
  server.TakeOutput();
  server.Receive(GetParam().frames);
  Expect(server, GetParam().outcome);
}

TEST_P(ServerRulesTest, HoldWhenFedByteByByte) {
  Endpoint whole(Role::kServer);
  whole.Receive(ClientHello() + SettingsAck() + GetParam().frames);
  Endpoint server(Role::kServer);
  server.Receive(ClientHello() + SettingsAck());
  server.TakeOutput();
  for (const char byte : GetParam().frames) server.Receive(std::string_view(&byte, 1));
  Expect(server, GetParam().outcome);
  EXPECT_EQ(server.trace.lines(), whole.trace.lines());
}

INSTANTIATE_TEST_SUITE_P(
    H2spec, ServerRulesTest,
    Values(Rule{"generic/2/1 PRIORITY on an idle stream", Priority(1, 0), kGood},
           Rule{"generic/2/2 WINDOW_UPDATE on a half-closed stream", Get(1) + WindowUpdate(1, 100), kGood},
           Rule{"generic/2/3 PRIORITY on a half-closed stream", Get(1) + Priority(1, 0), kGood},
           Rule{"generic/2/4 RST_STREAM on a half-closed stream", Get(1) + RstStream(1, ErrorCode::kCancel), kGood},
           Rule{"generic/3.1/2 several DATA", Post(1) + Data(1, "a") + Data(1, "b", true), kGood},
           Rule{"generic/3.1/3 padded DATA", Post(1) + Frame(0, 9, 1, "\x03test\0\0\0"s), kGood},
           Rule{"generic/3.2/2 padded HEADERS", Frame(1, 0xd, 1, "\x02"s + GetBlock() + "\0\0"s), kGood},
           Rule{"generic/3.2/3 HEADERS with priority", Frame(1, 0x25, 1, "\0\0\0\0\x0f"s + GetBlock()), kGood},
           Rule{"generic/3.3/5 PRIORITY, then HEADERS on a lower id", Priority(5, 3) + Get(1), kGood},
           Rule{"generic/3.8/1 GOAWAY", GoAway(0, ErrorCode::kNoError), kGood},
           Rule{"generic/3.10/2 several CONTINUATION",
                Headers(1, GetBlock(), true, false) + Continuation(1, Block({{"a", "b"}}), false) +
                    Continuation(1, Block({{"c", "d"}})),
                kGood},
           Rule{"generic/4/4 trailers", Post(1) + Data(1, "x") + Headers(1, Block({{"x-test", "ok"}}), true), kGood},
           Rule{"generic/5/14 table size update", Headers(1, "\x20"s + GetBlock(), true), kGood},
           Rule{"4.1/1 unknown frame type", Frame(22, 0, 0, "test"), kGood},
           Rule{"4.1/2 undefined flags", Frame(FrameType::kPing, 0x16, 0, "12345678"), kGood},
           Rule{"4.1/3 reserved bit", Frame(FrameType::kPing, 0, 0x80000000, "12345678"), kGood},
           Rule{"4.2/1 DATA of 2^14", Post(1) + Data(1, Big(16384), true), kGood},
           Rule{"4.2/1 DATA of the largest size", Post(1) + Data(1, Big(kLargestDataFrame), true), kGood},
           Rule{"4.2/2 DATA too large", Post(1) + Data(1, Big(kLargestDataFrame + 1), true), Fatal(kSize)},
           Rule{"4.2/3 HEADERS too large", Headers(1, Big(kLargestDataFrame + 1), true), Fatal(kSize)},
           Rule{"HEADERS larger than a header block may be", Headers(1, Big(16385), true), Fatal(kCalm)},
           Rule{"4.3/1 invalid block", Headers(1, "\x40"s, true), Fatal(kCompression)},
           Rule{"4.3/2 PRIORITY inside of a block", Headers(1, GetBlock(), true, false) + Priority(1, 0),
                Fatal(kProtocol)},
           Rule{"4.3/3 HEADERS inside of a block", Headers(1, GetBlock(), true, false) + Get(3), Fatal(kProtocol)},
           Rule{"5.1/1 idle: DATA", Data(1, "x", true), Fatal(kProtocol)},
           Rule{"5.1/2 idle: RST_STREAM", RstStream(1, ErrorCode::kCancel), Fatal(kProtocol)},
           Rule{"5.1/3 idle: WINDOW_UPDATE", WindowUpdate(1, 100), Fatal(kProtocol)},
           Rule{"5.1/4 idle: CONTINUATION", Continuation(1, GetBlock()), Fatal(kProtocol)},
           Rule{"5.1/5 half-closed: DATA", Get(1) + Data(1, "x", true), Fatal(kClosed)},
           Rule{"5.1/6 half-closed: HEADERS", Get(1) + Get(1), Fatal(kClosed)},
           Rule{"5.1/7 half-closed: CONTINUATION", Get(1) + Continuation(1, GetBlock()), Fatal(kProtocol)},
           Rule{"5.1/8 after RST_STREAM: DATA", Post(1) + RstStream(1, ErrorCode::kCancel) + Data(1, "x", true),
                Fatal(kClosed)},
           Rule{"5.1/9 after RST_STREAM: HEADERS", Post(1) + RstStream(1, ErrorCode::kCancel) + Get(1), Fatal(kClosed)},
           Rule{"5.1.1/1 even id", Get(2), Fatal(kProtocol)},
           Rule{"5.1.1/2 smaller id", Get(5) + Get(3), Fatal(kProtocol)}));

INSTANTIATE_TEST_SUITE_P(
    H2specFrames, ServerRulesTest,
    Values(Rule{"5.3.1/1 HEADERS depends on itself", Frame(1, 0x25, 1, U32(1) + "\x0f" + GetBlock()), Fatal(kProtocol)},
           Rule{"5.3.1/2 PRIORITY depends on itself", Priority(2, 2), Fatal(kProtocol)},
           Rule{"5.5/2 extension frame inside of a block",
                Headers(1, GetBlock(), true, false) + Frame(22, 0, 0, "test"), Fatal(kProtocol)},
           Rule{"6.1/1 DATA on stream 0", Data(0, "x", true), Fatal(kProtocol)},
           Rule{"6.1/3 DATA, bad padding", Post(1) + Frame(0, 9, 1, "\x08test"), Fatal(kProtocol)},
           Rule{"6.2/3 HEADERS on stream 0", Get(0), Fatal(kProtocol)},
           Rule{"6.2/4 HEADERS, bad padding", Frame(1, 0xd, 1, "\xff"s + GetBlock()), Fatal(kProtocol)},
           Rule{"6.3/1 PRIORITY on stream 0", Priority(0, 1), Fatal(kProtocol)},
           Rule{"6.3/2 PRIORITY, bad length", Post(1) + Frame(2, 0, 1, "\x80\0\0\x01"s), Fatal(kSize)},
           Rule{"6.4/1 RST_STREAM on stream 0", RstStream(0, ErrorCode::kCancel), Fatal(kProtocol)},
           Rule{"6.4/3 RST_STREAM, bad length", Post(1) + Frame(3, 0, 1, "\0\0\0"s), Fatal(kSize)},
           Rule{"6.5/1 SETTINGS ACK with payload", Frame(4, 1, 0, "\0"s), Fatal(kSize)},
           Rule{"6.5/2 SETTINGS on a stream", Frame(4, 0, 1, U16(3) + U32(100)), Fatal(kProtocol)},
           Rule{"6.5/3 SETTINGS, bad length", Frame(4, 0, 0, "\0\x03\0"s), Fatal(kSize)},
           Rule{"6.5.2/1 ENABLE_PUSH 2", Settings({{SettingId::kEnablePush, 2}}), Fatal(kProtocol)},
           Rule{"6.5.2/2 INITIAL_WINDOW_SIZE", Settings({{SettingId::kInitialWindowSize, 0x80000000}}), Fatal(kFlow)},
           Rule{"6.5.2/3 MAX_FRAME_SIZE low", Settings({{SettingId::kMaxFrameSize, 16383}}), Fatal(kProtocol)},
           Rule{"6.5.2/4 MAX_FRAME_SIZE high", Settings({{SettingId::kMaxFrameSize, 1 << 24}}), Fatal(kProtocol)},
           Rule{"6.5.2/5 unknown id", Settings({{static_cast<SettingId>(0xff), 1}}), kGood},
           Rule{"6.7/3 PING on a stream", Frame(6, 0, 1, "12345678"), Fatal(kProtocol)},
           Rule{"6.7/4 PING, bad length", Frame(6, 0, 0, "123456"), Fatal(kSize)},
           Rule{"6.8/1 GOAWAY on a stream", Frame(7, 0, 1, U32(0) + U32(0)), Fatal(kProtocol)},
           Rule{"6.9/1 WINDOW_UPDATE by 0", WindowUpdate(0, 0), Fatal(kProtocol)},
           Rule{"6.9/2 WINDOW_UPDATE by 0 on a stream", Get(1) + WindowUpdate(1, 0), Fatal(kProtocol)},
           Rule{"6.9/3 WINDOW_UPDATE, bad length", Frame(8, 0, 0, "\0\0\x01"s), Fatal(kSize)},
           Rule{"6.9.1/2 connection overflow", WindowUpdate(0, 0x7fffffff) + WindowUpdate(0, 0x7fffffff), Fatal(kFlow)},
           Rule{"6.9.1/3 stream overflow", Post(1) + WindowUpdate(1, 0x7fffffff) + WindowUpdate(1, 0x7fffffff),
                OnStream(kFlow)},
           Rule{"6.9.2/3 overflow by SETTINGS",
                Get(1) + WindowUpdate(1, 0x10000) + Settings({{SettingId::kInitialWindowSize, 0x7fffffff}}),
                Fatal(kFlow)},
           Rule{"6.10/2 CONTINUATION, then another frame",
                Headers(1, GetBlock(), true, false) + Continuation(1, "", false) + Data(1, "x"), Fatal(kProtocol)},
           Rule{"6.10/3 CONTINUATION on stream 0", Headers(1, GetBlock(), true, false) + Continuation(0, ""),
                Fatal(kProtocol)},
           Rule{"6.10/4 CONTINUATION after END_HEADERS", Post(1) + Continuation(1, ""), Fatal(kProtocol)},
           Rule{"6.10/6 CONTINUATION after DATA", Post(1) + Data(1, "x") + Continuation(1, ""), Fatal(kProtocol)},
           Rule{"7/1 unknown code in GOAWAY", GoAway(0, static_cast<ErrorCode>(0xff)), kGood},
           Rule{"7/2 unknown code in RST_STREAM", Post(1) + RstStream(1, static_cast<ErrorCode>(0xff)), kGood}));

INSTANTIATE_TEST_SUITE_P(
    H2specMessages, ServerRulesTest,
    Values(
        Rule{"8.1/1 second HEADERS without END_STREAM", Post(1) + Post(1), OnStream(kProtocol)},
        Rule{"8.1.2/1 upper-case name", PostWith({{"X-TEST", "ok"}}), OnStream(kProtocol)},
        Rule{"8.1.2.1/1 unknown pseudo-header", PostWith({{":test", "ok"}}), OnStream(kProtocol)},
        Rule{"8.1.2.1/2 pseudo-header of a response", PostWith({{":status", "200"}}), OnStream(kProtocol)},
        Rule{"8.1.2.1/3 pseudo-header in trailers", Post(1) + Headers(1, Block({{":method", "200"}}), true),
             OnStream(kProtocol)},
        Rule{"8.1.2.1/4 pseudo-header after a field",
             Headers(1, Block({{":method", "GET"}, {":scheme", "http"}, {"x", "y"}, {":path", "/"}}), true),
             OnStream(kProtocol)},
        Rule{"8.1.2.2/1 connection", PostWith({{"connection", "keep-alive"}}), OnStream(kProtocol)},
        Rule{"8.1.2.2/2 te", PostWith({{"te", "trailers, deflate"}}), OnStream(kProtocol)},
        Rule{"8.1.2.3/1 empty :path", Headers(1, Block({{":method", "GET"}, {":scheme", "http"}, {":path", ""}}), true),
             OnStream(kProtocol)},
        Rule{"8.1.2.3/2 no :method", GetWithout(":method"), OnStream(kProtocol)},
        Rule{"8.1.2.3/3 no :scheme", GetWithout(":scheme"), OnStream(kProtocol)},
        Rule{"8.1.2.3/4 no :path", GetWithout(":path"), OnStream(kProtocol)},
        Rule{"8.1.2.3/5 :method twice", PostWith({{":method", "POST"}}), OnStream(kProtocol)},
        Rule{"8.1.2.6/1 content-length", PostOf("1") + Data(1, "test", true), OnStream(kProtocol)},
        Rule{"8.1.2.6/2 content-length of a sum", PostOf("1") + Data(1, "t") + Data(1, "est", true),
             OnStream(kProtocol)},
        Rule{"content-length not reached", PostOf("5") + Data(1, "test", true), OnStream(kProtocol)},
        Rule{"content-length reached", PostOf("4") + Data(1, "te") + Data(1, "st", true), kGood},
        Rule{"8.2/1 PUSH_PROMISE", Post(1) + Frame(5, 4, 1, U32(2) + GetBlock()), Fatal(kProtocol)},
        Rule{"hpack/2.3.3/1 invalid index", Raw("\xff\x4a"), Fatal(kCompression)},
        Rule{"hpack/4.2/1 size update at the end", Raw("\x20"), Fatal(kCompression)},
        Rule{"hpack/6.1/1 index 0", Raw("\x80"), Fatal(kCompression)},
        Rule{"hpack/6.3/1 size above the limit", Headers(1, "\x3f\xe2\x1f"s + GetBlock(), true), Fatal(kCompression)},
        Rule{"host differs", PostWith({{"host", "other"}}), OnStream(kProtocol)},
        Rule{"host agrees", PostWith({{"host", "test"}}), kGood},
        Rule{"line break in a value", PostWith({{"x", "a\r\nb"}}), OnStream(kProtocol)},
        Rule{"NUL in a value", PostWith({{"x", "a\0b"s}}), OnStream(kProtocol)},
        Rule{"empty name", PostWith({{"", "x"}}), Fatal(kCompression)},
        Rule{"DATA beyond the stream's window",
             Post(1) + Data(1, Big(16384)) + Data(1, Big(16384)) + Data(1, Big(16384)) + Data(1, Big(16384)), kGood}));

class ClientRulesTest : public TestWithParam<Rule> {
 public:
  // A client that has sent a whole request on stream 1.
  static void Prepare(Endpoint& client) {
    client.Receive(Settings() + SettingsAck());
    const Stream stream = *client.connection.Open();
    const HeaderField path{.name = ":path", .value = "/", .token = HeaderName::kPath};
    client.connection.SendHeaders(stream, HeaderTemplate::kNone, std::span(&path, 1), true);
    client.TakeOutput();
  }
};

TEST_P(ClientRulesTest, HoldHoweverTheBytesArrive) {
  Endpoint whole(Role::kClient);
  Prepare(whole);
  whole.Receive(GetParam().frames);
  Endpoint split(Role::kClient);
  Prepare(split);
  for (const char byte : GetParam().frames) split.Receive(std::string_view(&byte, 1));
  EXPECT_EQ(split.trace.lines(), whole.trace.lines());
  Expect(whole, GetParam().outcome);
  Expect(split, GetParam().outcome);
}

std::string Ok(bool end_stream = false) { return Headers(1, OkBlock(), end_stream); }

INSTANTIATE_TEST_SUITE_P(
    H2specd, ClientRulesTest,
    Values(Rule{"4.1/1 unknown frame type", Frame(22, 0, 0, "test"), kGood},
           Rule{"4.2/3 HEADERS too large", Headers(1, Big(16385), true), Fatal(kSize)},
           Rule{"4.3/1 invalid block", Headers(1, "\x40"s, true), Fatal(kCompression)},
           Rule{"5.1/1 idle: DATA", Data(3, "x"), Fatal(kProtocol)},
           Rule{"5.1/2 idle: RST_STREAM", RstStream(3, ErrorCode::kCancel), Fatal(kProtocol)},
           Rule{"5.1/3 idle: WINDOW_UPDATE", WindowUpdate(3, 1), Fatal(kProtocol)},
           Rule{"5.1/4 idle: CONTINUATION", Continuation(3, ""), Fatal(kProtocol)},
           Rule{"5.1/5 ended: DATA", Ok(true) + Data(1, "x"), Fatal(kClosed)},
           Rule{"5.1/6 ended: HEADERS", Ok(true) + Ok(true), Fatal(kClosed)},
           Rule{"5.1/8 after RST_STREAM: DATA", RstStream(1, ErrorCode::kCancel) + Data(1, "x"), Fatal(kClosed)},
           Rule{"ended and reset: HEADERS, DATA",
                Ok(true) + RstStream(1, ErrorCode::kNoError) + Ok(true) + Data(1, "x", true), kGood},
           Rule{"5.1.1/1 stream opened by the server", Headers(2, OkBlock(), true), Fatal(kProtocol)},
           Rule{"6.5.2 ENABLE_PUSH from a server", Settings({{SettingId::kEnablePush, 1}}), Fatal(kProtocol)},
           Rule{"6.9.1/2 stream overflow", WindowUpdate(1, 0x7fffffff), OnStream(kFlow)},
           Rule{"8.4 PUSH_PROMISE", Frame(5, 4, 1, U32(2) + GetBlock()), Fatal(kProtocol)},
           Rule{"8.1 DATA before HEADERS", Data(1, "x"), OnStream(kProtocol)},
           Rule{"8.1 trailers without END_STREAM", Ok() + Ok(), OnStream(kProtocol)},
           Rule{"8.1 interim response", Headers(1, Block({{":status", "103"}})) + Ok(true), kGood},
           Rule{"8.1 interim response that ends", Headers(1, Block({{":status", "103"}}), true), OnStream(kProtocol)},
           Rule{"8.6 switching protocols", Headers(1, Block({{":status", "101"}})), OnStream(kProtocol)},
           Rule{"8.3.2 no :status", Headers(1, Block({{"x", "y"}})), OnStream(kProtocol)},
           Rule{"8.3.2 bad :status", Headers(1, Block({{":status", "2x0"}})), OnStream(kProtocol)},
           Rule{"8.1.1 content-length of an answer to HEAD",
                Headers(1, Block({{":status", "200"}, {"content-length", "5"}}), true), kGood},
           Rule{"8.1.1 content-length not reached",
                Headers(1, Block({{":status", "200"}, {"content-length", "5"}})) + Data(1, "abc", true),
                OnStream(kProtocol)},
           Rule{"6.8 GOAWAY that promises more", GoAway(1, ErrorCode::kNoError) + GoAway(3, ErrorCode::kNoError),
                Fatal(kProtocol)}));

// The same where the owner has let go of the stream before the RST_STREAM comes.
TEST(ClientClosedStreamsTest, BehindItsEndAndItsResetAServersFramesAreIgnored) {
  Endpoint client(Role::kClient);
  ClientRulesTest::Prepare(client);
  client.on_event = [](Endpoint& self, const SeenEvent& seen) { self.connection.Release(seen.event.stream); };
  client.Receive(Ok(true));
  ASSERT_EQ(client.connection.open_streams(), 0u);
  client.Receive(RstStream(1, ErrorCode::kNoError) + Ok(true) + Data(1, "x", true));
  EXPECT_FALSE(client.connection.failed());
}

TEST(ServerClosedStreamsTest, AFinishedStreamTakesNoMoreFrames) {
  for (const std::string& frame : {Data(1, "x", true), Get(1)}) {  // h2spec 5.1/11, 5.1/12
    Endpoint server(Role::kServer);
    server.on_event = [](Endpoint& self, const SeenEvent& seen) {
      if (!seen.event.end_stream) return;
      const HeaderField ok{.name = ":status", .value = "200", .token = HeaderName::kStatus};
      self.connection.SendHeaders(seen.event.stream, HeaderTemplate::kNone, std::span(&ok, 1), true);
      self.connection.Release(seen.event.stream);
    };
    server.Receive(ClientHello() + Get(1) + WindowUpdate(1, 100) + Priority(1, 0) + RstStream(1, ErrorCode::kCancel));
    ASSERT_FALSE(server.connection.failed()) << server.connection.failure().reason;
    server.Receive(frame);
    Expect(server, Fatal(kClosed));
  }
}

TEST(ServerClosedStreamsTest, WhatThePeerSentBeforeItSawOurResetIsIgnored) {
  Endpoint server(Role::kServer);
  server.on_event = [](Endpoint& self, const SeenEvent& seen) { self.connection.Release(seen.event.stream); };
  server.Receive(ClientHello() + Post(1));
  const std::vector<SeenFrame> frames = server.TakeFrames();
  ASSERT_EQ(frames.back().header.type, FrameType::kRstStream);
  server.Receive(Data(1, "late") + Headers(1, Block({{"x", "y"}}), true) + WindowUpdate(1, 5));
  EXPECT_FALSE(server.connection.failed());
  server.Receive(WindowUpdate(1, 0));
  Expect(server, Fatal(kProtocol));
}

TEST(ServerPrefaceTest, OtherProtocolsAreToldByName) {
  const auto reason = [](std::string_view bytes) {
    Endpoint server(Role::kServer);
    server.Receive(bytes);
    return server.connection.failed() ? server.connection.failure().reason : "none";
  };
  EXPECT_EQ(reason("GET / HTTP/1.1\r\n\r\n"), "the peer speaks HTTP/1, not HTTP/2");
  EXPECT_EQ(reason("\x16\x03\x01\x02\x00"), "the peer speaks TLS, not plain HTTP/2");
  EXPECT_EQ(reason("INVALID"), "no HTTP/2 preface");
  EXPECT_EQ(reason("PRI * HTTP/2.0\r\n"), "none");
  EXPECT_EQ(reason(std::string(ClientHello().substr(0, 24)) + Ping("12345678")), "first frame is not SETTINGS");
}

TEST(ServerPrefaceTest, WhatIsNoFrameBehindThePrefaceIsSeenAtOnce) {
  Endpoint server(Role::kServer);
  server.Receive(std::string(kClientPreface) + "&");
  EXPECT_TRUE(server.connection.failed());
}

TEST(ServerPrefaceTest, OurSettingsComeFirst) {
  Endpoint server(Role::kServer);
  const std::vector<SeenFrame> frames = server.TakeFrames();
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames[0].header.type, FrameType::kSettings);
}

}  // namespace
}  // namespace rhei::inline v0::http2
