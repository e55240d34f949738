#include "runtime/loop_lag.h"

#include <gtest/gtest.h>

#include <chrono>

#include "runtime/simulation/simulated_loop.h"
#include "runtime/simulation/simulated_world.h"

namespace rhei::inline v0::runtime {
namespace {

using namespace std::chrono_literals;

class LoopLagTest : public ::testing::Test {
 protected:
  SimulatedWorld world_{1};
  const std::shared_ptr<SimulatedLoop> loop_ = world_.AddLoop();
};

TEST_F(LoopLagTest, ALoopThatIsThereAtOnceHasNone) {
  EXPECT_EQ(loop_->Lag(), Duration::zero());
  for (int i = 0; i < 10; ++i) {
    world_.RunFor(1ms);
    EXPECT_EQ(loop_->Lag(), Duration::zero());
  }
}

TEST_F(LoopLagTest, WhatTheLoopComputesIsHowLateItIs) {
  (void)loop_->Lag();
  // Eight milliseconds of work, of which the timer misses all but the one after which it was due.
  loop_->Post([this] { world_.Advance(8ms); });
  world_.RunFor(8ms);
  EXPECT_GE(loop_->Lag(), 6ms);
  EXPECT_LE(loop_->Lag(), 8ms);
}

TEST_F(LoopLagTest, WhileTheTimerIsOverdueItGrows) {
  (void)loop_->Lag();
  Duration inside{};
  loop_->Post([&] {
    world_.Advance(20ms);
    inside = loop_->Lag();
  });
  world_.RunFor(1us);
  EXPECT_EQ(inside, 19ms);
}

TEST_F(LoopLagTest, ItIsForgottenWhenTheLoopKeepsUpAgain) {
  (void)loop_->Lag();
  loop_->Post([this] { world_.Advance(8ms); });
  world_.RunFor(10ms);
  for (int i = 0; i < 3; ++i) {
    (void)loop_->Lag();
    world_.RunFor(1ms);
  }
  EXPECT_EQ(loop_->Lag(), Duration::zero());
}

TEST_F(LoopLagTest, ItWakesNobodyWhenNobodyAsks) {
  (void)loop_->Lag();
  ASSERT_TRUE(world_.RunUntilIdle());
  const TimePoint end = world_.Now();
  world_.RunFor(1s);
  EXPECT_EQ(world_.Now() - end, 1s);
  EXPECT_TRUE(world_.RunUntilIdle());
}

}  // namespace
}  // namespace rhei::inline v0::runtime
