// Hostile peers: each attack ends within its budget, with the reason in the GOAWAY, and holds no more memory than
// stated.
#include <gtest/gtest.h>

#include "http2/testing/endpoint.h"

namespace rhei::inline v0::http2 {
namespace {

using namespace testing;  // NOLINT: the frame builders
using namespace std::chrono_literals;
using Kind = Event::Kind;

const HeaderField kOk{.name = ":status", .value = "200", .token = HeaderName::kStatus};

class ServerUnderAttackTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.Receive(ClientHello() + SettingsAck());
    server_.TakeOutput();
  }

  // Feeds `make(i)` until the connection fails or `count` is reached. Returns how many were fed.
  template <typename Make>
  int Flood(int count, Make make) {
    int fed = 0;
    while (fed < count && !server_.connection.failed()) server_.Receive(make(fed++));
    return fed;
  }
  void ExpectEnd(ErrorCode code, std::string_view reason) {
    ASSERT_TRUE(server_.connection.failed());
    EXPECT_EQ(server_.connection.failure().reason, reason);
    const std::vector<SeenFrame> frames = server_.TakeFrames();
    ASSERT_FALSE(frames.empty());
    EXPECT_EQ(frames.back().header.type, FrameType::kGoAway);
    EXPECT_EQ(frames.back().code(), code);
    EXPECT_EQ(frames.back().debug(), reason);
    EXPECT_EQ(server_.events.back().event.kind, Kind::kFailed);
    ExpectCounted(code, reason);
  }
  // Each end is counted once: a limit's by the word of the GOAWAY, that of a broken rule by its error code.
  void ExpectCounted(ErrorCode code, std::string_view reason) {
    std::string_view kind = reason;
    if (code == ErrorCode::kFlowControlError) kind = "flow_control_error";
    if (code == ErrorCode::kCompressionError) kind = "compression_error";
    if (code == ErrorCode::kProtocolError || code == ErrorCode::kStreamClosed || code == ErrorCode::kFrameSizeError) {
      kind = "protocol_error";
    }
    std::uint64_t counted = 0;
    const AbuseCounts counts = server_.abuses.Now();
    for (std::size_t i = 0; i < kAbuseKinds; ++i) {
      if (rhei::Name(static_cast<Abuse>(i)) == kind) counted += counts[static_cast<Abuse>(i)];
    }
    EXPECT_EQ(counted, 1u) << kind;
  }
  std::size_t CountFrames(FrameType type) {
    const std::vector<SeenFrame> frames = server_.TakeFrames();
    return static_cast<std::size_t>(
        std::count_if(frames.begin(), frames.end(), [&](const SeenFrame& f) { return f.header.type == type; }));
  }
  static std::uint32_t Id(int i) { return static_cast<std::uint32_t>(2 * i + 1); }
  static std::string Get(std::uint32_t id) { return Headers(id, GetBlock(), true); }
  static std::string Post(std::uint32_t id) { return Headers(id, PostBlock()); }

  Endpoint server_{Role::kServer};
};

