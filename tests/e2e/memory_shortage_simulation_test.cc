// A server whose process comes near the end of its memory refuses what would need more, and goes on with what runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::size_t kLimit = 1'000'000;

class MemoryShortageTest : public ::testing::Test {
 protected:
  MemoryShortageTest() {
    stack.server_limits.process_memory = kLimit;
    EXPECT_TRUE(stack.Start().ok());
  }
  ~MemoryShortageTest() override { ReleaseAll(); }

  void Use(std::size_t bytes) {
    stack.world.SetMemory(*stack.server_runtime, bytes, SIZE_MAX);
    stack.world.RunFor(10ms);
  }
  std::uint64_t Refused() const { return stack.server->Abuses()[Abuse::kMemoryShortage]; }
  void ReleaseAll() {
    for (auto& promise : std::exchange(held, {})) promise.Set(std::string("done"));
  }

  std::vector<Promise<std::string>> held;
  SimulatedStack stack{[this](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    if (request != "hold") return Result<std::string>(request);
    return held.emplace_back().task();
  }};
};

TEST_F(MemoryShortageTest, NewCallsAreRefusedAndThoseThatRunEndWell) {
  GenericStub stub = stack.Stub();
  auto running = stub.Call(kMethod, "hold");
  ASSERT_TRUE(stack.world.RunUntil([&] { return held.size() == 1; }));
  Use(kLimit * 95 / 100);
  const Result<std::string> refused = stub.Call(kMethod, "x").Wait();
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(refused.error().message(), HasSubstr("short of memory"));
  EXPECT_EQ(Refused(), 1U);
  ReleaseAll();
  EXPECT_TRUE(running.Wait().ok());
  Use(kLimit / 2);
  EXPECT_TRUE(stub.Call(kMethod, "x").Wait().ok());
}

TEST_F(MemoryShortageTest, WhereItIsOnlyShortAConnectionHasAHundredCalls) {
  GenericStub stub = stack.Stub();
  Use(kLimit * 85 / 100);
  std::vector<UnaryCall<std::string>> calls;
  for (int i = 0; i < 120; ++i) calls.push_back(stub.Call(kMethod, "hold"));
  ASSERT_TRUE(stack.world.RunUntil([&] { return held.size() + Refused() == 120; }));
  EXPECT_EQ(held.size(), 100U);
  ReleaseAll();
  EXPECT_TRUE(stub.Call(kMethod, "x").Wait().ok());
}

TEST_F(MemoryShortageTest, ARequestThatIsHalfThereIsEnded) {
  GenericStub stub = stack.Stub();
  auto large = stub.Call(kMethod, std::string(3 << 20, 'x'));
  stack.world.RunFor(3ms);
  stack.world.SetMemory(*stack.server_runtime, kLimit * 95 / 100, SIZE_MAX);
  EXPECT_EQ(large.Wait().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(stack.service.started, 0);
  EXPECT_EQ(Refused(), 1U);
}

TEST_F(MemoryShortageTest, NewConnectionsAreRefused) {
  GenericStub served = stack.Stub();
  ASSERT_TRUE(served.Call(kMethod, "x").Wait().ok());
  Use(kLimit * 95 / 100);
  EXPECT_EQ(stack.Stub().Call(kMethod, "x").Wait().code(), StatusCode::kUnavailable);
  EXPECT_GE(Refused(), 1U);
  EXPECT_EQ(stack.service.started, 1);
}

TEST_F(MemoryShortageTest, WithoutALimitOfItsOwnTheMachinesCounts) {
  stack.server_limits.process_memory = 0;
  ASSERT_TRUE(stack.Start().ok());
  stack.world.SetMemory(*stack.server_runtime, 950, 1000);
  EXPECT_FALSE(stack.Stub().Call(kMethod, "x").Wait().ok());
  stack.server_limits.process_memory = SIZE_MAX;
  ASSERT_TRUE(stack.Start().ok());
  EXPECT_TRUE(stack.Stub().Call(kMethod, "x").Wait().ok());
}

}  // namespace
}  // namespace rhei::inline v0::testing
