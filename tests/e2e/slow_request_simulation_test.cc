// Requests that hardly come: they end in time, by their rate and not by their size, and nobody else is harmed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rhei/abuse.h"
#include "testing/scripted_peer.h"
#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using namespace http2::testing;  // NOLINT(google-build-using-namespace): frames, in a test of frames
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

const Fields kRequest = {{":method", "POST"},    {":scheme", "http"}, {":path", "/test.Test/Method"},
                         {":authority", "test"}, {"te", "trailers"},  {"content-type", "application/grpc"}};

// Replies with the number of requests once they have ended. What cut a call short is kept.
class Counting final : public GenericStreamingService {
 public:
  std::optional<Error> cause;

 private:
  Task<Status> Call(ServerContext& context, Reader<std::string>& reader, Writer<std::string>& writer) override {
    int count = 0;
    while (const std::optional<std::string> request = co_await reader.Next()) ++count;
    if (context.IsCancelled()) cause = context.CancellationCause();
    const std::string reply = std::to_string(count);
    (void)co_await writer.Write(reply);
    co_return Status();
  }
};

class SlowRequestTest : public ::testing::Test {
 protected:
  ~SlowRequestTest() override {
    peer_.reset();
    server_.reset();
    world_.RunFor(3s);
  }

  void Serve(bool streams, const Limits& limits = {}) {
    limits_ = limits;
    server_ = std::make_unique<Server>(ServerOptions().UseRuntime(runtime_).UseLimits(limits_));
    if (streams) {
      server_->AddGeneric(counting_);
    } else {
      server_->AddGeneric(echo_);
    }
    ASSERT_TRUE(server_->Listen(kServerAddress).Start().ok());
    std::unique_ptr<runtime::ByteStream> stream;
    const auto operation = world_.runtime()->loop(0).Connect(
        *runtime::Address::Parse(kServerAddress),
        [&](Result<std::unique_ptr<runtime::ByteStream>> connected) { stream = *std::move(connected); });
    ASSERT_TRUE(world_.RunUntil([&] { return stream != nullptr; }));
    peer_ = std::make_unique<ScriptedPeer>(std::move(stream));
    peer_->Send(ClientHello() + SettingsAck());
  }

