#include "testing/simulated_world.h"

#include <gtest/gtest.h>

#include <chrono>

#include "runtime/loop.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;

TEST(SimulatedWorldKitTest, ARuntimeOfTheWorldRunsOnItsLoops) {
  SimulatedWorld world(1);
  const auto runtime = world.AddRuntime(3);
  ASSERT_EQ(runtime->loop_count(), 3u);
  runtime::Loop* current = nullptr;
  runtime->loop(2).Post([&] { current = runtime->current_loop(); });
  EXPECT_TRUE(world.RunUntil([&] { return current != nullptr; }));
  EXPECT_EQ(current, &runtime->loop(2));
  EXPECT_EQ(runtime->current_loop(), nullptr);
  EXPECT_EQ(world.runtime(), world.runtime());
  EXPECT_NE(world.runtime(), runtime);
}

TEST(SimulatedWorldKitTest, PoolWorkMayWaitForALoop) {
  SimulatedWorld world(1);
  bool done = false;
  world.runtime()->RunOnPool([&] {
    EXPECT_EQ(world.runtime()->current_loop(), nullptr);
    runtime::Completion completion;
    runtime::Timer timer([&] { completion.Set(); });
    runtime::Loop& loop = world.runtime()->loop(0);
    loop.Post([&] { loop.Arm(timer, loop.Now() + 1h); });
    loop.Await(completion);
    done = true;
  });
  EXPECT_FALSE(done);
  EXPECT_TRUE(world.RunUntil([&] { return done; }));
}

TEST(SimulatedWorldKitTest, AWorldMayGoBeforeItsRuntime) {
  std::shared_ptr<Runtime> runtime;
  {
    SimulatedWorld world(1);
    runtime = world.runtime();
  }
  runtime->loop(0).Post([] {});
  runtime->RunOnPool([] {});
}

TEST(SimulatedWorldKitTest, NamesAddressesAndPartitionsReachTheNetwork) {
  SimulatedWorld world(1);
  world.SetHost("weather", {"10.1.2.3", "fd00::7"});
  world.SetHostError("broken", Error(StatusCode::kUnavailable, "resolve broken: no server answered"));
  runtime::Loop& loop = world.runtime()->loop(0);
  std::string found;
  std::string failed;
  auto first = loop.Resolve("weather", [&](Result<std::vector<runtime::Address>> addresses) {
    for (const auto& address : *addresses) found += address.ToString() + " ";
  });
  auto second = loop.Resolve(
      "broken", [&](Result<std::vector<runtime::Address>> addresses) { failed = addresses.error().message(); });
  EXPECT_TRUE(world.RunUntilIdle());
  EXPECT_EQ(found, "10.1.2.3:0 [fd00::7]:0 ");
  EXPECT_EQ(failed, "resolve broken: no server answered");

  EXPECT_TRUE(world.RefuseConnects("10.1.2.3:80").ok());
  EXPECT_EQ(world.RefuseConnects("10.1.2.3").code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace rhei::inline v0::testing
