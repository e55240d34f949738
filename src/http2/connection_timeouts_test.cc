// What time brings about: streams that stall, connections that rest, and peers that are gone.
#include <gtest/gtest.h>

#include <algorithm>

#include "http2/testing/endpoint.h"

namespace rhei::inline v0::http2 {
namespace {

using namespace testing;  // NOLINT: the frame builders
using namespace std::chrono_literals;
using Kind = Event::Kind;

const HeaderField kOk{.name = ":status", .value = "200", .token = HeaderName::kStatus};

// A connection on which nothing is due by itself.
Limits WithoutKeepalive() {
  Limits limits;
  limits.keepalive_time = Duration::max();
  return limits;
}

// A server whose time passes as its driver has it: by its own timeouts.
class ServerInTimeTest : public ::testing::Test {
 protected:
  explicit ServerInTimeTest(const Limits& limits = WithoutKeepalive()) : server_(Role::kServer, limits) {
    server_.Receive(ClientHello() + SettingsAck());
    server_.TakeFrames();
  }

  // Lets time pass. What is written meanwhile is kept in frames_.
  void Pass(Duration duration, bool writable = true) {
    const TimePoint end = server_.now + duration;
    const auto collect = [&] {
      if (!writable) return;
      for (SeenFrame& frame : server_.TakeFrames()) frames_.push_back(std::move(frame));
    };
    collect();
    while (true) {
      const std::optional<TimePoint> next = server_.connection.NextTimeout();
      if (!next || *next > end) break;
      server_.Advance(std::max(*next - server_.now, Duration::zero()));
      collect();
    }
    server_.Advance(end - server_.now);
    collect();
  }

  // Opens a stream and queues an answer of so many bytes on it.
  Stream Answer(StreamId id, std::size_t bytes) {
    server_.Receive(Headers(id, GetBlock(), true));
    const Stream stream = server_.events.back().event.stream;
    server_.connection.SendHeaders(stream, HeaderTemplate::kNone, std::span(&kOk, 1), false);
    server_.connection.SendData(stream, std::string(bytes, 'x'), true);
    return stream;
  }

  // A call from its first to its last byte, with nothing queued.
  void Call(StreamId id) {
    server_.Receive(Headers(id, GetBlock(), true));
    const Stream stream = server_.events.back().event.stream;
    server_.connection.SendHeaders(stream, HeaderTemplate::kNone, std::span(&kOk, 1), true);
    server_.connection.Release(stream);
    server_.TakeFrames();
  }

  bool WasReset(StreamId id) {
    return std::any_of(server_.events.begin(), server_.events.end(), [&](const SeenEvent& seen) {
      return seen.event.kind == Kind::kReset && seen.event.stream.id == id;
    });
  }
  bool SentCancel(StreamId id) {
    return std::any_of(frames_.begin(), frames_.end(), [&](const SeenFrame& frame) {
      return frame.header.type == FrameType::kRstStream && frame.header.stream == id &&
             frame.code() == ErrorCode::kCancel;
    });
  }
  std::size_t DataSent() const {
    std::size_t sum = 0;
    for (const SeenFrame& frame : frames_) sum += frame.header.type == FrameType::kData ? frame.payload.size() : 0;
    return sum;
  }

