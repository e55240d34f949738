// Two connections back to back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>

#include "http2/testing/endpoint.h"

namespace rhei::inline v0::http2 {
namespace {

using ::testing::ElementsAre;
using testing::Endpoint;
using testing::Exchange;
using testing::SeenEvent;
using Kind = Event::Kind;

const std::vector<HeaderField> kRequest = {{.name = ":method", .value = "POST", .token = HeaderName::kMethod},
                                           {.name = ":scheme", .value = "http", .token = HeaderName::kScheme},
                                           {.name = ":path", .value = "/weather", .token = HeaderName::kPath},
                                           {.name = ":authority", .value = "test", .token = HeaderName::kAuthority}};
const std::vector<HeaderField> kResponse = {{.name = ":status", .value = "200", .token = HeaderName::kStatus}};
const std::vector<HeaderField> kTrailers = {{.name = "grpc-status", .value = "0", .token = HeaderName::kGrpcStatus}};

void Send(Connection& connection, Stream stream, std::string_view bytes, bool end_stream) {
  char* room = connection.ReserveData(stream, bytes.size(), end_stream);
  ASSERT_NE(room, nullptr);
  std::memcpy(room, bytes.data(), bytes.size());
}

class ConnectionPairTest : public ::testing::Test {
 protected:
  void SetUp() override { Exchange(client_, server_); }

  Stream Call(std::string_view body) {
    const Stream stream = *client_.connection.Open();
    client_.connection.SendHeaders(stream, HeaderTemplate::kNone, kRequest, false);
    Send(client_.connection, stream, body, true);
    return stream;
  }
  void Answer(Stream stream, std::string_view body) {
    server_.connection.SendHeaders(stream, HeaderTemplate::kNone, kResponse, false);
    Send(server_.connection, stream, body, false);
    server_.connection.SendHeaders(stream, HeaderTemplate::kNone, kTrailers, true);
  }

