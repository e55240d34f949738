// How long a server keeps a connection: until it has been idle for long, or is old. No call fails for either.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class ConnectionLifeTest : public ::testing::Test {
 protected:
  void Start(Duration age, std::uint64_t seed = 1) {
    stub.reset();  // A channel ends before its world.
    stack.emplace(
        [this](ServerContext& context, const std::string& request) -> Task<Result<std::string>> {
          peers.insert(std::string(context.peer()));
          if (request != "hold") return Result<std::string>(request);
          return held.emplace_back().task();
        },
        seed);
    stack->server_limits.max_connection_age = age;
    ASSERT_TRUE(stack->Start().ok());
    stub.emplace(stack->Stub());
  }
  ~ConnectionLifeTest() override {
    for (auto& promise : std::exchange(held, {})) promise.Set(std::string());
  }
  std::uint64_t Count(Abuse kind) const { return stack->server->Abuses()[kind]; }
  // Starts the server anew, by limits that were changed, and makes one call by each of three connections.
  std::vector<GenericStub> ThreeOfWhomTwoMayCome() {
    EXPECT_TRUE(stack->Start().ok());
    std::vector<GenericStub> stubs;
    for (int i = 0; i < 3; ++i) stubs.push_back(stack->Stub());
    EXPECT_TRUE(stubs[0].Call(kMethod, "").Wait().ok());
    EXPECT_TRUE(stubs[1].Call(kMethod, "").Wait().ok());
    EXPECT_EQ(stubs[2].Call(kMethod, "").Wait().code(), StatusCode::kUnavailable);
    return stubs;
  }

  std::optional<SimulatedStack> stack;
  std::optional<GenericStub> stub;
  std::set<std::string> peers;
  std::vector<Promise<std::string>> held;
};

// grpc/proposal/A9.
TEST_F(ConnectionLifeTest, OneThatIsOldIsReplacedAndNoCallFails) {
  Start(1s);
  int ended = 0;
  for (int i = 0; i < 3'000; ++i) {
    stack->After(10ms * i, [&] {
      stub->Call(kMethod, "x").Then([&](const Result<std::string>& reply) {
        EXPECT_TRUE(reply.ok()) << reply.error().ToString();
        ++ended;
      });
    });
  }
  ASSERT_TRUE(stack->world.RunUntil([&] { return ended == 3'000; }));
  EXPECT_GE(peers.size(), 27U);
  EXPECT_LE(peers.size(), 34U);
  EXPECT_GE(Count(Abuse::kMaxAge), peers.size() - 1);
}

TEST_F(ConnectionLifeTest, TheAgeIsATenthMoreOrLess) {
  std::set<Duration> ages;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Start(100s, seed);
    ASSERT_TRUE(stub->Call(kMethod, "").Wait().ok());
    const TimePoint begin = stack->world.Now();
    ASSERT_TRUE(stack->world.RunUntil([&] { return Count(Abuse::kMaxAge) == 1; }));
    ages.insert(stack->world.Now() - begin);
    EXPECT_GE(*ages.begin(), 89s);
    EXPECT_LE(*ages.rbegin(), 110s);
  }
  EXPECT_GE(*ages.rbegin() - *ages.begin(), 5s);
}

TEST_F(ConnectionLifeTest, ByDefaultNoneIsOld) {
  Start(Limits().max_connection_age);
  for (int day = 0; day < 30; ++day) {
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(stub->Call(kMethod, "").Wait().ok());
      stack->world.RunFor(20min);
    }
    ASSERT_EQ(Count(Abuse::kMaxIdle), static_cast<std::uint64_t>(day));
    stack->world.RunFor(1h);
    EXPECT_EQ(Count(Abuse::kMaxIdle), static_cast<std::uint64_t>(day) + 1);
  }
  EXPECT_EQ(Count(Abuse::kMaxAge), 0U);
}

TEST_F(ConnectionLifeTest, ACallOfAnOldConnectionHasTheGraceAndThenEndsAndSaysWhy) {
  Start(10s);
  auto soon = stub->Call(kMethod, "hold");
  auto never = stub->Call(kMethod, "hold");
  ASSERT_TRUE(stack->world.RunUntil([&] { return Count(Abuse::kMaxAge) == 1; }));
  const TimePoint old = stack->world.Now();
  stack->world.RunFor(25s);
  held.front().Set(std::string("in time"));
  EXPECT_TRUE(soon.Wait().ok());
  // Calls that begin meanwhile have another connection.
  EXPECT_TRUE(stub->Call(kMethod, "").Wait().ok());
  const Result<std::string> reply = never.Wait();
  EXPECT_EQ(reply.code(), StatusCode::kUnavailable);
  EXPECT_THAT(reply.error().message(), HasSubstr("max_age"));
  EXPECT_GE(stack->world.Now() - old, 30s);
  EXPECT_LE(stack->world.Now() - old, 31s);
  EXPECT_EQ(peers.size(), 2U);
}

TEST_F(ConnectionLifeTest, AnOldConnectionWithoutCallsIsClosedAtOnce) {
  Start(10s);
  ASSERT_TRUE(stub->Call(kMethod, "").Wait().ok());
  stack->world.RunFor(15s);
  EXPECT_EQ(stack->world.connections(), 0U);
}

TEST_F(ConnectionLifeTest, ThereAreNoMoreThanTheLimitAndThoseThatThereAreGoOn) {
  Start(Limits().max_connection_age);
  stack->server_limits.max_connections = 2;
  std::vector<GenericStub> stubs = ThreeOfWhomTwoMayCome();
  EXPECT_EQ(Count(Abuse::kConnectionRefused), 1U);
  EXPECT_TRUE(stubs[0].Call(kMethod, "").Wait().ok());
  // One goes, and there is room again.
  stubs.erase(stubs.begin());
  stack->world.RunFor(10s);
  EXPECT_TRUE(stubs[1].Call(kMethod, "").Wait().ok());
  EXPECT_EQ(peers.size(), 3U);
}

TEST_F(ConnectionLifeTest, OneClientMayHaveNoMoreThanItsShare) {
  Start(Limits().max_connection_age);
  stack->server_limits.max_connections_per_client = 2;
  std::vector<GenericStub> stubs = ThreeOfWhomTwoMayCome();
  // Another client has its own.
  const std::shared_ptr<Runtime> other = stack->world.AddRuntime();
  GenericStub another(Connect("ipv4:" + std::string(kServerAddress), ChannelOptions().UseRuntime(other)));
  EXPECT_TRUE(another.Call(kMethod, "").Wait().ok());
  stubs.erase(stubs.begin());
  stack->world.RunFor(10s);
  EXPECT_TRUE(stubs[1].Call(kMethod, "").Wait().ok());
}

TEST_F(ConnectionLifeTest, AServerThatStopsHasItsOwnGrace) {
  Start(10s);
  auto call = stub->Call(kMethod, "hold");
  ASSERT_TRUE(stack->world.RunUntil([&] { return held.size() == 1; }));
  bool stopped = false;
  stack->server->Stop(5min, [&](const Status& status) { stopped = status.ok(); });
  stack->world.RunFor(2min);
  EXPECT_FALSE(stopped);
  held.front().Set(std::string("late"));
  EXPECT_TRUE(call.Wait().ok());
  stack->world.RunFor(5s);
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace rhei::inline v0::testing
