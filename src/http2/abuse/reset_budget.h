// A bound on streams that end unfinished.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "rhei/limits.h"
#include "rhei/time.h"

namespace rhei::inline v0::http2 {

// Rapid Reset (CVE-2023-44487) and MadeYouReset (CVE-2025-8671): a peer makes a server start work and drops it at once,
// by RST_STREAM or by a mistake that makes the server send one. Each such reset costs one of `reset_burst`;
// `resets_per_second`, and each call that completed normally, give one back, never above the burst. Resets that the
// server's own code asks for are not counted: they are not the peer's doing.
class ResetBudget {
 public:
  ResetBudget(const Limits& limits, TimePoint now)
      : burst_(limits.reset_burst * kUnit), per_second_(limits.resets_per_second), left_(burst_), filled_(now) {}

  // False when the budget is exhausted: the connection is to be ended.
  bool Charge(TimePoint now) {
    Refill(now);
    if (left_ < kUnit) return false;
    left_ -= kUnit;
    return true;
  }

  void Completed() { left_ = std::min(left_ + kUnit, burst_); }

 private:
  // Counted in nanoseconds of one refill per second, so that slow refills lose nothing to rounding.
  static constexpr std::int64_t kUnit = 1'000'000'000;

  void Refill(TimePoint now) {
    // A pause longer than this refills everything; the bound keeps the product below in range.
    const std::int64_t elapsed = std::clamp<std::int64_t>((now - filled_).count(), 0, 3600 * kUnit);
    filled_ = std::max(filled_, now);
    if (per_second_ > 0) left_ = std::min(left_ + std::min(elapsed, burst_ / per_second_ + 1) * per_second_, burst_);
  }

  std::int64_t burst_;
  std::int64_t per_second_;
  std::int64_t left_;
  TimePoint filled_;
};

}  // namespace rhei::inline v0::http2