  Endpoint client_{Role::kClient};
  Endpoint server_{Role::kServer};
};

TEST_F(ConnectionPairTest, TheHandshakeCompletesOnBothSides) {
  EXPECT_TRUE(client_.connection.handshake_done());
  EXPECT_TRUE(server_.connection.handshake_done());
  EXPECT_EQ(client_.connection.peer_max_concurrent_streams(), Limits().max_concurrent_streams);
  EXPECT_EQ(client_.connection.NextTimeout(), std::nullopt);
  EXPECT_EQ(server_.connection.NextTimeout(), server_.now + Limits().keepalive_time);
}

TEST_F(ConnectionPairTest, AUnaryCallIsOneEventOnEachSide) {
  const Stream call = Call("question");
  server_.events.clear();
  client_.events.clear();
  server_.Receive(client_.TakeOutput());
  ASSERT_EQ(server_.events.size(), 1u);
  const SeenEvent request = server_.events[0];
  EXPECT_EQ(request.event.kind, Kind::kMessage);
  EXPECT_TRUE(request.event.has_headers);
  EXPECT_TRUE(request.event.end_stream);
  EXPECT_EQ(request.data, "question");
  EXPECT_EQ(request.event.charged, 8u);
  EXPECT_EQ(request.headers[2], (std::pair<std::string, std::string>(":path", "/weather")));

  Answer(request.event.stream, "answer");
  server_.connection.Release(request.event.stream);
  client_.Receive(server_.TakeOutput());
  ASSERT_EQ(client_.events.size(), 1u);
  const SeenEvent response = client_.events[0];
  EXPECT_EQ(response.event.stream, call);
  EXPECT_TRUE(response.event.has_headers);
  EXPECT_TRUE(response.event.has_trailers);
  EXPECT_TRUE(response.event.end_stream);
  EXPECT_EQ(response.data, "answer");
  EXPECT_EQ(response.trailers[0], (std::pair<std::string, std::string>("grpc-status", "0")));
  client_.connection.Release(call);
  EXPECT_EQ(client_.connection.open_streams(), 0u);
  EXPECT_EQ(server_.connection.open_streams(), 0u);
  EXPECT_FALSE(client_.connection.wants_to_write());
  EXPECT_FALSE(server_.connection.wants_to_write());
}

TEST_F(ConnectionPairTest, AMessageLargerThanAllWindowsArrivesWhole) {
  const std::string body(3'000'000, 'x');
  const Stream call = *client_.connection.Open();
  client_.connection.SendHeaders(call, HeaderTemplate::kNone, kRequest, false);
  client_.connection.SendData(call, body, true);
  EXPECT_EQ(client_.connection.queued(call), body.size());
  Exchange(client_, server_);
  EXPECT_EQ(client_.connection.queued(call), 0u);
  std::string received;
  for (const SeenEvent& seen : server_.TakeEvents()) received += seen.data;
  EXPECT_EQ(received, body);
  ASSERT_EQ(client_.TakeEvents().back().event.kind, Kind::kDrained);
}

// RFC 9113 §6.9.1: END_STREAM alone needs no window, not even when SETTINGS have just made the window negative.
TEST_F(ConnectionPairTest, ARequestMayEndInAWindowBelowZero) {
  Endpoint client(Role::kClient);
  Endpoint server(Role::kServer, {.stream_window = 500});
  server.on_event = [](Endpoint&, const SeenEvent&) {};  // consumes nothing
  const Stream call = *client.connection.Open();
  client.connection.SendHeaders(call, HeaderTemplate::kNone, kRequest, false);
  Send(client.connection, call, std::string(5000, 'x'), false);
  Exchange(client, server);
  Send(client.connection, call, "", true);
  Exchange(client, server);
  EXPECT_FALSE(server.connection.failed());
  EXPECT_TRUE(server.TakeEvents().back().event.end_stream);
}

// Nor does it wait behind those who do need one, however full the output is.
TEST_F(ConnectionPairTest, ARequestMayEndWhileOthersWaitForTheConnectionsWindow) {
  Endpoint client(Role::kClient, {.write_buffer = 10});
  Endpoint server(Role::kServer, {.stream_window = 1'000'000, .connection_window = 65'535});
  server.on_event = [](Endpoint&, const SeenEvent&) {};  // consumes nothing
  Exchange(client, server);
  const Stream large = *client.connection.Open();
  client.connection.SendHeaders(large, HeaderTemplate::kNone, kRequest, false);
  client.connection.SendData(large, std::string(100'000, 'x'), true);
  Exchange(client, server);
  ASSERT_NE(client.connection.queued(large), 0u);
  const Stream small = *client.connection.Open();
  client.connection.SendHeaders(small, HeaderTemplate::kNone, kRequest, false);
  client.connection.SendData(small, "", true);
  Exchange(client, server);
  EXPECT_EQ(server.events.back().event.stream.id, small.id);
  EXPECT_TRUE(server.events.back().event.end_stream);
}

TEST_F(ConnectionPairTest, TrailersWaitForTheDataQueuedBeforeThem) {
  const Stream call = Call("x");
  server_.Receive(client_.TakeOutput());
  const Stream stream = server_.TakeEvents()[0].event.stream;
  server_.connection.SendHeaders(stream, HeaderTemplate::kNone, kResponse, false);
  server_.connection.SendData(stream, std::string(100'000, 'y'), false);
  server_.connection.SendHeaders(stream, HeaderTemplate::kNone, kTrailers, true);
  server_.connection.SendData(stream, "too late", true);
  Exchange(client_, server_);
  const std::vector<SeenEvent> events = client_.TakeEvents();
  std::string received;
  for (const SeenEvent& seen : events) received += seen.data;
  EXPECT_EQ(received, std::string(100'000, 'y'));
  EXPECT_TRUE(events.back().event.has_trailers);
  EXPECT_TRUE(events.back().event.end_stream);
  EXPECT_EQ(server_.TakeEvents().back().event.kind, Kind::kDrained);
  client_.connection.Release(call);
}

// Lists that have a number, and what they said the first time.
class NumberedLists {
 public:
  // Whether the list says what the one of this number said before.
  bool Agrees(std::uint32_t number, const std::string& value) {
    if (number == 0) return true;
    const auto [known, is_new] = values_.try_emplace(number, value);
    repeated_ += is_new ? 0 : 1;
    return known->second == value;
  }
  int repeated() const { return repeated_; }

 private:
  std::map<std::uint32_t, std::string> values_;
  int repeated_ = 0;
};

TEST_F(ConnectionPairTest, RepeatedAndChangedHeadersAreToldApart) {
  NumberedLists heads;
  NumberedLists trailer_lists;
  std::vector<HeaderField> request = kRequest;
  for (int i = 0; i < 50; ++i) {
    const std::string path = i % 7 < 4 ? "/same" : "/other/" + std::to_string(i % 3);
    const std::string status = i % 5 < 3 ? "0" : std::to_string(i % 4);
    request[2].value = path;
    const Stream call = *client_.connection.Open();
    client_.connection.SendHeaders(call, HeaderTemplate::kNone, request, false);
    Send(client_.connection, call, "x", true);
    server_.Receive(client_.TakeOutput());
    const SeenEvent seen = server_.TakeEvents()[0];
    ASSERT_EQ(seen.headers[2].second, path);
    ASSERT_TRUE(heads.Agrees(seen.event.headers_number, path));
    server_.connection.SendHeaders(seen.event.stream, HeaderTemplate::kNone, kResponse, false);
    Send(server_.connection, seen.event.stream, "y", false);
    std::vector<HeaderField> trailers = kTrailers;
    trailers[0].value = status;
    server_.connection.SendHeaders(seen.event.stream, HeaderTemplate::kNone, trailers, true);
    server_.connection.Release(seen.event.stream);
    client_.Receive(server_.TakeOutput());
    const SeenEvent answer = client_.TakeEvents()[0];
    ASSERT_EQ(answer.headers.size(), 1u);
    ASSERT_EQ(answer.trailers.size(), 1u);
    ASSERT_EQ(answer.headers[0].second, "200");
    ASSERT_EQ(answer.trailers[0].second, status);
    ASSERT_TRUE(trailer_lists.Agrees(answer.event.trailers_number, status));
    client_.connection.Release(call);
  }
  EXPECT_GT(heads.repeated(), 10);
  EXPECT_GT(trailer_lists.repeated(), 10);
}

TEST_F(ConnectionPairTest, ADrainEndsWithTheStreamsThatAreOpen) {
  const Stream first = Call("x");
  server_.connection.Drain("max_age");
  EXPECT_TRUE(server_.connection.draining());
  const Stream second = Call("sent before the GOAWAY arrived");
  Exchange(client_, server_);
  EXPECT_FALSE(client_.connection.can_open());
  EXPECT_EQ(client_.connection.Open(), std::nullopt);
  std::vector<StreamId> last_streams;
  for (const SeenEvent& seen : client_.TakeEvents()) {
    if (seen.event.kind == Kind::kGoAway) last_streams.push_back(seen.event.last_stream);
  }
  EXPECT_THAT(last_streams, ElementsAre(kMaxStreamId, second.id));
  for (const SeenEvent& seen : server_.TakeEvents()) Answer(seen.event.stream, "y");
  Exchange(client_, server_);
  for (const SeenEvent& seen : client_.TakeEvents()) EXPECT_TRUE(seen.event.end_stream);
  client_.connection.Release(first);
  client_.connection.Release(second);
}

TEST_F(ConnectionPairTest, ADrainWhosePingIsNotAnsweredGoesOnAfterASecond) {
  Call("x");
  server_.Receive(client_.TakeOutput());
  server_.connection.Drain("");
  server_.TakeOutput();
  server_.Advance(std::chrono::milliseconds(999));
  EXPECT_TRUE(server_.TakeOutput().empty());
  server_.Advance(std::chrono::milliseconds(1));
  const auto frames = server_.TakeFrames();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].last_stream(), 1u);
}

TEST_F(ConnectionPairTest, StreamsThatAGoAwayExcludesAreMarkedUnprocessed) {
  const Stream first = Call("x");
  const Stream second = Call("x");
  client_.TakeOutput();
  client_.Receive(testing::GoAway(first.id, ErrorCode::kNoError, "bye"));
  const std::vector<SeenEvent> events = client_.TakeEvents();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].event.kind, Kind::kGoAway);
  EXPECT_EQ(events[0].data, "bye");
  EXPECT_EQ(events[1].event.kind, Kind::kReset);
  EXPECT_EQ(events[1].event.stream, second);
  EXPECT_TRUE(events[1].event.unprocessed);
  client_.connection.Release(second);
  EXPECT_TRUE(client_.TakeOutput().empty());
  client_.Receive(testing::Headers(first.id, testing::OkBlock(), true));
  EXPECT_EQ(client_.TakeEvents()[0].event.stream, first);
}

TEST_F(ConnectionPairTest, ARefusedStreamIsMarkedUnprocessed) {
  const Stream call = Call("x");
  client_.TakeOutput();
  client_.Receive(testing::RstStream(call.id, ErrorCode::kRefusedStream));
  EXPECT_TRUE(client_.TakeEvents()[0].event.unprocessed);
}

TEST_F(ConnectionPairTest, TheStreamLimitOfTheServerHolds) {
  client_.Receive(testing::Settings({{SettingId::kMaxConcurrentStreams, 2}}));
  const Stream first = Call("x");
  Call("x");
  EXPECT_FALSE(client_.connection.can_open());
  client_.connection.Reset(first, ErrorCode::kCancel);
  EXPECT_TRUE(client_.connection.can_open());
}

TEST_F(ConnectionPairTest, StreamIdsEnd) {
  EXPECT_GT(client_.connection.ids_left(), kMaxStreamId - 10);
  client_.connection.SkipStreamIdsForTest(kMaxStreamId - 2);
  EXPECT_LT(client_.connection.ids_left(), 10U);
  EXPECT_EQ(Call("x").id, kMaxStreamId - 2);
  EXPECT_EQ(Call("x").id, kMaxStreamId);
  EXPECT_FALSE(client_.connection.can_open());
  Exchange(client_, server_);
  EXPECT_FALSE(server_.connection.failed());
  EXPECT_EQ(server_.TakeEvents().size(), 2u);
}

TEST_F(ConnectionPairTest, AReleasedStreamIsCancelled) {
  const Stream call = *client_.connection.Open();
  client_.connection.SendHeaders(call, HeaderTemplate::kNone, kRequest, false);
  client_.connection.SendData(call, std::string(1'000'000, 'x'), true);
  server_.Receive(client_.TakeOutput());
  client_.connection.Release(call);
  server_.TakeEvents();
  server_.Receive(client_.TakeOutput());
  const std::vector<SeenEvent> events = server_.TakeEvents();
  EXPECT_EQ(events.back().event.kind, Kind::kReset);
  EXPECT_EQ(events.back().event.error, ErrorCode::kCancel);
  EXPECT_EQ(events.back().event.initiator, Initiator::kRemote);
}

TEST_F(ConnectionPairTest, NoEventFollowsAResetOfAStreamThatHadEnded) {
  const Stream call = *client_.connection.Open();
  client_.connection.SendHeaders(call, HeaderTemplate::kNone, kRequest, false);
  server_.Receive(client_.TakeOutput());
  Answer(server_.TakeEvents()[0].event.stream, "answered before it was asked");
  client_.Receive(server_.TakeOutput());
  client_.TakeEvents();
  client_.connection.SendData(call, "question", true);
  client_.TakeOutput();
  client_.connection.Reset(call, ErrorCode::kCancel);
  client_.Receive({});
  EXPECT_TRUE(client_.TakeEvents().empty());
}

TEST_F(ConnectionPairTest, AnOpenedStreamThatWasNeverUsedLeavesNoTrace) {
  client_.connection.Release(*client_.connection.Open());
  EXPECT_TRUE(client_.TakeOutput().empty());
  Call("x");
  Exchange(client_, server_);
  EXPECT_FALSE(server_.connection.failed());
  EXPECT_EQ(server_.TakeEvents()[0].event.stream.id, 3u);
}

TEST_F(ConnectionPairTest, PingsComeBack) {
  client_.connection.Ping(42);
  server_.connection.Ping(43);
  Exchange(client_, server_);
  EXPECT_EQ(client_.TakeEvents()[0].event.opaque, 42u);
  EXPECT_EQ(server_.TakeEvents()[0].event.opaque, 43u);
}

TEST_F(ConnectionPairTest, FailSendsAGoAwayAndTellsTheOwner) {
  server_.connection.Fail(ErrorCode::kInternalError, "out of order");
  server_.Receive({});
  EXPECT_EQ(server_.TakeEvents()[0].event.kind, Kind::kFailed);
  EXPECT_EQ(server_.connection.failure().initiator, Initiator::kUser);
  client_.Receive(server_.TakeOutput());
  const SeenEvent goaway = client_.TakeEvents()[0];
  EXPECT_EQ(goaway.event.error, ErrorCode::kInternalError);
  EXPECT_EQ(goaway.data, "out of order");
}

// Random calls over random windows, cut at random places: what arrives is what was sent, in order; no stream hears of
// anything after its end; both sides come to rest with nothing left over.
class RandomPairTest : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  struct Call {
    Stream stream;
    std::string sent;
    std::string received;
    bool ended = false;
    bool reset = false;
  };

  std::size_t Random(std::size_t bound) { return random_() % bound; }

  void Start() {
    const auto stream = client_.connection.Open();
    if (!stream) return;
    client_.connection.SendHeaders(*stream, HeaderTemplate::kNone, kRequest, false);
    calls_[stream->id].stream = *stream;
  }
  void Write(Call& call) {
    if (call.ended || call.reset) return;
    call.ended = Random(3) == 0;
    const std::string bytes(Random(4) == 0 ? Random(100'000) : Random(100), static_cast<char>('a' + Random(26)));
    call.sent += bytes;
    if (char* room = client_.connection.ReserveData(call.stream, bytes.size(), call.ended)) {
      std::memcpy(room, bytes.data(), bytes.size());
    } else {
      client_.connection.SendData(call.stream, bytes, call.ended);
    }
  }
  void Cancel(Call& call) {
    if (call.reset) return;
    call.reset = true;
    client_.connection.Reset(call.stream, ErrorCode::kCancel);
  }
  // The server echoes everything, ends with the request, and releases what is drained.
  void Serve(const SeenEvent& seen) {
    Connection& connection = server_.connection;
    const Stream stream = seen.event.stream;
    if (seen.event.kind == Kind::kReset) return connection.Release(stream);
    if (seen.event.kind != Kind::kMessage) return;
    if (seen.event.has_headers) connection.SendHeaders(stream, HeaderTemplate::kNone, kResponse, false);
    connection.SendData(stream, seen.data, false);
    connection.Consume(stream, seen.event.charged);
    if (!seen.event.end_stream) return;
    connection.SendHeaders(stream, HeaderTemplate::kNone, kTrailers, true);
    if (connection.queued(stream) == 0)
      connection.Release(stream);
    else
      waiting_.push_back(stream);
  }
  void Hear(const SeenEvent& seen) {
    if (seen.event.stream.id == 0) return;
    Call& call = calls_.at(seen.event.stream.id);
    ASSERT_FALSE(call.reset);
    call.received += seen.data;
    client_.connection.Consume(seen.event.stream, seen.event.charged);
    if (seen.event.kind == Kind::kMessage && seen.event.end_stream) finished_.push_back(seen.event.stream);
  }

  Endpoint client_{Role::kClient};
  Endpoint server_{Role::kServer};
  std::map<StreamId, Call> calls_;
  std::vector<Stream> waiting_;
  std::vector<Stream> finished_;
  std::mt19937 random_{GetParam()};
};

TEST_P(RandomPairTest, DeliversEverythingInOrder) {
  server_.on_event = [this](Endpoint&, const SeenEvent& seen) { Serve(seen); };
  client_.on_event = [this](Endpoint&, const SeenEvent& seen) { Hear(seen); };
  const auto cut = [this](std::size_t size) { return Random(4) == 0 ? size : 1 + Random(size); };
  for (int step = 0; step < 300; ++step) {
    switch (Random(8)) {
      case 0:
      case 1: Start(); break;
      case 2:
        if (!calls_.empty() && Random(4) == 0) Cancel(std::next(calls_.begin(), Random(calls_.size()))->second);
        break;
      // Not above what the server allows, of which one frame may take all.
      case 3:
        client_.Receive(
            testing::Settings({{SettingId::kInitialWindowSize, static_cast<std::uint32_t>(Random(65'536))}}));
        break;
      case 4: Exchange(client_, server_, cut); break;
      default:
        if (!calls_.empty()) Write(std::next(calls_.begin(), Random(calls_.size()))->second);
    }
    ASSERT_FALSE(client_.connection.failed()) << client_.connection.failure().reason;
    ASSERT_FALSE(server_.connection.failed()) << server_.connection.failure().reason;
    client_.now = server_.now = server_.now + std::chrono::milliseconds(20);
  }
  for (auto& [id, call] : calls_) {
    if (!call.ended && !call.reset) client_.connection.SendData(call.stream, "", true);
    call.ended = true;
  }
  // Settings that the peer never sent leave windows that it does not know of: open them for good.
  client_.Receive(testing::Settings({{SettingId::kInitialWindowSize, 65'535}}));
  for (int i = 0; i < 20; ++i) {
    Exchange(client_, server_, cut);
    client_.Advance(std::chrono::milliseconds(100));
    server_.Advance(std::chrono::milliseconds(100));
  }
  for (const auto& [id, call] : calls_) {
    if (call.reset) {
      EXPECT_EQ(call.sent.substr(0, call.received.size()), call.received);
    } else {
      EXPECT_EQ(call.sent, call.received) << id;
    }
  }
  for (const auto& [id, call] : calls_) client_.connection.Release(call.stream);
  Exchange(client_, server_, cut);
  for (const Stream stream : waiting_) server_.connection.Release(stream);
  EXPECT_EQ(client_.connection.open_streams(), 0u);
  EXPECT_EQ(server_.connection.open_streams(), 0u);
  EXPECT_FALSE(client_.connection.wants_to_write());
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomPairTest, ::testing::Range(1u, 41u));

}  // namespace
}  // namespace rhei::inline v0::http2
