// Calls with streams that their server has not seen (gRFC A6): they are made again, as if nothing had been, as long as
// nothing has come back and all that was written is still there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "testing/scripted_peer.h"
#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using namespace http2::testing;  // NOLINT(google-build-using-namespace): frames, in a test of frames
using http2::ErrorCode;
using http2::FrameType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Fields kHead = {{":status", "200"}, {"content-type", "application/grpc"}};
const Fields kOk = {{"grpc-status", "0"}};

std::string Head(std::uint32_t stream) { return Headers(stream, Block(kHead)); }
std::string End(std::uint32_t stream) { return Headers(stream, Block(kOk), true); }
std::string Refuse(std::uint32_t stream) { return RstStream(stream, ErrorCode::kRefusedStream); }

// A scripted server, which is asked again and again, and a channel to it.
class StreamingRetryTest : public ::testing::Test {
 protected:
  // One attempt at a call, as the server has it.
  struct Attempt {
    ScriptedPeer* peer;
    std::uint32_t stream;

    std::string requests() const { return peer->data(stream); }
    bool ended() const { return peer->ended(stream); }
    void Send(const std::string& bytes) const { peer->Send(bytes); }
  };

  void Run(Duration time = 100ms) { stack_.world.RunFor(time); }

  SimulatedStack stack_;
  std::vector<Attempt> attempts_;
  ScriptedServer server_{stack_.server_runtime->loop(0), *runtime::Address::Parse(kServerAddress),
                         [this](ScriptedPeer& peer) {
                           peer.Send(Settings());
                           peer.on_input = [this, &peer] { AddNew(peer); };
                         }};
  GenericStub stub_ = stack_.Stub();
  Channel channel_ = Connect("ipv4:" + std::string(kServerAddress), ChannelOptions().UseRuntime(stack_.client_runtime));

 private:
  void AddNew(ScriptedPeer& peer) {
    for (std::uint32_t stream = 1; stream < 20; stream += 2) {
      if (peer.headers(stream).empty() || !seen_.insert({&peer, stream}).second) continue;
      attempts_.push_back({&peer, stream});
    }
  }

  std::set<std::pair<const ScriptedPeer*, std::uint32_t>> seen_;
};

using Call = BidiStreamingCall<std::string, std::string>;

void Answer(const auto& attempt) {
  attempt.Send(Head(attempt.stream) + Data(attempt.stream, GrpcMessage("fine")) + End(attempt.stream));
}