  Endpoint server_;
  std::vector<SeenFrame> frames_;
};

// Small pieces of DATA wait 100 ms for larger windows, and no longer.
class SmallDataTest : public ServerInTimeTest {};

TEST_F(SmallDataTest, TheRestOfAStreamsWindowIsUsedOnceTheConnectionsHasOpened) {
  server_.Receive(Settings({{SettingId::kInitialWindowSize, 65'535 + 102}}));
  Answer(1, 100'000);
  Pass(1s);
  ASSERT_EQ(DataSent(), 65'535u);
  server_.Receive(WindowUpdate(0, 1'000'000));
  Pass(100ms);
  EXPECT_EQ(DataSent(), 65'535u + 102);
}

TEST_F(SmallDataTest, EachPieceOfADribblingWindowWaitsAnew) {
  server_.Receive(Settings({{SettingId::kInitialWindowSize, 1'000'000}}));
  Answer(1, 100'000);
  Pass(1s);
  for (std::size_t piece = 0; piece < 3; ++piece) {
    ASSERT_EQ(DataSent(), 65'535u + piece);
    server_.Receive(WindowUpdate(0, 1));
    Pass(99ms);
    ASSERT_EQ(DataSent(), 65'535u + piece);
    Pass(1ms);
  }
}

class StalledStreamTest : public ServerInTimeTest {
 protected:
  using ServerInTimeTest::ServerInTimeTest;
  void SetInitialWindow(std::uint32_t size) { server_.Receive(Settings({{SettingId::kInitialWindowSize, size}})); }
};

TEST_F(StalledStreamTest, AStreamWhoseWindowStaysShutIsCancelledWithAReason) {
  SetInitialWindow(0);
  const Stream stream = Answer(1, 10'000);
  Pass(60s);
  EXPECT_FALSE(WasReset(1));
  Pass(11s);
  ASSERT_TRUE(WasReset(1));
  const SeenEvent& reset = server_.events.back();
  EXPECT_EQ(reset.event.error, ErrorCode::kCancel);
  EXPECT_EQ(reset.event.initiator, Initiator::kLibrary);
  EXPECT_EQ(reset.data, "stalled: the peer's windows open too slowly");
  EXPECT_EQ(server_.abuses.Now()[Abuse::kStalledStream], 1u);
  EXPECT_TRUE(SentCancel(1));
  EXPECT_EQ(DataSent(), 0u);
  EXPECT_EQ(server_.connection.queued(stream), 0u);
  EXPECT_FALSE(server_.connection.failed());
  // The owner's slot is its own until it releases it.
  EXPECT_EQ(server_.connection.open_streams(), 1u);
  server_.connection.Release(stream);
  Pass(10s);
  EXPECT_EQ(server_.connection.NextTimeout(), std::nullopt);
}

TEST_F(StalledStreamTest, WindowUpdatesByTheDribbleDoNotSaveIt) {
  SetInitialWindow(0);
  Answer(1, 1'000'000);
  int seconds = 0;
  for (; seconds < 200 && !WasReset(1); ++seconds) {
    server_.Receive(WindowUpdate(1, 1'000));
    Pass(1s);
  }
  EXPECT_GE(seconds, 60);
  EXPECT_LE(seconds, 71);
  EXPECT_TRUE(SentCancel(1));
  EXPECT_GT(DataSent(), 50'000u);
}

TEST_F(StalledStreamTest, AStreamThatDrainsFastEnoughLives) {
  SetInitialWindow(0);
  server_.Receive(WindowUpdate(0, 10'000'000));
  Answer(1, 1'000'000);
  for (int seconds = 0; seconds < 600; ++seconds) {
    server_.Receive(WindowUpdate(1, 1'100));
    Pass(1s);
  }
  EXPECT_FALSE(WasReset(1));
  EXPECT_GT(DataSent(), 600'000u);
}

TEST_F(StalledStreamTest, AStreamThatWasFastOnceMustGoOnBeingSo) {
  SetInitialWindow(0);
  Answer(1, 1'000'000);
  server_.Receive(WindowUpdate(1, 60'000));
  Pass(130s);
  EXPECT_FALSE(server_.connection.failed());
  EXPECT_TRUE(WasReset(1));
}

TEST_F(StalledStreamTest, TheConnectionsWindowCountsToo) {
  SetInitialWindow(1'000'000);
  Answer(1, 100'000);
  Answer(3, 100'000);
  Pass(71s);
  EXPECT_TRUE(WasReset(1));
  EXPECT_TRUE(WasReset(3));
  EXPECT_EQ(DataSent(), 65'535u);
}

TEST_F(StalledStreamTest, OneStreamsStallIsNotAnothers) {
  SetInitialWindow(0);
  server_.Receive(WindowUpdate(0, 10'000'000));
  Answer(1, 100'000);
  Answer(3, 100'000);
  for (int seconds = 0; seconds < 75; ++seconds) {
    server_.Receive(WindowUpdate(3, 1'200));
    Pass(1s);
  }
  EXPECT_TRUE(WasReset(1));
  EXPECT_FALSE(WasReset(3));
}

TEST_F(StalledStreamTest, AQueueThatRunsEmptyBeginsAnew) {
  SetInitialWindow(0);
  server_.Receive(Headers(1, GetBlock(), true));
  const Stream stream = server_.events.back().event.stream;
  server_.connection.SendHeaders(stream, HeaderTemplate::kNone, std::span(&kOk, 1), false);
  for (int i = 0; i < 20; ++i) {
    server_.connection.SendData(stream, std::string(100, 'x'), false);
    Pass(40s);
    server_.Receive(WindowUpdate(1, 100));
    Pass(1s);
    ASSERT_EQ(server_.connection.queued(stream), 0u);
  }
  EXPECT_FALSE(WasReset(1));
  EXPECT_EQ(DataSent(), 2'000u);
}

TEST_F(StalledStreamTest, ItsTimeBeginsWhenItBeginsToWait) {
  SetInitialWindow(0);
  Pass(50s);
  Answer(1, 100);
  Pass(59s);
  EXPECT_FALSE(WasReset(1));
}

TEST_F(StalledStreamTest, NothingIsTimedWhileTheWindowsAreOpen) {
  Answer(1, 10'000);
  Pass(0s);
  EXPECT_EQ(DataSent(), 10'000u);
  EXPECT_EQ(server_.connection.NextTimeout(), std::nullopt);
}

// The peer's windows have opened, and what holds the stream up now is the network.
class StalledNetworkTest : public StalledStreamTest {
 protected:
  StalledNetworkTest() : StalledStreamTest(MakeLimits()) {}
  static Limits MakeLimits() {
    Limits limits = WithoutKeepalive();
    limits.write_stall_timeout = 24h;
    return limits;
  }
};

TEST_F(StalledNetworkTest, WhatWaitsForTheNetworkAloneDoesNotStall) {
  SetInitialWindow(0);
  Answer(1, 1'000'000);
  Pass(5s);
  server_.Receive(WindowUpdate(0, 10'000'000) + WindowUpdate(1, 10'000'000));
  Pass(300s, false);
  EXPECT_FALSE(WasReset(1));
  Pass(0s);
  EXPECT_EQ(DataSent(), 1'000'000u);
}

class UnlimitedStallTest : public StalledStreamTest {
 protected:
  UnlimitedStallTest() : StalledStreamTest(MakeLimits()) {}
  static Limits MakeLimits() {
    Limits limits = WithoutKeepalive();
    limits.min_stream_rate = 0;
    return limits;
  }
};

TEST_F(UnlimitedStallTest, ARateOfZeroLetsStreamsWait) {
  SetInitialWindow(0);
  Answer(1, 10'000);
  Pass(1h);
  EXPECT_FALSE(WasReset(1));
}

TEST(StalledClientTest, AClientsStreamsMayWait) {
  Endpoint client(Role::kClient);
  client.Receive(Settings({{SettingId::kInitialWindowSize, 0}}) + SettingsAck());
  const Stream stream = *client.connection.Open();
  client.connection.SendHeaders(stream, HeaderTemplate::kNone,
                                std::vector<HeaderField>{{.name = ":method", .value = "POST"}}, false);
  client.connection.SendData(stream, std::string(100, 'x'), true);
  client.TakeOutput();
  EXPECT_EQ(client.connection.NextTimeout(), std::nullopt);
}

using RestTest = ServerInTimeTest;

constexpr StreamId kBusy = 20;  // calls after which a connection is not young

TEST_F(RestTest, AConnectionRestsAfterASecondOrTwoWithoutAStream) {
  for (StreamId i = 0; i < kBusy; ++i) Call(2 * i + 1);
  Pass(900ms);
  EXPECT_FALSE(server_.connection.resting());
  Pass(1200ms);
  EXPECT_TRUE(server_.connection.resting());
  // And is not woken up again.
  EXPECT_EQ(server_.connection.NextTimeout(), std::nullopt);
}

TEST_F(RestTest, AConnectionThatHadFewStreamsRestsAtOnce) {
  Call(1);
  EXPECT_FALSE(server_.connection.resting());
  Pass(0s);
  EXPECT_TRUE(server_.connection.resting());
  EXPECT_EQ(server_.connection.NextTimeout(), std::nullopt);
}

TEST_F(RestTest, ABusyConnectionDoesNotRest) {
  for (StreamId i = 0; i < 100; ++i) {
    Call(2 * i + 1);
    Pass(700ms);
    if (i >= kBusy) {
      ASSERT_FALSE(server_.connection.resting()) << i;
    }
  }
}

TEST_F(RestTest, AnOpenStreamKeepsItFromRestingAndCostsNoTimer) {
  for (StreamId i = 0; i < kBusy; ++i) Call(2 * i + 1);
  server_.Receive(Headers(101, GetBlock(), true));
  const Stream open = server_.events.back().event.stream;
  Pass(10s);
  EXPECT_FALSE(server_.connection.resting());
  EXPECT_EQ(server_.connection.NextTimeout(), std::nullopt);
  server_.connection.Release(open);
  Pass(2100ms);
  EXPECT_TRUE(server_.connection.resting());
}

TEST(RestingPairTest, CallsGoOnAfterARestWithTheTablesThatBothSidesHave) {
  Endpoint client(Role::kClient);
  Endpoint server(Role::kServer);
  Exchange(client, server);
  const std::vector<HeaderField> request = {{.name = ":method", .value = "GET"},
                                            {.name = ":scheme", .value = "http"},
                                            {.name = ":path", .value = "/weather"},
                                            {.name = ":authority", .value = "test"}};
  const HeaderTemplate prefix = client.connection.RegisterHeaders(request);
  const std::vector<HeaderField> extra = {{.name = "x-trace", .value = "constant"}};
  for (int i = 0; i < 12; ++i) {
    const Stream call = *client.connection.Open();
    client.connection.SendHeaders(call, prefix, extra, true);
    Exchange(client, server);
    const SeenEvent& seen = server.events.back();
    ASSERT_EQ(seen.headers.size(), 5u);
    EXPECT_EQ(seen.headers[2].second, "/weather");
    EXPECT_EQ(seen.headers[4].second, "constant");
    const Stream stream = seen.event.stream;
    server.connection.SendHeaders(stream, HeaderTemplate::kNone, std::span(&kOk, 1), true);
    server.connection.Release(stream);
    Exchange(client, server);
    client.connection.Release(call);
    if (i % 3 == 0) {
      for (int second = 0; second < 3; ++second) {
        client.Advance(1s);
        server.Advance(1s);
      }
      EXPECT_TRUE(client.connection.resting());
      EXPECT_TRUE(server.connection.resting());
    }
  }
}

// A client that does not say anything for long.
class KeepaliveTest : public ServerInTimeTest {
 protected:
  KeepaliveTest() : ServerInTimeTest(Limits()) {}

  // What was sent so far as PING and not as an answer to one.
  std::vector<std::string> Pings() const {
    std::vector<std::string> payloads;
    for (const SeenFrame& frame : frames_) {
      if (frame.header.type == FrameType::kPing && frame.header.flags == 0) payloads.push_back(frame.payload);
    }
    return payloads;
  }
  void Answer(const std::string& ping) { server_.Receive(Ping(ping, true)); }
};

TEST_F(KeepaliveTest, OneThatIsSilentIsAskedAfterTwoHours) {
  Pass(2h - 1ms);
  EXPECT_TRUE(Pings().empty());
  Pass(1ms);
  EXPECT_EQ(Pings().size(), 1u);
}

TEST_F(KeepaliveTest, OneThatDoesNotAnswerIsGone) {
  Pass(2h + 20s - 1ms);
  EXPECT_FALSE(server_.connection.failed());
  Pass(1ms);
  ASSERT_TRUE(server_.connection.failed());
  EXPECT_EQ(server_.connection.failure().code, ErrorCode::kNoError);
  EXPECT_EQ(server_.connection.failure().reason, "keepalive_timeout");
  EXPECT_EQ(server_.abuses.Now()[Abuse::kKeepaliveTimeout], 1u);
}

TEST_F(KeepaliveTest, OneThatAnswersIsAskedAgainTwoHoursLater) {
  for (std::size_t hours = 2; hours <= 10; hours += 2) {
    Pass(2h - 1ms);
    ASSERT_EQ(Pings().size(), hours / 2 - 1);
    Pass(1ms);
    ASSERT_EQ(Pings().size(), hours / 2);
    Answer(Pings().back());
  }
  EXPECT_FALSE(server_.connection.failed());
}

TEST_F(KeepaliveTest, OneThatSendsAnythingElseIsThereToo) {
  Pass(2h + 10s);
  ASSERT_EQ(Pings().size(), 1u);
  Call(1);
  Pass(2h - 1ms);
  EXPECT_EQ(Pings().size(), 1u);
  EXPECT_FALSE(server_.connection.failed());
  Pass(1ms);
  EXPECT_EQ(Pings().size(), 2u);
}

TEST_F(KeepaliveTest, OneThatIsHeardOfIsNotAsked) {
  for (StreamId i = 0; i < 8; ++i) {
    Call(2 * i + 1);
    Pass(1h);
  }
  EXPECT_TRUE(Pings().empty());
}

// gRFC A9: the time holds with and without streams.
TEST_F(KeepaliveTest, AnOpenStreamChangesNothing) {
  server_.Receive(Headers(1, GetBlock(), true));
  Pass(2h + 20s);
  EXPECT_TRUE(server_.connection.failed());
}

TEST(ClientKeepaliveTest, AClientAsksNobody) {
  Endpoint client(Role::kClient);
  client.Receive(Settings({}) + SettingsAck());
  client.TakeOutput();
  EXPECT_EQ(client.connection.NextTimeout(), std::nullopt);
}

}  // namespace
}  // namespace rhei::inline v0::http2
