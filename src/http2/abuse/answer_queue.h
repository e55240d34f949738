// How many answers to the peer's control frames wait to be written.
#pragma once

#include <cstdint>

namespace rhei::inline v0::http2 {

// A peer that sends PINGs, SETTINGS or broken requests and does not read makes answers pile up (CVE-2019-9512, -9514,
// -9515). From `limit` waiting answers on, no more frames are decoded until they have been written. Positions are bytes
// of output since the connection began; only the newest answer's position is kept, so the count falls to zero all at
// once, when that has been written.
class AnswerQueue {
 public:
  explicit AnswerQueue(std::uint32_t limit) : limit_(limit) {}

  // An answer was put into the output, which ends at `position` now.
  void Queued(std::uint64_t position) {
    ++count_;
    last_ = position;
  }
  // The output has been written up to `position`.
  void Written(std::uint64_t position) {
    if (position >= last_) count_ = 0;
  }
  bool full() const { return count_ >= limit_; }

 private:
  std::uint32_t limit_;
  std::uint32_t count_ = 0;
  std::uint64_t last_ = 0;
};

}  // namespace rhei::inline v0::http2
