#include "runtime/memory_watch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>

#include "runtime/simulation/simulated_loop.h"
#include "runtime/simulation/simulated_world.h"

namespace rhei::inline v0::runtime {
namespace {

using namespace std::chrono_literals;

class MemoryWatchTest : public ::testing::Test {
 protected:
  MemoryLevel Level(std::size_t limit = 1000) {
    world_.RunFor(10ms);
    return loop_->Memory(limit);
  }

  SimulatedWorld world_{1};
  const std::shared_ptr<SimulatedLoop> loop_ = world_.AddLoop();
};

TEST_F(MemoryWatchTest, EightTenthsAreShortAndNineAreCritical) {
  loop_->SetMemory({.used = 799});
  EXPECT_EQ(Level(), MemoryLevel::kPlenty);
  loop_->SetMemory({.used = 800});
  EXPECT_EQ(Level(), MemoryLevel::kShort);
  loop_->SetMemory({.used = 900});
  EXPECT_EQ(Level(), MemoryLevel::kCritical);
  loop_->SetMemory({.used = 799});
  EXPECT_EQ(Level(), MemoryLevel::kPlenty);
}

TEST_F(MemoryWatchTest, WithoutALimitOfItsOwnTheMachinesCounts) {
  loop_->SetMemory({.used = 850, .limit = 1000});
  EXPECT_EQ(Level(0), MemoryLevel::kShort);
  EXPECT_EQ(Level(2000), MemoryLevel::kPlenty);
  EXPECT_EQ(Level(SIZE_MAX), MemoryLevel::kPlenty);
}

TEST_F(MemoryWatchTest, ItLooksOnlyNowAndThen) {
  loop_->SetMemory({.used = 1});
  ASSERT_EQ(Level(), MemoryLevel::kPlenty);
  loop_->SetMemory({.used = 950});
  EXPECT_EQ(loop_->Memory(1000), MemoryLevel::kPlenty);
  world_.RunFor(4ms);
  EXPECT_EQ(loop_->Memory(1000), MemoryLevel::kPlenty);
  world_.RunFor(1ms);
  EXPECT_EQ(loop_->Memory(1000), MemoryLevel::kCritical);
}

TEST_F(MemoryWatchTest, WhatWasFreedIsGivenBackWhereMemoryIsShortOnceASecond) {
  loop_->SetMemory({.used = 950, .freed = 400});
  EXPECT_EQ(Level(), MemoryLevel::kPlenty);
  loop_->SetMemory({.used = 950, .freed = 400});
  EXPECT_EQ(Level(), MemoryLevel::kCritical);
  world_.RunFor(1s);
  EXPECT_EQ(Level(), MemoryLevel::kPlenty);
}

}  // namespace
}  // namespace rhei::inline v0::runtime
