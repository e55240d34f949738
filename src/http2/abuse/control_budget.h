// A bound on control frames that carry no one's messages.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "rhei/limits.h"
#include "rhei/time.h"

namespace rhei::inline v0::http2 {

// Floods of PRIORITY, WINDOW_UPDATE, SETTINGS, PING and unknown frames (CVE-2019-9512, -9513, -9515): what the peer
// sends beside HEADERS and DATA may exceed `control_ratio` times the HEADERS and DATA of both directions (an honest
// receiver of a large download sends little but WINDOW_UPDATEs) by `control_allowance`. Credit does not pile up, so a
// long quiet life buys no flood; and the excess drains by kDrainPerSecond, so that a year of keepalive pings on an idle
// connection is no flood either.
class ControlBudget {
 public:
  static constexpr std::int64_t kDrainPerSecond = 1024;

  explicit ControlBudget(const Limits& limits, TimePoint now)
      : ratio_(limits.control_ratio), allowance_(static_cast<std::int64_t>(limits.control_allowance)), drained_(now) {}

  // HEADERS or DATA, sent or received, of so many bytes with their frame header.
  void Payload(std::size_t bytes) { excess_ -= static_cast<std::int64_t>(bytes) * ratio_; }

  // Any other frame received. False when there were too many: the connection is to be ended.
  bool Control(std::size_t bytes, TimePoint now) {
    excess_ = std::max<std::int64_t>(excess_, 0) + static_cast<std::int64_t>(bytes);
    if (excess_ <= allowance_) return true;
    const std::int64_t seconds = (now - drained_) / std::chrono::seconds(1);
    drained_ = std::max(drained_, now);
    excess_ -= std::min(excess_, seconds * kDrainPerSecond);
    return excess_ <= allowance_;
  }

 private:
  std::int64_t ratio_;
  std::int64_t allowance_;
  std::int64_t excess_ = 0;
  TimePoint drained_;
};

}  // namespace rhei::inline v0::http2