  // Sends so many bytes of a message each second.
  void Trickle(std::uint32_t id, int seconds, std::size_t bytes_per_second) {
    for (int second = 0; second < seconds; ++second) {
      peer_->Send(Data(id, std::string(bytes_per_second, 'x'), false));
      world_.RunFor(1s);
    }
  }
  static std::string Begun() { return GrpcMessage(std::string(100'000, 'x')).substr(0, 5); }

  void ExpectTooSlow(std::uint32_t id) {
    const std::vector<Fields> blocks = peer_->headers(id);
    ASSERT_FALSE(blocks.empty());
    EXPECT_THAT(blocks.back(), Contains(Pair("grpc-status", "1")));
    EXPECT_THAT(blocks.back(), Contains(Pair("grpc-message", HasSubstr("the request arrives too slowly"))));
    EXPECT_TRUE(peer_->ended(id));
    EXPECT_EQ(server_->Abuses()[Abuse::kSlowRequest], 1U);
    EXPECT_EQ(server_->Abuses().total(), 1U);
  }
  void ExpectStillWaitsFor(std::uint32_t id) {
    EXPECT_FALSE(peer_->ended(id));
    EXPECT_EQ(server_->Abuses().total(), 0U);
  }

  SimulatedWorld world_{1};
  std::shared_ptr<Runtime> runtime_ = world_.AddRuntime(1, std::make_shared<KeepingLogger>());
  FunctionService echo_{Echo};
  Counting counting_;
  Limits limits_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<ScriptedPeer> peer_;
};

TEST_F(SlowRequestTest, AMessageThatComesByteByByteIsEndedWithAReason) {
  Serve(false);
  peer_->Send(Headers(1, Block(kRequest)) + Data(1, Begun()));
  Trickle(1, 59, 1);
  ExpectStillWaitsFor(1);
  Trickle(1, 22, 1);
  ExpectTooSlow(1);
  EXPECT_EQ(echo_.started, 0);
  peer_->Send(Headers(3, Block(kRequest)) + Data(3, GrpcMessage("next"), true));
  world_.RunFor(1s);
  EXPECT_EQ(peer_->data(3), GrpcMessage("echo next"));
}

TEST_F(SlowRequestTest, SoIsOneThatNeverBegins) {
  Serve(false);
  peer_->Send(Headers(1, Block(kRequest)));
  world_.RunFor(81s);
  ExpectTooSlow(1);
}

TEST_F(SlowRequestTest, AtTheLeastRateItMayTakeAsLongAsItNeeds) {
  Serve(false);
  peer_->Send(Headers(1, Block(kRequest)) + Data(1, Begun()));
  Trickle(1, 80, 1250);
  world_.RunFor(1s);
  EXPECT_EQ(server_->Abuses().total(), 0U);
  EXPECT_EQ(echo_.started, 0);
  peer_->Send(Data(1, "", true));
  world_.RunFor(1s);
  EXPECT_EQ(echo_.started, 1);
}

TEST_F(SlowRequestTest, ARateOfZeroTurnsItOff) {
  Limits limits;
  limits.min_stream_rate = 0;
  Serve(false, limits);
  peer_->Send(Headers(1, Block(kRequest)) + Data(1, Begun()));
  world_.RunFor(1h);
  ExpectStillWaitsFor(1);
}

TEST_F(SlowRequestTest, BetweenMessagesOfAStreamAClientMayBeSilent) {
  Serve(true);
  peer_->Send(Headers(1, Block(kRequest)) + Data(1, GrpcMessage("a")));
  world_.RunFor(1h);
  ExpectStillWaitsFor(1);
  peer_->Send(Data(1, GrpcMessage("b"), true));
  world_.RunFor(1s);
  EXPECT_EQ(peer_->data(1), GrpcMessage("2"));
}

TEST_F(SlowRequestTest, SoItMayAfterAMessageThatCameInPieces) {
  Serve(true);
  const std::string message = GrpcMessage("in pieces");
  peer_->Send(Headers(1, Block(kRequest)) + Data(1, message.substr(0, 8)));
  world_.RunFor(1s);
  peer_->Send(Data(1, message.substr(8)));
  world_.RunFor(1h);
  ExpectStillWaitsFor(1);
  peer_->Send(Data(1, GrpcMessage("b"), true));
  world_.RunFor(1s);
  EXPECT_EQ(peer_->data(1), GrpcMessage("2"));
}

TEST_F(SlowRequestTest, InsideAMessageOfAStreamItMayNot) {
  Serve(true);
  peer_->Send(Headers(1, Block(kRequest)) + Data(1, GrpcMessage("a")));
  world_.RunFor(1h);
  peer_->Send(Data(1, Begun()));
  Trickle(1, 81, 1);
  ExpectTooSlow(1);
  ASSERT_TRUE(counting_.cause.has_value());
  EXPECT_EQ(counting_.cause->code(), StatusCode::kCancelled);
}

// Clients may send one request after the other, so a line that is busy with others excuses one that waits.
TEST_F(SlowRequestTest, OneThatWaitsForOthersOnTheLineIsNotBlamed) {
  Serve(false);
  peer_->Send(Headers(1, Block(kRequest)) + Headers(3, Block(kRequest)));
  peer_->Send(Data(1, Begun()));
  Trickle(1, 79, 1250);
  EXPECT_FALSE(peer_->ended(3));
  EXPECT_EQ(server_->Abuses().total(), 0U);
  // Of both, when nothing comes any more.
  world_.RunFor(150s);
  EXPECT_TRUE(peer_->ended(3));
  EXPECT_EQ(server_->Abuses()[Abuse::kSlowRequest], 2U);
}

// Two large messages do not fit into the budget: the younger one has to wait for the older, which is no fault of its
// client's.
TEST_F(SlowRequestTest, AMessageWhoseWindowTheServerKeepsShutIsNotBlamed) {
  Limits limits;
  limits.connection_budget = 64 * 1024;
  Serve(false, limits);
  const std::string message = GrpcMessage(std::string(1'000'000, 'x'));
  peer_->Send(Headers(1, Block(kRequest)) + Headers(3, Block(kRequest)));
  for (std::size_t sent = 0; sent < 60'000; sent += 10'000) peer_->Send(Data(1, message.substr(sent, 10'000)));
  for (std::size_t sent = 0; sent < 60'000; sent += 10'000) peer_->Send(Data(3, message.substr(sent, 10'000)));
  for (std::size_t sent = 60'000; sent < 900'000; sent += 10'000) {
    peer_->Send(Data(1, message.substr(sent, 10'000)));
    world_.RunFor(1s);
  }
  EXPECT_FALSE(peer_->ended(3));
  EXPECT_EQ(server_->Abuses()[Abuse::kWindowWithheld], 1U);
  EXPECT_EQ(server_->Abuses().total(), 1U);
}

}  // namespace
}  // namespace rhei::inline v0::testing
