#include "runtime/asio/blocked_caller.h"

#include <gtest/gtest.h>

#include <chrono>

namespace rhei::inline v0::runtime {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow = TimePoint(1h);
constexpr Duration kNone = Duration::zero();

// How many times it is left out now.
int LeftOut(BlockedCaller& caller) {
  int times = 0;
  while (caller.Patience(kNow) == kNone) ++times;
  return times;
}

TEST(BlockedCallerTest, NobodyIsWaitedForBeforeSomebodyWasSeen) {
  BlockedCaller caller;
  EXPECT_EQ(caller.Patience(kNow), kNone);
}

TEST(BlockedCallerTest, WhoWasSeenIsWaitedForForAWhile) {
  BlockedCaller caller;
  caller.Seen(kNow);
  EXPECT_EQ(caller.Patience(kNow), BlockedCaller::kPatience);
  EXPECT_EQ(caller.Patience(kNow + BlockedCaller::kAWhile), BlockedCaller::kPatience);
  EXPECT_EQ(caller.Patience(kNow + BlockedCaller::kAWhile + 1ns), kNone);
}

TEST(BlockedCallerTest, WhatBringsNothingIsLeftOutTwiceAsOftenEachTime) {
  BlockedCaller caller;
  caller.Seen(kNow);
  for (const int times : {1, 2, 4, 8}) {
    caller.FoundNothing();
    EXPECT_EQ(LeftOut(caller), times);
  }
  caller.Found();
  EXPECT_EQ(LeftOut(caller), 0);
  caller.FoundNothing();
  EXPECT_EQ(LeftOut(caller), 1);
}

TEST(BlockedCallerTest, NowAndThenItIsTriedAgain) {
  BlockedCaller caller;
  caller.Seen(kNow);
  for (int i = 0; i < 100; ++i) caller.FoundNothing();
  EXPECT_EQ(LeftOut(caller), BlockedCaller::kMostLeftOut);
}

}  // namespace
}  // namespace rhei::inline v0::runtime
