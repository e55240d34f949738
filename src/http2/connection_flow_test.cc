// Flow control as the owner of a connection sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "http2/testing/endpoint.h"

namespace rhei::inline v0::http2 {
namespace {

using testing::Endpoint;
using testing::Exchange;
using testing::SeenEvent;
using testing::SeenFrame;

const std::vector<HeaderField> kRequest = {{.name = ":method", .value = "POST", .token = HeaderName::kMethod},
                                           {.name = ":scheme", .value = "http", .token = HeaderName::kScheme},
                                           {.name = ":path", .value = "/weather", .token = HeaderName::kPath},
                                           {.name = ":authority", .value = "test", .token = HeaderName::kAuthority}};

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
  EXPECT_TRUE(server_.TakeFrames().empty()) << "not half of the connection's window";
  server_.connection.ConsumeOnConnection(1024 * 1024 / 2 - 65'535);
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

}  // namespace
}  // namespace rhei::inline v0::http2
