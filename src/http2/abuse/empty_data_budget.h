// A bound on DATA frames that say nothing.
#pragma once

#include <cstdint>

namespace rhei::inline v0::http2 {

// Empty-frame floods (CVE-2019-9518): DATA without payload and without END_STREAM costs work and no window. `burst` are
// free; each DATA frame with payload gives one back.
class EmptyDataBudget {
 public:
  explicit EmptyDataBudget(std::uint32_t burst) : burst_(burst) {}

  // False when there were too many: the connection is to be ended.
  bool Empty() { return ++spent_ <= burst_; }
  void Payload() {
    if (spent_ > 0) --spent_;
  }

 private:
  std::uint32_t burst_;
  std::uint32_t spent_ = 0;
};

}  // namespace rhei::inline v0::http2
