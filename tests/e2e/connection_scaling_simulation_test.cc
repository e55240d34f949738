// More calls than a connection may carry (gRFC A105): they wait for a stream, or go by one more connection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A server that allows two streams on a connection, and holds each call until the test answers.
class ConnectionScalingTest : public ::testing::Test {
 protected:
  ConnectionScalingTest() : stack([this](ServerContext& context, const std::string&) { return Hold(context); }) {
    stack.server_limits.max_concurrent_streams = 2;
    EXPECT_TRUE(stack.Start().ok());
  }
  ~ConnectionScalingTest() override { AnswerAll(); }

  void Begin(const GenericStub& stub, int calls) {
    for (int i = 0; i < calls; ++i) begun.push_back(stub.Call(kMethod, ""));
  }
  // Whether just so many calls are held, however long one waits.
  bool OnlyHeld(std::size_t calls) {
    const bool held = stack.world.RunUntil([&] { return promises.size() == calls; });
    stack.world.RunFor(10min);
    return held && promises.size() == calls;
  }
  void AnswerAll() {
    answers_at_once = true;
    for (auto& promise : std::exchange(promises, {})) promise.Set(std::string("answer"));
  }
  void ExpectAllOk() {
    AnswerAll();
    for (UnaryCall<std::string>& call : std::exchange(begun, {})) {
      const Result<std::string> reply = call.Wait();
      EXPECT_TRUE(reply.ok()) << reply.error().ToString();
    }
    answers_at_once = false;
  }

  SimulatedStack stack;
  std::map<std::string, int> calls_by_peer;
  std::deque<Promise<std::string>> promises;
  std::vector<UnaryCall<std::string>> begun;
  bool answers_at_once = false;

 private:
  Task<Result<std::string>> Hold(ServerContext& context) {
    ++calls_by_peer[std::string(context.peer())];
    if (answers_at_once) return Result<std::string>("answer");
    promises.emplace_back();
    return promises.back().task();
  }
};

TEST_F(ConnectionScalingTest, WithOneConnectionFurtherCallsWaitForAStream) {
  const GenericStub stub = stack.Stub();
  Begin(stub, 5);
  EXPECT_TRUE(OnlyHeld(2));
  EXPECT_EQ(stack.world.connections(), 1U);
  ExpectAllOk();
}

TEST_F(ConnectionScalingTest, ConnectionsAreMadeWhenAllStreamsAreTakenUpToTheLimit) {
  const GenericStub stub = stack.Stub(ChannelOptions().MaxConnectionsPerLoop(3));
  Begin(stub, 2);
  EXPECT_TRUE(OnlyHeld(2));
  EXPECT_EQ(stack.world.connections(), 1U);
  Begin(stub, 1);
  EXPECT_TRUE(OnlyHeld(3));
  EXPECT_EQ(stack.world.connections(), 2U);
  Begin(stub, 7);
  EXPECT_TRUE(OnlyHeld(6));
  EXPECT_EQ(stack.world.connections(), 3U);
  EXPECT_THAT(calls_by_peer, ::testing::SizeIs(3));
  for (const auto& [peer, calls] : calls_by_peer) EXPECT_EQ(calls, 2) << peer;
  ExpectAllOk();
}

TEST_F(ConnectionScalingTest, TheOldestConnectionWithAFreeStreamIsTaken) {
  const GenericStub stub = stack.Stub(ChannelOptions().MaxConnectionsPerLoop(2));
  Begin(stub, 3);
  EXPECT_TRUE(OnlyHeld(3));
  ExpectAllOk();
  calls_by_peer.clear();
  Begin(stub, 2);
  EXPECT_TRUE(OnlyHeld(2));
  EXPECT_THAT(calls_by_peer, ::testing::SizeIs(1));
  ExpectAllOk();
}

TEST_F(ConnectionScalingTest, TheLimitIsFromOneToTen) {
  EXPECT_EQ(ChannelOptions().max_connections_per_loop(), 1U);
  EXPECT_EQ(ChannelOptions().MaxConnectionsPerLoop(0).max_connections_per_loop(), 1U);
  EXPECT_EQ(ChannelOptions().MaxConnectionsPerLoop(10).max_connections_per_loop(), 10U);
  EXPECT_EQ(ChannelOptions().MaxConnectionsPerLoop(11).max_connections_per_loop(), 10U);
}

