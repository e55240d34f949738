#include "support/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace rhei::bench {

void Histogram::Record(std::chrono::nanoseconds duration) {
  ++buckets_[BucketOf(static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)))];
  ++count_;
}

void Histogram::Clear() {
  buckets_.fill(0);
  count_ = 0;
}

std::optional<double> Histogram::Quantile(double share) const {
  if (count_ == 0) return std::nullopt;
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  const std::uint64_t wanted = std::clamp<std::uint64_t>(rank, 1, count_);
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while ((seen += buckets_[bucket]) < wanted) ++bucket;
  return MiddleOf(bucket);
}

std::size_t Histogram::BucketOf(std::uint64_t nanoseconds) {
  nanoseconds = std::min(nanoseconds, (std::uint64_t{1} << kLargestBits) - 1);
  // The leading one and the kPrecisionBits bits after it select the bucket; `shift` drops the rest.
  const int shift = std::max(static_cast<int>(std::bit_width(nanoseconds)) - kPrecisionBits - 1, 0);
  return (static_cast<std::size_t>(shift) << kPrecisionBits) + static_cast<std::size_t>(nanoseconds >> shift);
}

double Histogram::MiddleOf(std::size_t bucket) {
  constexpr std::size_t kPerPower = std::size_t{1} << kPrecisionBits;
  if (bucket < 2 * kPerPower) return static_cast<double>(bucket);
  const std::size_t shift = bucket / kPerPower - 1;
  const std::uint64_t lowest = static_cast<std::uint64_t>(bucket - shift * kPerPower) << shift;
  return static_cast<double>(lowest) + static_cast<double>(std::uint64_t{1} << shift) / 2;
}

}  // namespace rhei::bench