// A1a, A1b: CVE-2023-44487.
TEST_F(ServerUnderAttackTest, RapidResetIsEndedByItsBudget) {
  const int fed = Flood(20'000, [](int i) { return Get(Id(i)) + RstStream(Id(i), ErrorCode::kCancel); });
  EXPECT_EQ(fed, 201);
  EXPECT_LE(server_.connection.open_streams(), Limits().max_concurrent_streams);
  ExpectEnd(ErrorCode::kEnhanceYourCalm, "rapid_reset");
}

TEST_F(ServerUnderAttackTest, ResetsAtTheRateOfTheBudgetGoOn) {
  server_.on_event = [](Endpoint& self, const SeenEvent& seen) {
    if (seen.event.kind == Kind::kReset) self.connection.Release(seen.event.stream);
  };
  const int fed = Flood(2'000, [this](int i) {
    server_.now += 20ms;
    return Post(Id(i)) + RstStream(Id(i), ErrorCode::kCancel);
  });
  EXPECT_EQ(fed, 2'000);
  EXPECT_FALSE(server_.connection.failed());
  EXPECT_EQ(server_.connection.open_streams(), 0u);
}

TEST_F(ServerUnderAttackTest, CompletedCallsPayForResets) {
  server_.on_event = [](Endpoint& self, const SeenEvent& seen) {
    if (seen.event.kind == Kind::kReset) self.connection.Release(seen.event.stream);
    if (!seen.event.end_stream) return;
    self.connection.SendHeaders(seen.event.stream, HeaderTemplate::kNone, std::span(&kOk, 1), true);
    self.connection.Release(seen.event.stream);
  };
  Flood(2'000, [this](int i) {
    server_.TakeOutput();
    return Get(Id(2 * i)) + Post(Id(2 * i + 1)) + RstStream(Id(2 * i + 1), ErrorCode::kCancel);
  });
  EXPECT_FALSE(server_.connection.failed());
}

// A2: CVE-2025-8671.
TEST_F(ServerUnderAttackTest, ErrorsThatMakeTheServerResetAreCountedToo) {
  const int fed = Flood(2'000, [this](int i) {
    server_.TakeOutput();
    return Post(Id(i)) + WindowUpdate(Id(i), 0x7fffffff) + WindowUpdate(Id(i), 0x7fffffff);
  });
  EXPECT_EQ(fed, 201);
  ExpectEnd(ErrorCode::kEnhanceYourCalm, "rapid_reset");
}

TEST_F(ServerUnderAttackTest, MalformedRequestsAreCountedToo) {
  const int fed = Flood(5'000, [this](int i) {
    server_.TakeOutput();
    return Headers(Id(i), Block({{":method", "GET"}}), true);
  });
  EXPECT_EQ(fed, 201);
  ExpectEnd(ErrorCode::kEnhanceYourCalm, "rapid_reset");
  EXPECT_EQ(server_.connection.open_streams(), 0u);
}

// A3: CVE-2026-50560.
TEST_F(ServerUnderAttackTest, APeersTinyHeaderListLimitStopsNoResponse) {
  server_.Receive(Settings({{SettingId::kMaxHeaderListSize, 16}}) + Get(1));
  const Stream stream = server_.events.back().event.stream;
  server_.connection.SendHeaders(stream, HeaderTemplate::kNone, std::span(&kOk, 1), true);
  EXPECT_EQ(CountFrames(FrameType::kHeaders), 1u);
}

// A4: CVE-2026-47244.
TEST(ServerBeforeSettingsAckTest, TheStreamLimitHoldsFromTheFirstByteAndTheAckIsDue) {
  Endpoint server(Role::kServer);
  server.Receive(ClientHello());
  for (std::uint32_t i = 0; i < 5 * 1024; ++i) {
    server.Receive(Headers(2 * i + 1, PostBlock()));
    if (server.connection.reading_paused()) server.TakeOutput();
    ASSERT_LE(server.connection.open_streams(), 1024u);
  }
  EXPECT_FALSE(server.connection.failed());
  EXPECT_EQ(server.connection.NextTimeout(), server.now + 10s);
  server.Advance(10s);
  EXPECT_TRUE(server.connection.failed());
  EXPECT_EQ(server.connection.failure().reason, "settings_timeout");
  EXPECT_EQ(server.connection.failure().code, ErrorCode::kSettingsTimeout);
}

TEST_F(ServerUnderAttackTest, ASlotIsFreeOnlyWhenItsOwnerReleasesIt) {
  Flood(1024, [](int i) { return Get(Id(i)); });
  const Stream first = server_.events[1].event.stream;
  server_.connection.SendHeaders(first, HeaderTemplate::kNone, std::span(&kOk, 1), true);
  server_.Receive(Get(Id(1024)));
  EXPECT_EQ(CountFrames(FrameType::kRstStream), 1u);
  server_.connection.Release(first);
  server_.Receive(Get(Id(1025)));
  EXPECT_EQ(CountFrames(FrameType::kRstStream), 0u);
  EXPECT_EQ(server_.connection.open_streams(), 1024u);
}

