// A client that leaves its answers unread, with shut windows: they are bounded, and its own calls wait.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/e2e/scripted_client.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using namespace http2::testing;  // NOLINT(google-build-using-namespace): frames, in a test of frames
using http2::ErrorCode;
using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

constexpr std::size_t kAnswer = 1'000'000;
constexpr std::size_t kMemory = 1'000'000'000;

std::string ShutWindows() { return Settings({{http2::SettingId::kInitialWindowSize, 0}}); }
std::string OpenWindows() {
  return WindowUpdate(0, 0x7000000) + Settings({{http2::SettingId::kInitialWindowSize, 0x7000000}});
}
std::string Call(std::uint32_t stream, const std::string& request) {
  return Headers(stream, Block(kRequest)) + Data(stream, GrpcMessage(request), true);
}

// Answers of a megabyte each to all but "small" and "later".
class HeldCallsTest : public ::testing::Test {
 protected:
  static Limits MakeLimits() {
    Limits limits;
    limits.process_memory = kMemory;
    return limits;
  }
  HeldCallsTest() { client_.stack.world.RunFor(1s); }

  void SendAndRun(const std::string& bytes, Duration time = 1s) {
    client_.peer->Send(bytes);
    client_.stack.world.RunFor(time);
  }
  int started() { return client_.stack.service.started; }
  std::uint64_t Count(Abuse kind) { return client_.stack.server->Abuses()[kind]; }
  ScriptedPeer& peer() { return *client_.peer; }

  std::vector<Promise<std::string>> later_;
  std::vector<std::size_t> requests_;  // their sizes
  ScriptedClient client_{MakeLimits(), [this](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
                           requests_.push_back(request.size());
                           if (request == "small") return Result<std::string>(request);
                           if (request == "later") return later_.emplace_back().task();
                           return Result<std::string>(std::string(kAnswer, 'x'));
                         }};
};

// A hundred of them, of which five fill the buffer.
class ShutWindowsTest : public HeldCallsTest {
 protected:
  static constexpr std::uint32_t kCalls = 100;

  ShutWindowsTest() {
    std::string bytes = ShutWindows();
    for (std::uint32_t i = 0; i < kCalls; ++i) bytes += Call(2 * i + 1, "");
    SendAndRun(bytes);
  }
};

TEST_F(ShutWindowsTest, NoCallBeginsWhileItsAnswersAreMoreThanTheBuffer) {
  EXPECT_EQ(started(), 5);
  EXPECT_EQ(Count(Abuse::kCallsHeld), 1U);
}

TEST_F(ShutWindowsTest, AllAreServedWhenTheWindowsOpen) {
  SendAndRun(OpenWindows(), 30s);
  EXPECT_EQ(started(), 100);
  EXPECT_EQ(peer().data(2 * kCalls - 1).size(), kAnswer + 5);
  EXPECT_EQ(Count(Abuse::kStalledStream), 0U);
}

TEST_F(ShutWindowsTest, AnswersThatStallMakeRoomSoon) {
  client_.stack.world.RunFor(9s);
  EXPECT_EQ(started(), 5);
  client_.stack.world.RunFor(5s);
  EXPECT_EQ(Count(Abuse::kStalledStream), 5U);
  EXPECT_EQ(started(), 10);
}

TEST_F(ShutWindowsTest, ACallThatItGivesUpMeanwhileNeverBegins) {
  std::string bytes;
  for (std::uint32_t i = 10; i < kCalls; ++i) bytes += RstStream(2 * i + 1, ErrorCode::kCancel);
  SendAndRun(bytes + OpenWindows(), 30s);
  EXPECT_EQ(started(), 10);
}

TEST_F(ShutWindowsTest, TheDeadlineOfACallThatWaitsGoesOn) {
  constexpr std::uint32_t kStream = 2 * kCalls + 1;
  Fields request = kRequest;
  request.emplace_back("grpc-timeout", "2S");
  SendAndRun(Headers(kStream, Block(request)) + Data(kStream, GrpcMessage(""), true), 3s);
  ExpectStatus(peer().headers(kStream), "200", "4", "the deadline");
  EXPECT_EQ(started(), 5);
}

TEST_F(ShutWindowsTest, ItsEndStartsNoneOfThem) {
  peer().Close();
  client_.stack.world.RunFor(60s);
  EXPECT_EQ(started(), 5);
}

TEST_F(HeldCallsTest, RequestsThatWaitStayWhole) {
  std::string bytes = ShutWindows();
  for (std::uint32_t i = 0; i < 5; ++i) bytes += Call(2 * i + 1, "");
  // In one piece, and in two.
  bytes += Call(11, std::string(15'000, 'q'));
  const std::string message = GrpcMessage(std::string(15'000, 'q'));
  bytes += Headers(13, Block(kRequest)) + Data(13, message.substr(0, 7'000)) + Call(15, "small") +
           Data(13, message.substr(7'000), true);
  SendAndRun(bytes);
  EXPECT_EQ(started(), 5);
  SendAndRun(OpenWindows(), 30s);
  EXPECT_THAT(requests_, ::testing::ElementsAre(0, 0, 0, 0, 0, 15'000, 5, 15'000));
  EXPECT_EQ(peer().data(15), GrpcMessage("small"));
}

// However large it is.
TEST_F(HeldCallsTest, OneAnswerAloneHoldsNobodyUp) {
  SendAndRun(Call(1, "later") + WindowUpdate(0, 0x1000000));
  later_[0].Set(std::string(8'000'000, 'x'));
  client_.stack.world.RunFor(1s);
  SendAndRun(Call(3, "small"));
  EXPECT_EQ(peer().data(3), GrpcMessage("small"));
  EXPECT_EQ(Count(Abuse::kCallsHeld), 0U);
}

TEST_F(HeldCallsTest, WhatRunsByThenIsRefusedItsAnswerWhereMemoryIsShort) {
  std::string bytes = ShutWindows() + Call(1, "later");
  for (std::uint32_t i = 1; i <= 5; ++i) bytes += Call(2 * i + 1, "");
  SendAndRun(bytes);
  client_.stack.world.SetMemory(*client_.stack.server_runtime, kMemory / 100 * 95, SIZE_MAX);
  client_.stack.world.RunFor(10ms);
  later_[0].Set(std::string(kAnswer, 'x'));
  client_.stack.world.RunFor(1s);
  const std::vector<Fields> blocks = peer().headers(1);
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_THAT(blocks[0], Contains(Pair(":status", "200")));
  EXPECT_THAT(blocks[1], Contains(Pair("grpc-status", "8")));
  EXPECT_THAT(blocks[1], Not(Contains(Key(":status"))));
  EXPECT_EQ(Count(Abuse::kMemoryShortage), 1U);
}

}  // namespace
}  // namespace rhei::inline v0::testing