// The connection that there is goes on, waiting calls wait on and are not failed, and another attempt follows.
TEST_F(ConnectionScalingTest, AnotherConnectionThatFailsHarmsNoCallAndIsTriedAgain) {
  const GenericStub stub = stack.Stub(ChannelOptions().MaxConnectionsPerLoop(2));
  Begin(stub, 2);
  EXPECT_TRUE(OnlyHeld(2));
  stack.world.RefuseAllConnects();
  Begin(stub, 1);
  EXPECT_TRUE(OnlyHeld(2));
  // While the next attempt is waited for, a stream that becomes free serves.
  promises.front().Set(std::string("answer"));
  promises.pop_front();
  EXPECT_TRUE(OnlyHeld(2));
  EXPECT_EQ(stack.service.started, 3);
  Begin(stub, 1);
  EXPECT_TRUE(OnlyHeld(2));
  stack.world.RefuseAllConnects(false);
  EXPECT_TRUE(OnlyHeld(3));
  EXPECT_EQ(stack.world.connections(), 2U);
  ExpectAllOk();
}

TEST_F(ConnectionScalingTest, ACallThatWaitsInVainTellsWhyThereIsNoOtherConnection) {
  const GenericStub stub = stack.Stub(ChannelOptions().MaxConnectionsPerLoop(2));
  Begin(stub, 2);
  EXPECT_TRUE(OnlyHeld(2));
  stack.world.RefuseAllConnects();
  const Result<std::string> reply = stub.Call(kMethod, "", CallOptions().Timeout(5s)).Wait();
  EXPECT_EQ(reply.code(), StatusCode::kDeadlineExceeded);
  EXPECT_THAT(reply.error().message(), HasSubstr("a free stream"));
  EXPECT_THAT(reply.error().message(), HasSubstr("refused"));
  ExpectAllOk();
}

// Calls that no server has seen are sent again; there is one connection less, and one is made when it is needed.
TEST_F(ConnectionScalingTest, ALostConnectionOfSeveralIsReplacedWhenItIsNeeded) {
  const GenericStub stub = stack.Stub(ChannelOptions().MaxConnectionsPerLoop(2));
  Begin(stub, 4);
  EXPECT_TRUE(OnlyHeld(4));
  stack.world.CutAll();
  stack.world.RunFor(1s);
  for (auto& call : std::exchange(begun, {})) EXPECT_EQ(call.Wait().code(), StatusCode::kUnavailable);
  promises.clear();
  Begin(stub, 3);
  EXPECT_TRUE(OnlyHeld(3));
  EXPECT_EQ(stack.world.connections(), 2U);
  ExpectAllOk();
}

TEST_F(ConnectionScalingTest, AServerThatStopsDrainsAllConnectionsAndTheirCallsEndWell) {
  const GenericStub stub = stack.Stub(ChannelOptions().MaxConnectionsPerLoop(2));
  Begin(stub, 4);
  EXPECT_TRUE(OnlyHeld(4));
  bool stopped = false;
  stack.server->Stop(1min, [&](const Status& status) { stopped = status.ok(); });
  stack.world.RunFor(1s);
  EXPECT_EQ(stack.world.connections(), 2U);
  ExpectAllOk();
  stack.world.RunFor(5s);
  EXPECT_TRUE(stopped);
  EXPECT_EQ(stack.world.connections(), 0U);
}

// The channel's handles are gone; its calls go on to their end on all connections, and then those are closed.
TEST_F(ConnectionScalingTest, AChannelThatIsGoneClosesAllItsConnectionsAfterTheirCalls) {
  Begin(stack.Stub(ChannelOptions().MaxConnectionsPerLoop(2)), 5);
  EXPECT_TRUE(OnlyHeld(4));
  ExpectAllOk();
  stack.world.RunFor(5s);
  EXPECT_EQ(stack.world.connections(), 0U);
}

}  // namespace
}  // namespace rhei::inline v0::testing
