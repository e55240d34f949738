// Deadlines through the whole stack, on virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "testing/scripted_peer.h"
#include "tests/e2e/simulated_stack.h"
#include "wire/timeout_coding.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A call, and when it ended.
struct Ended {
  Result<std::string> reply;
  Duration after;
};

Ended EndOf(SimulatedStack& stack, const GenericStub& stub, const CallOptions& options) {
  const TimePoint begin = stack.world.Now();
  Result<std::string> reply = stub.Call(kMethod, "request", options).Wait();
  return {std::move(reply), stack.world.Now() - begin};
}

// Handlers that sleep, and note how they woke up.
struct Sleepers {
  Duration sleep = 1s;
  std::vector<std::string> log;

  FunctionService::Function function() {
    return [this](ServerContext& context, const std::string&) { return Handle(context); };
  }
  Task<Result<std::string>> Handle(ServerContext& context) {
    const Status slept = co_await Sleep(sleep);
    log.push_back(slept.ToString());
    if (!slept.ok()) {
      EXPECT_TRUE(context.IsCancelled());
      co_return slept.error();
    }
    co_return std::string("slept");
  }
};

TEST(DeadlineTest, ACallThatIsAnsweredInTimeKnowsNothingOfIt) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  EXPECT_EQ(*EndOf(stack, stack.Stub(), CallOptions().Timeout(10s)).reply, "echo request");
  stack.world.RunFor(20s);
}

TEST(DeadlineTest, EndsTheCallExactlyThenAndWakesTheHandler) {
  Sleepers sleepers;
  SimulatedStack stack(sleepers.function());
  ASSERT_TRUE(stack.Start().ok());
  const Ended end = EndOf(stack, stack.Stub(), CallOptions().Timeout(200ms));
  EXPECT_EQ(end.reply.code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(end.after, Duration(200ms));
  EXPECT_THAT(end.reply.error().message(),
              AllOf(HasSubstr(kMethod), HasSubstr("200000 us"), HasSubstr(kServerAddress)));
  // The handler is woken when the client's reset arrives, or its own timer fires.
  stack.world.RunFor(10ms);
  EXPECT_THAT(sleepers.log, ElementsAre(HasSubstr("DEADLINE_EXCEEDED")));
}

TEST(DeadlineTest, ACallThatExpiresBehindOthersNeverReachesItsHandler) {
  SimulatedStack* world = nullptr;
  SimulatedStack stack([&world](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    world->world.Advance(10ms);  // It computes.
    return Result<std::string>(request);
  });
  world = &stack;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  ASSERT_TRUE(stub.Call(kMethod, "connects").Wait().ok());
  stack.service.started = 0;
  std::vector<UnaryCall<std::string>> calls;
  for (int i = 0; i < 300; ++i) calls.push_back(stub.Call(kMethod, "x", CallOptions().Timeout(1s)));
  for (UnaryCall<std::string>& call : calls) {
    const Result<std::string> reply = call.Wait();
    EXPECT_TRUE(reply.ok() || reply.code() == StatusCode::kDeadlineExceeded) << reply.error().ToString();
  }
  stack.world.RunFor(10s);
  // A hundred fit into the second; what a round has begun is carried on with.
  EXPECT_GE(stack.service.started, 100);
  EXPECT_LE(stack.service.started, 100 + static_cast<int>(Limits().handler_starts_per_round));
}

TEST(DeadlineTest, ADeadlineIsAPointInTime) {
  Sleepers sleepers;
  SimulatedStack stack(sleepers.function());
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  const TimePoint deadline = stack.world.Now() + 70ms;
  EXPECT_EQ(EndOf(stack, stub, CallOptions().Deadline(deadline)).after, Duration(70ms));
  EXPECT_EQ(EndOf(stack, stub, CallOptions().Deadline(deadline)).after, Duration(0));
  EXPECT_EQ(EndOf(stack, stub, CallOptions().Deadline(stack.world.Now() + 50ms).Timeout(60ms)).after, Duration(50ms));
  EXPECT_EQ(EndOf(stack, stub, CallOptions().Deadline(stack.world.Now() + 50ms).Timeout(40ms)).after, Duration(40ms));
}

TEST(DeadlineTest, ThatHasPassedEndsTheCallAtOnce) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  for (const Duration timeout : {Duration(0), Duration(-5s), Duration::min()}) {
    const Ended end = EndOf(stack, stack.Stub(), CallOptions().Timeout(timeout));
    EXPECT_EQ(end.reply.code(), StatusCode::kDeadlineExceeded);
    EXPECT_LE(end.after, Duration(1));
    EXPECT_THAT(end.reply.error().message(), HasSubstr("before the call began"));
  }
  EXPECT_EQ(stack.service.started, 0);
}