// B1
TEST_F(ServerUnderAttackTest, AnEndlessHeaderBlockIsCutOff) {
  server_.Receive(Headers(1, GetBlock(), true, false));
  const int fed = Flood(100, [](int) { return Continuation(1, std::string(16'000, '\0'), false); });
  EXPECT_EQ(fed, 2);
  ExpectEnd(ErrorCode::kEnhanceYourCalm, "continuation_flood");
}

// B2: CVE-2026-33871.
TEST_F(ServerUnderAttackTest, EmptyContinuationsAreCounted) {
  server_.Receive(Headers(1, GetBlock(), true, false));
  EXPECT_EQ(Flood(20'000, [](int) { return Continuation(1, "", false); }), 9);
  ExpectEnd(ErrorCode::kEnhanceYourCalm, "continuation_flood");
}

// B2t
TEST_F(ServerUnderAttackTest, AHeaderBlockMustEndInTime) {
  server_.Receive(Headers(1, GetBlock(), true, false));
  EXPECT_EQ(server_.connection.NextTimeout(), server_.now + 5s);
  server_.Advance(4999ms);
  server_.Receive(Continuation(1, "", false));
  EXPECT_FALSE(server_.connection.failed());
  server_.Advance(1ms);
  ExpectEnd(ErrorCode::kEnhanceYourCalm, "header_block_timeout");
}

// D5
TEST_F(ServerUnderAttackTest, AHeadersFrameThatTricklesInMustEndInTime) {
  const std::string frame = Get(1);
  for (int i = 0; i < 6; ++i) {
    server_.Receive(frame.substr(static_cast<std::size_t>(i), 1));
    server_.Advance(1s);
  }
  EXPECT_FALSE(server_.connection.failed());
  server_.Advance(4s);
  ExpectEnd(ErrorCode::kEnhanceYourCalm, "header_block_timeout");
}

TEST(ServerBeforeSettingsAckTest, APrefaceThatTricklesInMustEndInTime) {
  Endpoint server(Role::kServer);
  server.Receive(ClientHello().substr(0, 5));
  server.Advance(9999ms);
  EXPECT_FALSE(server.connection.failed());
  server.Advance(1ms);
  EXPECT_EQ(server.connection.failure().reason, "handshake_timeout");
}

TEST_F(ServerUnderAttackTest, AListOverTheSoftLimitGets431) {
  Fields fields = GetFields();
  fields.emplace_back("x", std::string(9'000, 'y'));
  server_.Receive(Headers(1, Block(fields)));
  const std::vector<SeenFrame> frames = server_.TakeFrames();
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].header.type, FrameType::kHeaders);
  EXPECT_TRUE(frames[0].header.Has(kFlagEndStream));
  EXPECT_NE(frames[0].payload.find("431"), std::string::npos);
  EXPECT_EQ(frames[1].code(), ErrorCode::kNoError);
  EXPECT_TRUE(server_.TakeEvents().empty());
  // What the client sends before it sees that is ignored.
  server_.Receive(Data(1, "x", true) + Get(3));
  EXPECT_EQ(server_.TakeEvents().size(), 1u);
}

// C1: CVE-2019-9512.
TEST_F(ServerUnderAttackTest, ReadingStopsWhenAnswersAreNotRead) {
  Limits limits;
  limits.max_ping_strikes = 1'000'000;
  Endpoint server(Role::kServer, limits);
  server.Receive(ClientHello() + SettingsAck());
  server.TakeOutput();
  std::string pings;
  for (int i = 0; i < 1'000; ++i) pings += Ping("12345678");
  server.Receive(pings);
  EXPECT_TRUE(server.connection.reading_paused());
  EXPECT_EQ(server.unread.size(), (1'000 - 128) * Ping("12345678").size());
  // Nothing is written for as long as a stall may last: that is the end.
  std::array<std::string_view, 1> slice;
  EXPECT_EQ(server.connection.PollTransmit(slice), 1u);
  EXPECT_EQ(server.connection.NextTimeout(), server.now);  // asks for the time, from which the timer runs
  server.Advance(0s);
  EXPECT_EQ(server.connection.NextTimeout(), server.now + 10s);
  server.Advance(9999ms);
  EXPECT_FALSE(server.connection.failed());
  server.Advance(1ms);
  EXPECT_EQ(server.connection.failure().reason, "write_stall");
}

TEST_F(ServerUnderAttackTest, ReadingGoesOnOnceTheAnswersAreWritten) {
  Limits limits;
  limits.max_ping_strikes = 1'000'000;
  Endpoint server(Role::kServer, limits);
  server.Receive(ClientHello() + SettingsAck());
  std::string pings;
  for (int i = 0; i < 1'000; ++i) pings += Ping("12345678");
  server.Receive(pings);
  std::size_t answers = 0;
  for (int i = 0; i < 10; ++i) {
    answers += server.TakeFrames().size();
    server.Receive({});
  }
  EXPECT_GE(answers, 1'000u);
  EXPECT_FALSE(server.connection.reading_paused());
}

// C1k: gRFC A8.
TEST_F(ServerUnderAttackTest, PingsTooOftenAreStrikes) {
  const int fed = Flood(100, [this](int) {
    server_.Advance(1s);
    return Ping("12345678");
  });
  EXPECT_EQ(fed, 4);
  ExpectEnd(ErrorCode::kEnhanceYourCalm, "too_many_pings");
}

TEST_F(ServerUnderAttackTest, WhatTheServerSendsForgivesPings) {
  server_.Receive(Post(1));
  const Stream stream = server_.events.back().event.stream;
  server_.connection.SendHeaders(stream, HeaderTemplate::kNone, std::span(&kOk, 1), false);
  Flood(100, [&](int) {
    server_.connection.SendData(stream, "x", false);
    server_.TakeOutput();
    return Ping("12345678");
  });
  EXPECT_FALSE(server_.connection.failed());
}

// C2: CVE-2019-9515, CVE-2020-11080.
TEST_F(ServerUnderAttackTest, SettingsWithTooManyEntriesEndIt) {
  std::string payload;
  for (int i = 0; i < 33; ++i) payload += U16(0x99) + U32(1);
  server_.Receive(Frame(FrameType::kSettings, 0, 0, payload));
  ExpectEnd(ErrorCode::kEnhanceYourCalm, "settings_flood");
}

TEST_F(ServerUnderAttackTest, EmptySettingsEndItByTheShareOfControlBytes) {
  const int fed = Flood(1'000'000, [this](int) {
    server_.TakeOutput();
    return Settings();
  });
  EXPECT_NEAR(fed, 1024 * 1024 / 9, 2);
  ExpectEnd(ErrorCode::kEnhanceYourCalm, "control_flood");
}

TEST_F(ServerUnderAttackTest, TogglingTheInitialWindowTouchesNoStream) {
  Flood(1'000, [](int i) { return Post(Id(i)); });
  for (const SeenEvent& seen : server_.TakeEvents()) {
    server_.connection.SendHeaders(seen.event.stream, HeaderTemplate::kNone, std::span(&kOk, 1), false);
    server_.connection.SendData(seen.event.stream, std::string(100, 'x'), false);
  }
  server_.TakeOutput();
  Flood(10'000, [](int) {
    return Settings({{SettingId::kInitialWindowSize, 0}}) + Settings({{SettingId::kInitialWindowSize, 0x7fffffff}});
  });
  EXPECT_TRUE(server_.connection.reading_paused() || !server_.connection.failed());
}

// C4: CVE-2019-9513.
TEST_F(ServerUnderAttackTest, PriorityHasNoEffectAndEndsByTheShareOfControlBytes) {
  const int fed = Flood(1'000'000, [](int i) { return Priority(Id(i % 1'000), 0); });
  EXPECT_NEAR(fed, 1024 * 1024 / 14, 2);
  EXPECT_EQ(server_.connection.open_streams(), 0u);
  ExpectEnd(ErrorCode::kEnhanceYourCalm, "control_flood");
}

TEST_F(ServerUnderAttackTest, ChurningStreamsBuysNoControlFrames) {
  server_.on_event = [](Endpoint& self, const SeenEvent& seen) {
    if (!seen.event.end_stream) return;
    self.connection.SendHeaders(seen.event.stream, HeaderTemplate::kNone, std::span(&kOk, 1), true);
    self.connection.Release(seen.event.stream);
  };
  Flood(5'000, [](int i) { return Get(Id(i)); });
  EXPECT_LE(Flood(1'000'000, [](int) { return Priority(1, 0); }), 1024 * 1024 / 14 + 1);
}

// C5
TEST_F(ServerUnderAttackTest, WindowUpdatesByOneEndByTheShareOfControlBytes) {
  EXPECT_NEAR(Flood(1'000'000, [](int) { return WindowUpdate(0, 1); }), 1024 * 1024 / 13, 2);
  ExpectEnd(ErrorCode::kEnhanceYourCalm, "control_flood");
}

TEST_F(ServerUnderAttackTest, AYearOfKeepalivePingsIsNoFlood) {
  Limits limits;
  limits.max_ping_strikes = 1'000'000'000;
  Endpoint server(Role::kServer, limits);
  server.Receive(ClientHello() + SettingsAck());
  for (int i = 0; i < 365 * 24 * 60; ++i) {
    server.now += 1min;
    server.Receive(Ping("12345678"));
    server.TakeOutput();
    server.events.clear();
  }
  EXPECT_FALSE(server.connection.failed());
}

// D1: CVE-2019-9511.
TEST_F(ServerUnderAttackTest, TinyWindowsDoNotGiveTinyFrames) {
  server_.Receive(Settings({{SettingId::kInitialWindowSize, 1}}) + Get(1));
  const Stream stream = server_.events.back().event.stream;
  server_.connection.SendHeaders(stream, HeaderTemplate::kNone, std::span(&kOk, 1), false);
  server_.connection.SendData(stream, std::string(10'000, 'x'), true);
  EXPECT_EQ(CountFrames(FrameType::kData), 0u);
  std::size_t frames = 0;
  for (int i = 0; i < 2'000; ++i) {
    server_.Receive(WindowUpdate(1, 1));
    frames += CountFrames(FrameType::kData);
  }
  EXPECT_EQ(frames, 1u);
  // What is there leaves after a while, whatever it is.
  server_.Receive(WindowUpdate(1, 1));
  EXPECT_EQ(CountFrames(FrameType::kData), 0u);
  server_.Advance(100ms);
  EXPECT_EQ(CountFrames(FrameType::kData), 1u);
}

// D3: CVE-2019-9518.
// What ends a stream alone is counted too.
TEST_F(ServerUnderAttackTest, WhatEndsOneStreamIsCounted) {
  const std::string large =
      Block({{":method", "GET"}, {":path", "/"}, {":scheme", "http"}, {"x", std::string(9'000, 'y')}});
  server_.Receive(Headers(1, large, true));
  EXPECT_EQ(server_.abuses.Now()[Abuse::kHeadersTooLarge], 1u);
  server_.Receive(Headers(3, Block({{":method", "GET"}}), true));
  EXPECT_EQ(server_.abuses.Now()[Abuse::kMalformedRequest], 1u);
  for (int i = 2; i < 1'030; ++i) server_.Receive(Post(Id(i)));
  EXPECT_EQ(server_.abuses.Now()[Abuse::kStreamRefused], 4u);
  EXPECT_FALSE(server_.connection.failed());
}

TEST_F(ServerUnderAttackTest, EmptyDataEndsIt) {
  server_.Receive(Post(1));
  EXPECT_EQ(Flood(20'000, [](int) { return Data(1, ""); }), 101);
  ExpectEnd(ErrorCode::kEnhanceYourCalm, "empty_frames_flood");
}

// D7
TEST_F(ServerUnderAttackTest, DataBeyondAWindowEndsIt) {
  server_.on_event = [](Endpoint&, const SeenEvent&) {};  // consumes nothing
  server_.Receive(Post(1));
  for (int i = 0; i < 3; ++i) server_.Receive(Data(1, std::string(16'384, 'x')));
  server_.Receive(Data(1, std::string(16'383, 'x')));
  EXPECT_FALSE(server_.connection.failed());
  server_.Receive(Data(1, "x"));
  ExpectEnd(ErrorCode::kFlowControlError, "DATA beyond the stream's window");
}

TEST_F(ServerUnderAttackTest, DataBeyondTheConnectionsWindowEndsIt) {
  server_.on_event = [](Endpoint&, const SeenEvent&) {};
  std::size_t sent = 0;
  Flood(100, [&](int i) {
    sent += 65'535;
    return Post(Id(i)) + Data(Id(i), std::string(16'384, 'x')) + Data(Id(i), std::string(16'384, 'x')) +
           Data(Id(i), std::string(16'384, 'x')) + Data(Id(i), std::string(16'383, 'x'));
  });
  EXPECT_GT(sent, Limits().connection_window);
  EXPECT_LE(sent, Limits().connection_window + 65'535);
  ExpectEnd(ErrorCode::kFlowControlError, "DATA beyond the connection's window");
}

// D6
TEST_F(ServerUnderAttackTest, PaddingIsGivenBackAtOnce) {
  server_.Receive(Post(1));
  std::string padded(1, '\xff');
  padded += "x" + std::string(255, '\0');
  for (int i = 0; i < 10'000; ++i) server_.Receive(Frame(FrameType::kData, kFlagPadded, 1, padded));
  EXPECT_FALSE(server_.connection.failed()) << server_.connection.failure().reason;
}

// G3: CVE-2026-27135.
TEST_F(ServerUnderAttackTest, AfterTheEndAllInputIsSwallowed) {
  server_.Receive(Post(1));
  server_.Receive(WindowUpdate(0, 0));
  ASSERT_TRUE(server_.connection.failed());
  server_.TakeEvents();
  for (int type = 0; type < 11; ++type) {
    for (const std::uint32_t stream : {0u, 1u, 2u, 3u}) server_.Receive(Frame(type, 0xff, stream, "\x01junk"));
  }
  EXPECT_EQ(server_.connection.unread(), 0u);
  EXPECT_TRUE(server_.TakeEvents().empty());
  const std::vector<SeenFrame> frames = server_.TakeFrames();
  EXPECT_EQ(frames.back().header.type, FrameType::kGoAway);
  EXPECT_TRUE(server_.TakeOutput().empty());
  EXPECT_EQ(server_.connection.NextTimeout(), std::nullopt);
}

TEST_F(ServerUnderAttackTest, CommandsAfterTheEndDoNothing) {
  server_.Receive(Post(1));
  const Stream stream = server_.events.back().event.stream;
  server_.Receive(WindowUpdate(0, 0));
  server_.TakeOutput();
  server_.connection.SendHeaders(stream, HeaderTemplate::kNone, std::span(&kOk, 1), false);
  EXPECT_EQ(server_.connection.ReserveData(stream, 1, false), nullptr);
  server_.connection.SendData(stream, "x", true);
  server_.connection.Consume(stream, 1'000'000);
  server_.connection.Reset(stream, ErrorCode::kCancel);
  server_.connection.Ping(1);
  server_.connection.Drain("drain");
  server_.connection.Release(stream);
  EXPECT_EQ(server_.connection.open_streams(), 0u);
  EXPECT_TRUE(server_.TakeOutput().empty());
}

}  // namespace
}  // namespace rhei::inline v0::http2
