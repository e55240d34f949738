#include "support/histogram.h"

#include <gtest/gtest.h>

namespace rhei::bench {
namespace {

using std::chrono::nanoseconds;

TEST(Histogram, HasNoQuantileBeforeTheFirstValue) { EXPECT_FALSE(Histogram().Quantile(0.5).has_value()); }

TEST(Histogram, KeepsEveryValueWithinOneSixtyFourth) {
  for (std::int64_t value = 0; value < (std::int64_t{1} << 39); value = value + value / 7 + 1) {
    Histogram histogram;
    histogram.Record(nanoseconds(value));
    EXPECT_NEAR(*histogram.Quantile(0.5), static_cast<double>(value), static_cast<double>(value) / 64 + 0.5);
  }
}

TEST(Histogram, FindsMedianAndTailOfAKnownDistribution) {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.Record(nanoseconds(i * 1000));
  EXPECT_NEAR(*histogram.Quantile(0.5), 500'000, 500'000 / 64.0);
  EXPECT_NEAR(*histogram.Quantile(0.99), 990'000, 990'000 / 64.0);
  EXPECT_NEAR(*histogram.Quantile(0), 1'000, 1'000 / 64.0 + 0.5);
  EXPECT_NEAR(*histogram.Quantile(1), 1'000'000, 1'000'000 / 64.0);
}

TEST(Histogram, CountsValuesBeyondItsRangeAsTheLargest) {
  Histogram histogram;
  histogram.Record(std::chrono::hours(1000));
  histogram.Record(nanoseconds(-5));
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_EQ(*histogram.Quantile(0), 0);
  EXPECT_GT(*histogram.Quantile(1), 1e12);
}

TEST(Histogram, ForgetsEverythingWhenCleared) {
  Histogram histogram;
  histogram.Record(nanoseconds(3));
  histogram.Clear();
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_FALSE(histogram.Quantile(1).has_value());
}

}  // namespace
}  // namespace rhei::bench