TEST(DeadlineTest, ThatIsTooFarAwayToSayIsNone) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  EXPECT_TRUE(EndOf(stack, stack.Stub(), CallOptions().Timeout(Duration::max())).reply.ok());
  EXPECT_TRUE(EndOf(stack, stack.Stub(), CallOptions().Timeout(std::chrono::hours(24 * 365 * 200))).reply.ok());
}

TEST(DeadlineTest, OfAChannelHoldsForAllItsCallsUnlessTheySaySo) {
  Sleepers sleepers;
  SimulatedStack stack(sleepers.function());
  ASSERT_TRUE(stack.Start().ok());
  const Channel channel = Connect("ipv4:10.1.1.1:80", ChannelOptions().UseRuntime(stack.client_runtime));
  const GenericStub stub(channel.With(CallOptions().Timeout(100ms).Metadata("who", "all")));
  EXPECT_EQ(EndOf(stack, stub, CallOptions()).after, Duration(100ms));
  EXPECT_EQ(EndOf(stack, stub, CallOptions().Timeout(150ms)).after, Duration(150ms));
  sleepers.sleep = 120ms;
  EXPECT_TRUE(EndOf(stack, stub, CallOptions().Timeout(1s)).reply.ok());
}

// --- what it was waiting for -----------------------------------------------------------------------------------------

TEST(DeadlineMessageTest, NamesNameResolution) {
  SimulatedStack stack;
  const GenericStub stub(Connect("dns:///slow.example:80", ChannelOptions().UseRuntime(stack.client_runtime)));
  const Ended end = EndOf(stack, stub, CallOptions().Timeout(1us));
  EXPECT_EQ(end.reply.code(), StatusCode::kDeadlineExceeded);
  EXPECT_THAT(end.reply.error().message(), AllOf(HasSubstr("name resolution"), HasSubstr("slow.example")));
}

TEST(DeadlineMessageTest, NamesTheConnectionAndWhyTheLastOneFailed) {
  SimulatedStack stack;
  const GenericStub stub = stack.Stub();
  const Ended first = EndOf(stack, stub, CallOptions().Timeout(1us).WaitForReady());
  EXPECT_THAT(first.reply.error().message(), AllOf(HasSubstr("a connection"), HasSubstr(kServerAddress)));
  const Ended second = EndOf(stack, stub, CallOptions().Timeout(500ms).WaitForReady());
  EXPECT_EQ(second.after, Duration(500ms));
  EXPECT_THAT(second.reply.error().message(), AllOf(HasSubstr("next attempt"), HasSubstr("refused")));
}

TEST(DeadlineMessageTest, NamesAFreeStream) {
  Sleepers sleepers;
  SimulatedStack stack(sleepers.function());
  stack.server_limits.max_concurrent_streams = 1;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  const auto first = stub.Call(kMethod, "holds the only stream");
  stack.world.RunFor(100ms);
  const Ended end = EndOf(stack, stub, CallOptions().Timeout(50ms));
  EXPECT_EQ(end.reply.code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(end.after, Duration(50ms));
  EXPECT_THAT(end.reply.error().message(), HasSubstr("a free stream"));
  EXPECT_EQ(stack.service.started, 1);
}

// --- on the wire
// -------------------------------------------------------------------------------------------------------

// What a server is told by the grpc-timeout of a call.
std::string TimeoutSent(CallOptions options, std::optional<Duration> until_deadline = std::nullopt) {
  SimulatedStack stack;
  if (until_deadline) options.Deadline(stack.world.Now() + *until_deadline);
  ScriptedServer server(stack.server_runtime->loop(0), *runtime::Address::Parse(kServerAddress),
                        [](ScriptedPeer& peer) { peer.Send(http2::testing::Settings()); });
  std::string sent;
  const auto call = stack.Stub().Call(kMethod, "x", options);
  stack.world.RunFor(20ms);
  const auto blocks = server.peers.at(0)->headers(1);
  for (const auto& [name, value] : blocks.at(0)) {
    if (name == "grpc-timeout") sent = value;
  }
  return sent;
}

TEST(DeadlineWireTest, ATimeoutIsSentInThreeDigitsAndNoTimeoutNotAtAll) {
  EXPECT_EQ(TimeoutSent(CallOptions()), "");
  EXPECT_EQ(TimeoutSent(CallOptions().Timeout(2s)), "2S");
  EXPECT_EQ(TimeoutSent(CallOptions().Timeout(250ms)), "250m");
}

TEST(DeadlineWireTest, WhatIsLeftOfADeadlineIsSentExactly) {
  const std::optional<Duration> sent = wire::ParseTimeout(TimeoutSent(CallOptions(), 20s));
  ASSERT_TRUE(sent.has_value());
  // The way to the server and back went by before.
  EXPECT_LT(*sent, Duration(20s));
  EXPECT_GT(*sent, Duration(19990ms));
  EXPECT_NE(sent->count() % 10'000'000, 0);
}

}  // namespace
}  // namespace rhei::inline v0::testing
