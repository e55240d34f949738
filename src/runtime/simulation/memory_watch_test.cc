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

TEST_F(MemoryWatchTest, WhatWasFreedIsGivenBackASecondAfterItWasMuch) {
  loop_->SetMemory({.used = 100, .freed = 40});
  loop_->NoteFreed(128 * 1024 - 1);
  world_.RunFor(2s);
  EXPECT_EQ(loop_->MemoryUsed(), 100U);
  loop_->NoteFreed(1);
  world_.RunFor(999ms);
  EXPECT_EQ(loop_->MemoryUsed(), 100U);
  world_.RunFor(1ms);
  EXPECT_EQ(loop_->MemoryUsed(), 60U);
}

TEST_F(MemoryWatchTest, WhatIsFreedWhileItWaitsIsGivenBackWithIt) {
  loop_->NoteFreed(1 << 20);
  world_.RunFor(500ms);
  loop_->NoteFreed(1 << 20);
  loop_->SetMemory({.used = 100, .freed = 40});
  world_.RunFor(500ms);
  EXPECT_EQ(loop_->MemoryUsed(), 60U);
  loop_->SetMemory({.used = 100, .freed = 40});
  world_.RunFor(10s);
  EXPECT_EQ(loop_->MemoryUsed(), 100U);
}

TEST_F(MemoryWatchTest, WhereMuchIsFreedAllTheTimeItIsGivenBackEveryFiveSeconds) {
  loop_->NoteFreed(1 << 20);
  world_.RunFor(1s);
  loop_->SetMemory({.used = 100, .freed = 40});
  loop_->NoteFreed(1 << 20);
  world_.RunFor(4999ms);
  EXPECT_EQ(loop_->MemoryUsed(), 100U);
  world_.RunFor(1ms);
  EXPECT_EQ(loop_->MemoryUsed(), 60U);
}

}  // namespace
}  // namespace rhei::inline v0::runtime
