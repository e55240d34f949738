// Backoff: how long to wait between attempts to connect (grpc/doc/connection-backoff.md).
#pragma once

#include <algorithm>
#include <cstdint>

#include "rhei/time.h"

namespace rhei::inline v0::client {

// Each wait is 1.6 times the one before, up to the longest, and every one is varied by up to 20 % either way, so that
// clients which lost their server together do not come back together.
class Backoff {
 public:
  Backoff(Duration initial, Duration longest) : initial_(initial), longest_(longest), next_(initial) {}

  // `random` is uniform over all of its 64 bits.
  Duration Next(std::uint64_t random) {
    const Duration base = std::min(next_, longest_);
    next_ = std::min(Duration(static_cast<Duration::rep>(static_cast<double>(base.count()) * 1.6)), longest_);
    const double unit = static_cast<double>(random >> 11) / static_cast<double>(1ULL << 53);  // 0 to 1
    return Duration(static_cast<Duration::rep>(static_cast<double>(base.count()) * (0.8 + 0.4 * unit)));
  }

  // A connection has been made.
  void Reset() { next_ = initial_; }

 private:
  const Duration initial_;
  const Duration longest_;
  Duration next_;
};

}  // namespace rhei::inline v0::client
