#include "http2/bdp_estimator.h"

#include <gtest/gtest.h>

namespace rhei::inline v0::http2 {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kWindow = 64'000;
constexpr std::int64_t kLimit = 8'000'000;
constexpr Duration kLongestPause = 1024ms;

class BdpEstimatorTest : public ::testing::Test {
 protected:
  // A round trip, after any pause, in which so many bytes arrive, in ten frames. Whether the window has grown.
  bool Sample(std::int64_t bytes, Duration round_trip) {
    now_ += kLongestPause;
    for (int i = 0; i < 10; ++i) {
      const bool ping = estimator_.OnData(static_cast<std::size_t>(bytes / 10), now_);
      EXPECT_EQ(ping, i == 0);
    }
    now_ += round_trip;
    return estimator_.OnAcknowledged(now_);
  }

  TimePoint now_{1h};
  BdpEstimator estimator_{kWindow, kLimit};
};

TEST_F(BdpEstimatorTest, RestsUntilItIsWanted) {
  EXPECT_FALSE(estimator_.listening());
  estimator_.Want();
  EXPECT_TRUE(estimator_.listening());
  EXPECT_FALSE(estimator_.measuring());
  EXPECT_TRUE(estimator_.OnData(1, now_));
  EXPECT_TRUE(estimator_.measuring());
  estimator_.Want();
  EXPECT_FALSE(estimator_.OnData(1, now_)) << "one PING at a time";
}

TEST_F(BdpEstimatorTest, ASampleThatFillsTheWindowDoublesIt) {
  estimator_.Want();
  EXPECT_TRUE(Sample(kWindow, 10ms));
  EXPECT_EQ(estimator_.window(), 2 * kWindow);
  EXPECT_TRUE(Sample(2 * kWindow * 2 / 3 + 10, 10ms));
  EXPECT_NEAR(static_cast<double>(estimator_.window()), 2 * kWindow * 4 / 3.0, 50);
}

TEST_F(BdpEstimatorTest, ASampleOfLessThanTwoThirdsChangesNothing) {
  estimator_.Want();
  EXPECT_FALSE(Sample(kWindow * 2 / 3 - 10, 10ms));
  EXPECT_EQ(estimator_.window(), kWindow);
  EXPECT_TRUE(estimator_.listening()) << "and the next one is taken, after a pause";
}

TEST_F(BdpEstimatorTest, ASmallSampleEndsTheMeasuring) {
  estimator_.Want();
  Sample(kWindow / 4 - 10, 10ms);
  EXPECT_FALSE(estimator_.listening());
  estimator_.Want();
  EXPECT_TRUE(estimator_.listening());
}

TEST_F(BdpEstimatorTest, MeasurementsThatBringNothingBecomeRareAndOneThatDoesMakesThemFrequent) {
  const auto pings_in_a_second = [this](std::int64_t message) {
    int pings = 0;
    for (const TimePoint end = now_ + 1s; now_ < end; now_ += 1ms) {
      estimator_.Want();
      if (estimator_.OnData(static_cast<std::size_t>(message), now_)) {
        ++pings;
        estimator_.OnAcknowledged(now_ + 100us);
      }
    }
    return pings;
  };
  constexpr std::int64_t kMessage = kWindow / 2;
  EXPECT_LE(pings_in_a_second(kMessage), 14);
  EXPECT_LE(pings_in_a_second(kMessage), 2);
  EXPECT_GE(pings_in_a_second(kMessage), 1) << "but they do not end";
  EXPECT_TRUE(Sample(kWindow, 50us));
  EXPECT_GE(pings_in_a_second(kMessage), 8);
}

TEST_F(BdpEstimatorTest, AWindowThatBringsNoBandwidthDoesNotGrowFurther) {
  estimator_.Want();
  ASSERT_TRUE(Sample(kWindow, 10ms));
  // All of the larger window is used, but it only fills a queue on the way: round trips become longer.
  for (int i = 0; i < 50; ++i) ASSERT_FALSE(Sample(2 * kWindow, 40ms)) << i;
  EXPECT_EQ(estimator_.window(), 2 * kWindow);
}

TEST_F(BdpEstimatorTest, GrowsToTheProductOfBandwidthAndDelayAndNotMuchFurther) {
  // 100 MB/s and 20 ms: 2 MB are on the way at most.
  estimator_.Want();
  for (int i = 0; i < 40 && estimator_.listening(); ++i) {
    Sample(std::min<std::int64_t>(estimator_.window(), 2'000'000), 20ms);
  }
  EXPECT_GE(estimator_.window(), 2'000'000);
  EXPECT_LE(estimator_.window(), 4'000'000);
}

TEST_F(BdpEstimatorTest, NothingPassesTheLimitAndThereItIsOver) {
  estimator_.Want();
  EXPECT_TRUE(Sample(100 * kLimit, 10ms));
  EXPECT_EQ(estimator_.window(), kLimit);
  EXPECT_FALSE(estimator_.listening());
  estimator_.Want();
  EXPECT_FALSE(estimator_.listening());
}

TEST_F(BdpEstimatorTest, APeerThatAcknowledgesAtOnceGainsNothing) {
  estimator_.Want();
  for (int i = 0; i < 1'000; ++i) {
    if (!estimator_.listening()) estimator_.Want();
    now_ += kLongestPause;
    ASSERT_TRUE(estimator_.OnData(16'384, now_));
    ASSERT_FALSE(estimator_.OnAcknowledged(now_));
  }
  EXPECT_EQ(estimator_.window(), kWindow);
}

TEST_F(BdpEstimatorTest, APeerThatNeverAcknowledgesGetsNothing) {
  estimator_.Want();
  EXPECT_TRUE(estimator_.OnData(1, now_));
  for (int i = 0; i < 100'000; ++i) {
    now_ += 1s;
    ASSERT_FALSE(estimator_.OnData(16'384, now_));
  }
  EXPECT_EQ(estimator_.window(), kWindow);
}

TEST(BdpEstimatorLimitTest, NothingIsMeasuredWhereNothingMayGrow) {
  BdpEstimator estimator(kWindow, kWindow);
  estimator.Want();
  EXPECT_FALSE(estimator.listening());
}

}  // namespace
}  // namespace rhei::inline v0::http2
