// Flow control as the owner of a connection sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "http2/frame/window_update.h"
#include "http2/testing/endpoint.h"

namespace rhei::inline v0::http2 {
namespace {

using testing::Endpoint;
using testing::Exchange;
using testing::ParseFrames;
using testing::SeenEvent;
using testing::SeenFrame;
using namespace std::chrono_literals;

const std::vector<HeaderField> kRequest = {{.name = ":method", .value = "POST", .token = HeaderName::kMethod},
                                           {.name = ":scheme", .value = "http", .token = HeaderName::kScheme},
                                           {.name = ":path", .value = "/weather", .token = HeaderName::kPath},
                                           {.name = ":authority", .value = "test", .token = HeaderName::kAuthority}};
const std::vector<HeaderField> kResponse = {{.name = ":status", .value = "200", .token = HeaderName::kStatus}};

class ConnectionFlowTest : public ::testing::Test {
 protected:
  void SetUp() override { Exchange(client_, server_); }

  // A stream whose request's headers have been sent.
  Stream Open() {
    const Stream stream = *client_.connection.Open();
    client_.connection.SendHeaders(stream, HeaderTemplate::kNone, kRequest, false);
    return stream;
  }
  // Sends as much as the windows allow, without that the server gives anything back. Returns what arrived.
  std::size_t SendWithoutCredit(Stream stream, std::size_t bytes) {
    server_.on_event = [](Endpoint&, const SeenEvent&) {};
    client_.connection.SendData(stream, std::string(bytes, 'x'), false);
    Exchange(client_, server_);
    std::size_t received = 0;
    for (const SeenEvent& seen : server_.TakeEvents()) received += seen.data.size();
    return received;
  }

