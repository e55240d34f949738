#include "client/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace rhei::inline v0::client {
namespace {

using namespace std::chrono_literals;

TEST(BackoffTest, GrowsByTheFactorUpToTheLongest) {
  Backoff backoff(1s, 120s);
  double expected = 1.0;
  for (int attempt = 0; attempt < 20; ++attempt) {
    // In the middle of its range: not varied at all.
    const Duration wait = backoff.Next(std::uint64_t{1} << 63);
    EXPECT_NEAR(std::chrono::duration<double>(wait).count(), expected, 0.001) << attempt;
    expected = std::min(expected * 1.6, 120.0);
  }
}

TEST(BackoffTest, VariesEachWaitByAtMostTwentyPerCent) {
  EXPECT_EQ(Backoff(1s, 120s).Next(0), 800ms);
  EXPECT_LE(Backoff(1s, 120s).Next(~std::uint64_t{0}), 1200ms);
  EXPECT_GT(Backoff(1s, 120s).Next(~std::uint64_t{0}), 1199ms);
  std::mt19937_64 random(1);
  Duration least = 10s, most = 0s;
  for (int i = 0; i < 1000; ++i) {
    const Duration wait = Backoff(1s, 120s).Next(random());
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_LT(least, 820ms);
  EXPECT_GT(most, 1180ms);
}

TEST(BackoffTest, BeginsAnewAfterAConnection) {
  Backoff backoff(1s, 120s);
  for (int i = 0; i < 5; ++i) backoff.Next(0);
  backoff.Reset();
  EXPECT_EQ(backoff.Next(0), 800ms);
}

TEST(BackoffTest, AnInitialWaitAboveTheLongestIsTheLongest) { EXPECT_EQ(Backoff(10s, 2s).Next(0), 1600ms); }

}  // namespace
}  // namespace rhei::inline v0::client
