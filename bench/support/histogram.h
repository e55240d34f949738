// Latencies, counted in buckets whose width grows with the value.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rhei::bench {

// Counts durations from 0 to about 18 minutes with an error of at most 1/64 of the value; longer ones count as the
// longest. Recording is a few instructions and allocates nothing. One thread.
class Histogram {
 public:
  void Record(std::chrono::nanoseconds duration);
  void Clear();

  std::uint64_t count() const { return count_; }

  // The value, in nanoseconds, that the given share (0 to 1) of the durations does not exceed: the middle of its
  // bucket. Nothing when none was recorded.
  std::optional<double> Quantile(double share) const;

 private:
  // Each power of two is cut into 2^5 buckets; below 2^5 a bucket is one nanosecond.
  static constexpr int kPrecisionBits = 5;
  static constexpr int kLargestBits = 40;
  static constexpr std::size_t kBuckets = (kLargestBits - kPrecisionBits + 1) << kPrecisionBits;

  static std::size_t BucketOf(std::uint64_t nanoseconds);
  static double MiddleOf(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace rhei::bench