  Endpoint client_{Role::kClient};
  Endpoint server_{Role::kServer};
};

TEST_F(ConnectionFlowTest, TheConnectionsShareIsGivenBackApartFromTheStreams) {
  const Stream stream = Open();
  ASSERT_EQ(SendWithoutCredit(stream, 200'000), 65'535u);
  server_.connection.ConsumeOnConnection(65'535);
  EXPECT_TRUE(server_.TakeFrames().empty()) << "not a quarter of the connection's window";
  server_.connection.ConsumeOnConnection(1024 * 1024 / 4 - 65'535);
  std::vector<SeenFrame> frames = server_.TakeFrames();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].header.type, FrameType::kWindowUpdate);
  EXPECT_EQ(frames[0].header.stream, 0u);
  server_.connection.ConsumeOnStream(stream, 65'535);
  frames = server_.TakeFrames();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].header.type, FrameType::kWindowUpdate);
  EXPECT_EQ(frames[0].header.stream, stream.id);
}

TEST_F(ConnectionFlowTest, StreamsThatNobodyReadsDoNotBlockTheOthers) {
  // More than the connection's window, all of it held by the server.
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(SendWithoutCredit(Open(), 100'000), 65'535u) << i;
    server_.connection.ConsumeOnConnection(65'535);
  }
  EXPECT_EQ(SendWithoutCredit(Open(), 100), 100u);
}

TEST_F(ConnectionFlowTest, CreditOfAStreamThatIsGoneIsNothing) {
  const Stream stream = Open();
  SendWithoutCredit(stream, 65'535);
  server_.connection.Release(stream);
  server_.TakeFrames();
  server_.connection.ConsumeOnStream(stream, 65'535);
  EXPECT_TRUE(server_.TakeFrames().empty());
}

TEST_F(ConnectionFlowTest, SendableIsTheSmallerOfBothWindows) {
  const Stream fresh = *client_.connection.Open();
  EXPECT_EQ(client_.connection.sendable(fresh), 65'535u) << "before its headers, which may always leave";
  client_.connection.SendHeaders(fresh, HeaderTemplate::kNone, kRequest, false);
  EXPECT_EQ(client_.connection.sendable(fresh), 65'535u);
  char* room = client_.connection.ReserveData(fresh, 1'000, false);
  ASSERT_NE(room, nullptr);
  std::memset(room, 'x', 1'000);
  EXPECT_EQ(client_.connection.sendable(fresh), 64'535u);
  // Sixteen streams use up all of the connection's window but 15 bytes.
  for (int i = 0; i < 15; ++i) SendWithoutCredit(Open(), 65'535);
  SendWithoutCredit(fresh, 64'535);
  EXPECT_EQ(client_.connection.sendable(Open()), 1024u * 1024 - 16 * 65'535);
}

TEST_F(ConnectionFlowTest, NothingIsSendableWhereSomethingIsQueuedOrOver) {
  const Stream stream = Open();
  client_.connection.SendData(stream, "x", false);
  EXPECT_EQ(client_.connection.sendable(stream), 0u);
  client_.TakeOutput();
  EXPECT_EQ(client_.connection.sendable(stream), 65'534u);
  client_.connection.SendData(stream, "", true);
  EXPECT_EQ(client_.connection.sendable(stream), 0u);
  const Stream other = Open();
  client_.connection.Fail(ErrorCode::kNoError, "");
  EXPECT_EQ(client_.connection.sendable(other), 0u);
}

TEST_F(ConnectionFlowTest, SendableEndsWhereTheWriteBufferIsFull) {
  Limits limits;
  limits.write_buffer = 10'000;
  Endpoint client(Role::kClient, limits);
  Endpoint server(Role::kServer);
  Exchange(client, server);
  const Stream stream = *client.connection.Open();
  client.connection.SendHeaders(stream, HeaderTemplate::kNone, kRequest, false);
  const std::size_t sendable = client.connection.sendable(stream);
  EXPECT_EQ(sendable, 10'000 - client.connection.output_size());
  ASSERT_NE(client.connection.ReserveData(stream, sendable, false), nullptr);
  EXPECT_EQ(client.connection.sendable(stream), 0u);
}

TEST_F(ConnectionFlowTest, WhoWaitsForTheConnectionsWindowComesFirst) {
  for (int i = 0; i < 16; ++i) SendWithoutCredit(Open(), 65'535);
  const Stream large = Open();
  SendWithoutCredit(large, 10'000);
  const Stream small = Open();
  // 16 bytes of window are left, which are not worth a frame of the large one's.
  EXPECT_EQ(client_.connection.sendable(small), 0u);
  EXPECT_EQ(client_.connection.ReserveData(small, 10, false), nullptr);
  client_.connection.Reset(large, ErrorCode::kCancel);
  EXPECT_EQ(client_.connection.sendable(small), 16u);
  EXPECT_NE(client_.connection.ReserveData(small, 10, false), nullptr);
}

// A line without end of bandwidth, but with 100 ms between the two.
class WindowGrowthTest : public ::testing::Test {
 protected:
  static constexpr Duration kRoundTrip = 100ms;

  explicit WindowGrowthTest(const Limits& limits = {})
      : client_(Role::kClient, limits), server_(Role::kServer, limits) {
    Exchange(client_, server_);
  }

  void RoundTrip() {
    Pass(kRoundTrip / 2);
    server_.Receive(Count(client_.TakeOutput()));
    Pass(kRoundTrip / 2);
    client_.Receive(Count(server_.TakeOutput()));
    for (const SeenEvent& seen : client_.TakeEvents()) received_ += seen.data.size();
    for (const SeenEvent& seen : server_.TakeEvents()) {
      received_ += seen.data.size();
      if (seen.event.stream.id != 0 && seen.event.has_headers) last_ = seen.event.stream;
    }
    ASSERT_FALSE(client_.connection.failed()) << client_.connection.failure().reason;
    ASSERT_FALSE(server_.connection.failed()) << server_.connection.failure().reason;
  }
  void Pass(Duration duration) {
    client_.Advance(duration);
    server_.Advance(duration);
  }
  std::string Count(std::string output) {
    for (const SeenFrame& frame : ParseFrames(output)) {
      if (frame.header.type == FrameType::kPing && !frame.header.Has(kFlagAck)) ++pings_;
    }
    return output;
  }
  // The server answers a call with so many bytes. Returns how many round trips it took.
  int Download(std::size_t bytes) {
    call_ = *client_.connection.Open();
    client_.connection.SendHeaders(call_, HeaderTemplate::kNone, kRequest, false);
    RoundTrip();
    server_.connection.SendHeaders(last_, HeaderTemplate::kNone, kResponse, false);
    server_.connection.SendData(last_, std::string(bytes, 'x'), false);
    return Trips(bytes);
  }
  int Upload(std::size_t bytes) {
    call_ = *client_.connection.Open();
    client_.connection.SendHeaders(call_, HeaderTemplate::kNone, kRequest, false);
    client_.connection.SendData(call_, std::string(bytes, 'x'), false);
    return Trips(bytes);
  }
  int Trips(std::size_t bytes) {
    received_ = 0;
    int trips = 0;
    for (; received_ < bytes && trips < 1'000; ++trips) RoundTrip();
    return trips;
  }

  Endpoint client_;
  Endpoint server_;
  Stream call_;  // the client's last one
  Stream last_;  // the server's
  std::size_t received_ = 0;
  int pings_ = 0;
};

class FixedWindowTest : public WindowGrowthTest {
 protected:
  FixedWindowTest() : WindowGrowthTest(Fixed()) {}
  static Limits Fixed() {
    Limits limits;
    limits.max_stream_window = limits.stream_window;
    limits.max_connection_window = limits.connection_window;
    return limits;
  }
};

// As is true for all of these, the server's policy for pings is the strict one of gRFC A8.
TEST_F(WindowGrowthTest, ALargeDownloadSoonFillsTheLine) {
  const int trips = Download(40'000'000);
  EXPECT_LT(trips, 25) << "at 64 KiB each it would be 610";
  EXPECT_EQ(client_.connection.stream_window(call_), 8 * 1024 * 1024);
  EXPECT_GE(client_.connection.connection_window(), 8 * 1024 * 1024);
  EXPECT_LE(client_.connection.connection_window(), 16 * 1024 * 1024);
  EXPECT_EQ(server_.connection.stream_window(last_), 65'535);
  EXPECT_GT(pings_, 3);
  EXPECT_LE(pings_, trips);
}

TEST_F(WindowGrowthTest, ALargeUploadSoonFillsTheLine) {
  EXPECT_LT(Upload(40'000'000), 25);
  EXPECT_EQ(server_.connection.stream_window(last_), 8 * 1024 * 1024);
}

TEST_F(WindowGrowthTest, LaterStreamsAreGivenAllWithTheirFirstCredit) {
  Download(40'000'000);
  server_.connection.Release(last_);
  client_.connection.Release(call_);
  EXPECT_LE(Download(8'000'000), 3);
}

TEST_F(WindowGrowthTest, StreamsThatAreReadShareAlike) {
  Download(40'000'000);
  std::vector<Stream> calls = {call_};
  server_.connection.SendData(last_, std::string(60'000'000, 'x'), false);
  for (int i = 0; i < 3; ++i) {
    Download(60'000'000);
    calls.push_back(call_);
    std::int64_t sum = 0;
    for (const Stream call : calls) sum += client_.connection.stream_window(call) - 65'535;
    EXPECT_LE(sum, 8 * 1024 * 1024);
  }
  // The first one began with all of it, and has given of that to each of the others.
  EXPECT_LT(client_.connection.stream_window(calls[0]), 8 * 1024 * 1024 / 2);
  EXPECT_GT(client_.connection.stream_window(calls[3]), 8 * 1024 * 1024 / 8);
}

TEST_F(WindowGrowthTest, StreamsThatNobodyReadsKeepTheInitialWindow) {
  Download(40'000'000);
  client_.on_event = [this](Endpoint&, const SeenEvent& seen) {
    client_.connection.ConsumeOnConnection(seen.event.charged);
  };
  std::size_t before = 0;
  for (int i = 0; i < 20; ++i) {
    client_.connection.SendHeaders(*client_.connection.Open(), HeaderTemplate::kNone, kRequest, false);
    RoundTrip();
    server_.connection.SendHeaders(last_, HeaderTemplate::kNone, kResponse, false);
    server_.connection.SendData(last_, std::string(1'000'000, 'x'), false);
    received_ = 0;
    for (int trip = 0; trip < 3; ++trip) RoundTrip();
    before += received_;
  }
  EXPECT_EQ(before, 20u * 65'535);
}

TEST_F(FixedWindowTest, EqualLimitsTurnGrowthOff) {
  EXPECT_GT(Download(2'000'000), 28);
  EXPECT_EQ(client_.connection.stream_window(call_), 65'535);
  EXPECT_EQ(client_.connection.connection_window(), 1024 * 1024);
  EXPECT_EQ(pings_, 0);
}

TEST_F(WindowGrowthTest, AStreamThatNeverFillsItsWindowIsLeftAlone) {
  const Stream call = *client_.connection.Open();
  client_.connection.SendHeaders(call, HeaderTemplate::kNone, kRequest, false);
  for (int i = 0; i < 200; ++i) {
    client_.connection.SendData(call, std::string(2'000, 'x'), false);
    RoundTrip();
  }
  EXPECT_EQ(server_.connection.stream_window(last_), 65'535);
  EXPECT_GT(pings_, 0);
  EXPECT_LE(pings_, 200 * 2'000 / 16'000);
}

TEST_F(WindowGrowthTest, SmallCallsSeeNoPing) {
  for (int i = 0; i < 500; ++i) {
    const Stream call = *client_.connection.Open();
    client_.connection.SendHeaders(call, HeaderTemplate::kNone, kRequest, false);
    client_.connection.SendData(call, std::string(20'000, 'x'), true);
    RoundTrip();
    server_.connection.SendHeaders(last_, HeaderTemplate::kNone, kResponse, false);
    server_.connection.SendData(last_, std::string(20'000, 'x'), true);
    RoundTrip();
    server_.connection.Release(last_);
    client_.connection.Release(call);
  }
  EXPECT_EQ(received_, 500u * 40'000);
  EXPECT_EQ(pings_, 0);
}

// A client, and a server made of raw frames.
class LargerWindowTest : public ::testing::Test {
 protected:
  void SetUp() override {
    client_.TakeOutput();
    client_.Receive(testing::Settings() + testing::SettingsAck());
    call_ = *client_.connection.Open();
    client_.connection.SendHeaders(call_, HeaderTemplate::kNone, kRequest, false);
    client_.Receive(testing::Headers(1, testing::OkBlock()));
    client_.TakeFrames();
  }
  void Send(std::size_t bytes) {
    for (; bytes != 0; bytes -= std::min<std::size_t>(bytes, 16'384)) {
      client_.Receive(testing::Data(1, std::string(std::min<std::size_t>(bytes, 16'384), 'x')));
    }
  }
  // A round trip in which the server sends so much. Adds up the credit that it is given.
  void RoundTrip(std::size_t bytes) {
    Send(bytes);
    client_.now += 100ms;
    for (int round = 0; round < 2; ++round) {
      for (const SeenFrame& frame : client_.TakeFrames()) {
        EXPECT_NE(frame.header.type, FrameType::kSettings);
        if (frame.header.type == FrameType::kPing) client_.Receive(testing::Ping(frame.payload, true));
        WindowUpdateFrame update;
        if (frame.header.type != FrameType::kWindowUpdate || frame.header.stream != 1) continue;
        EXPECT_TRUE(Parse(frame.header, frame.payload, update).ok());
        credit_ += update.increment;
      }
    }
    credit_ -= bytes;
  }

  Endpoint client_{Role::kClient};
  Stream call_;
  std::size_t credit_ = 65'535;  // what the server may send on the stream
};

TEST_F(LargerWindowTest, DataBeyondItIsAnError) {
  for (int i = 0; i < 4; ++i) RoundTrip(65'535);
  EXPECT_EQ(client_.connection.stream_window(call_), 131'070);
  EXPECT_GT(credit_, 65'535u);
  client_.on_event = [](Endpoint&, const SeenEvent&) {};
  Send(credit_);
  EXPECT_FALSE(client_.connection.failed());
  Send(1);
  ASSERT_TRUE(client_.connection.failed());
  EXPECT_EQ(client_.connection.failure().reason, "DATA beyond the stream's window");
}

TEST_F(LargerWindowTest, WhatAServerThatAnswersNoPingIsGivenStaysTheSame) {
  for (int i = 0; i < 100; ++i) {
    Send(65'535);
    client_.TakeFrames();
    client_.now += 100ms;
  }
  EXPECT_EQ(client_.connection.stream_window(call_), 65'535);
  EXPECT_FALSE(client_.connection.failed());
}

TEST_F(LargerWindowTest, AnOwnersPingOfTheSameNumberIsAnswered) {
  client_.Receive(testing::Ping("rhei bdp", true));
  EXPECT_EQ(client_.TakeEvents().back().event.kind, Event::Kind::kPong);
}

class WindowPoolTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kMost = 1'000;
  // A stream is given so much credit; what it is told of.
  std::int64_t Give(std::int64_t& extra, std::int64_t credit) {
    const std::int64_t change = pool_.Adapt(extra, kMost, credit);
    extra += change;
    return credit + change;
  }
  WindowPool pool_;
};

TEST_F(WindowPoolTest, AStreamAloneHasAll) {
  std::int64_t extra = 0;
  pool_.Join();
  EXPECT_EQ(Give(extra, 10), 1'010);
  EXPECT_EQ(Give(extra, 10), 10);
  pool_.Leave(extra);
  EXPECT_EQ(pool_.used(), 0);
}

TEST_F(WindowPoolTest, TheFirstGivesToTheSecondWhenItIsNextGivenCredit) {
  std::int64_t first = 0, second = 0;
  pool_.Join();
  Give(first, 10);
  pool_.Join();
  EXPECT_EQ(Give(second, 10), 10) << "there is nothing left";
  EXPECT_EQ(Give(first, 400), 0) << "no more than its credit is taken from it";
  EXPECT_EQ(Give(second, 10), 410);
  EXPECT_EQ(Give(first, 400), 300);
  EXPECT_EQ(Give(second, 10), 110);
  EXPECT_EQ(first, 500);
  EXPECT_EQ(second, 500);
}

TEST_F(WindowPoolTest, NeverGivesOutMoreThanThereIs) {
  std::mt19937 random(6);
  std::vector<std::int64_t> extras;
  for (int i = 0; i < 10'000; ++i) {
    if (extras.size() < 20 && random() % 20 == 0) {
      pool_.Join();
      extras.push_back(0);
    } else if (!extras.empty() && random() % 25 == 0) {
      pool_.Leave(extras.back());
      extras.pop_back();
    } else if (!extras.empty()) {
      std::int64_t& extra = extras[random() % extras.size()];
      ASSERT_GE(Give(extra, static_cast<std::int64_t>(random() % 200)), 0);
      ASSERT_GE(extra, 0);
    }
    std::int64_t sum = 0;
    for (const std::int64_t extra : extras) sum += extra;
    ASSERT_EQ(sum, pool_.used());
    ASSERT_LE(sum, kMost);
  }
}

}  // namespace
}  // namespace rhei::inline v0::http2
