// Two connections back to back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
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
  EXPECT_EQ(server_.connection.NextTimeout(), std::nullopt);
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

}  // namespace
}  // namespace rhei::inline v0::http2