void ExpectFine(Call& call) {
  EXPECT_EQ(call.Next().Wait(), "fine");
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  const Status status = call.Finish().Wait();
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST_F(StreamingRetryTest, WhatWasWrittenIsWrittenAgain) {
  Call call = stub_.Stream(kMethod);
  ASSERT_TRUE(call.Write("a").Wait());
  ASSERT_TRUE(call.Write("").Wait());
  Run();
  ASSERT_EQ(attempts_.size(), 1U);
  attempts_[0].Send(Refuse(attempts_[0].stream));
  Run();
  ASSERT_EQ(attempts_.size(), 2U);
  EXPECT_EQ(attempts_[1].requests(), GrpcMessage("a") + GrpcMessage(""));
  EXPECT_FALSE(attempts_[1].ended());
  ASSERT_TRUE(call.Write("c").Wait());
  call.WritesDone();
  Run();
  EXPECT_EQ(attempts_[1].requests(), GrpcMessage("a") + GrpcMessage("") + GrpcMessage("c"));
  EXPECT_TRUE(attempts_[1].ended());
  Answer(attempts_[1]);
  ExpectFine(call);
}

// Its bytes lie where the caller had them.
TEST_F(StreamingRetryTest, ARequestThatWasMovedInIsSentAgain) {
  const std::string request(20'000, 'x');
  UnaryCall<std::string> call = stub_.Call(kMethod, std::string(request));
  Run();
  ASSERT_EQ(attempts_.size(), 1U);
  EXPECT_EQ(attempts_[0].requests(), GrpcMessage(request));
  attempts_[0].Send(Refuse(attempts_[0].stream));
  Run();
  ASSERT_EQ(attempts_.size(), 2U);
  EXPECT_EQ(attempts_[1].requests(), GrpcMessage(request));
  EXPECT_TRUE(attempts_[1].ended());
  Answer(attempts_[1]);
  EXPECT_EQ(*call.Wait(), "fine");
}

TEST_F(StreamingRetryTest, TheEndOfTheRequestsIsSaidAgain) {
  Call call = stub_.Stream(kMethod);
  ASSERT_TRUE(call.Write("a").Wait());
  call.WritesDone();
  Run();
  attempts_.at(0).Send(Refuse(attempts_[0].stream));
  Run();
  ASSERT_EQ(attempts_.size(), 2U);
  EXPECT_EQ(attempts_[1].requests(), GrpcMessage("a"));
  EXPECT_TRUE(attempts_[1].ended());
  Answer(attempts_[1]);
  ExpectFine(call);
}

TEST_F(StreamingRetryTest, AGoAwayThatExcludesItMakesItGoToAnotherConnection) {
  Call call = stub_.Stream(kMethod);
  ASSERT_TRUE(call.Write("a").Wait());
  Run();
  attempts_.at(0).Send(GoAway(0, ErrorCode::kNoError, "bye"));
  Run();
  ASSERT_EQ(attempts_.size(), 2U);
  EXPECT_NE(attempts_[0].peer, attempts_[1].peer);
  EXPECT_EQ(attempts_[1].requests(), GrpcMessage("a"));
  Answer(attempts_[1]);
  ExpectFine(call);
}

// It waits while the call has no connection, and sees nothing of the change.
TEST_F(StreamingRetryTest, AReadThatWaitsHasTheReplyOfTheSecondAttempt) {
  Call call = stub_.Stream(kMethod);
  std::optional<std::string> reply;
  const auto read = [](Call& from, std::optional<std::string>& into) -> Task<void> { into = co_await from.Next(); };
  Spawn(read(call, reply));
  Run();
  attempts_.at(0).Send(Refuse(attempts_[0].stream));
  Run();
  ASSERT_EQ(attempts_.size(), 2U);
  EXPECT_EQ(reply, std::nullopt);
  Answer(attempts_[1]);
  Run();
  EXPECT_EQ(reply, "fine");
}

TEST_F(StreamingRetryTest, TheOneRequestOfAServerStreamIsSentAgain) {
  auto call =
      StartServerStreaming<std::string>(channel_, channel_.FindMethod(kMethod), std::string("a"), CallOptions());
  Run();
  attempts_.at(0).Send(Refuse(attempts_[0].stream));
  Run();
  ASSERT_EQ(attempts_.size(), 2U);
  EXPECT_EQ(attempts_[1].requests(), GrpcMessage("a"));
  Answer(attempts_[1]);
  EXPECT_EQ(call.Next().Wait(), "fine");
  EXPECT_TRUE(call.Finish().Wait().ok());
}

TEST_F(StreamingRetryTest, TheSecondRefusalIsTheEnd) {
  Call call = stub_.Stream(kMethod);
  ASSERT_TRUE(call.Write("a").Wait());
  for (int i = 0; i < 2; ++i) {
    Run();
    attempts_.at(i).Send(Refuse(attempts_[i].stream));
  }
  Run();
  EXPECT_EQ(attempts_.size(), 2U);
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kUnavailable);
}

// --- what is committed -----------------------------------------------------------------------------------------------

// As much as may be kept is sent again, with its framing, and a byte more is not.
TEST_F(StreamingRetryTest, WhatIsTooMuchToKeepIsNotSentAgain) {
  const std::size_t most = Limits().stream_write_buffer;
  for (const std::size_t size : {most - 5, most - 4}) {
    attempts_.clear();
    Call call = stub_.Stream(kMethod);
    ASSERT_TRUE(call.Write(std::string(size / 2, 'x')).Wait());
    ASSERT_TRUE(call.Write(std::string(size - size / 2 - 5, 'y')).Wait());
    Run();
    attempts_.at(0).Send(Refuse(attempts_[0].stream));
    Run();
    const bool again = size == most - 5;
    ASSERT_EQ(attempts_.size(), again ? 2U : 1U);
    if (again) Answer(attempts_[1]);
    Run();
    EXPECT_EQ(call.Finish().Wait().code(), again ? StatusCode::kOk : StatusCode::kUnavailable);
  }
}

TEST_F(StreamingRetryTest, AnAnswerThatHasBegunIsNotBegunAnew) {
  for (const bool with_reply : {false, true}) {
    attempts_.clear();
    Call call = stub_.Stream(kMethod);
    ASSERT_TRUE(call.Write("a").Wait());
    Run();
    const std::uint32_t stream = attempts_.at(0).stream;
    attempts_[0].Send(Head(stream) + (with_reply ? Data(stream, GrpcMessage("once")) : ""));
    if (with_reply) {
      EXPECT_EQ(call.Next().Wait(), "once");
    }
    Run();
    attempts_[0].Send(Refuse(stream));
    Run();
    EXPECT_EQ(attempts_.size(), 1U);
    EXPECT_EQ(call.Next().Wait(), std::nullopt);
    EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kUnavailable);
  }
}

TEST_F(StreamingRetryTest, NeitherIsThatOfAUnaryCall) {
  auto call = stub_.Call(kMethod, "a");
  Run();
  attempts_.at(0).Send(Head(attempts_[0].stream) + Refuse(attempts_[0].stream));
  Run();
  EXPECT_EQ(attempts_.size(), 1U);
  EXPECT_EQ(call.Wait().code(), StatusCode::kUnavailable);
}

TEST_F(StreamingRetryTest, ADeadlineHoldsForAllAttemptsTogether) {
  Call call = stub_.Stream(kMethod, CallOptions().Timeout(300ms));
  ASSERT_TRUE(call.Write("a").Wait());
  Run();
  attempts_.at(0).Send(Refuse(attempts_[0].stream));
  Run(1s);
  EXPECT_EQ(attempts_.size(), 2U);
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace rhei::inline v0::testing
