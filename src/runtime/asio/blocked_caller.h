// A thread that waits for a loop, as the loop sees it.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>

#include "rhei/time.h"

namespace rhei::inline v0::runtime {

// Where a thread makes one call after the other and waits for each, the loop that goes to sleep between them makes it
// wait longer: waking up may take as long as all the rest of the call. So for a while after such a thread was seen the
// loop looks before it sleeps, for an answer or for the next call; for as long as that is worth it: each time that
// nothing comes, it leaves it for twice as many times as before.
class BlockedCaller {
 public:
  // Any thread, as it begins to wait.
  void Seen(TimePoint now) { seen_.store(now.time_since_epoch().count(), std::memory_order_relaxed); }

  // The rest is the loop's. How long to look, instead of going to sleep now.
  Duration Patience(TimePoint now) {
    const TimePoint seen{TimePoint::duration(seen_.load(std::memory_order_relaxed))};
    if (now - seen > kAWhile) return Duration::zero();
    if (left_out_ > 0) {
      --left_out_;
      return Duration::zero();
    }
    return kPatience;
  }
  // What came of it.
  void Found() { leaves_out_ = 0; }
  void FoundNothing() {
    leaves_out_ = std::clamp(2 * leaves_out_, 1, kMostLeftOut);
    left_out_ = leaves_out_;
  }

  static constexpr Duration kAWhile = std::chrono::milliseconds(1);
  static constexpr Duration kPatience = std::chrono::microseconds(100);
  static constexpr int kMostLeftOut = 1024;

 private:
  std::atomic<TimePoint::rep> seen_{TimePoint::min().time_since_epoch().count() / 2};
  int leaves_out_ = 0;
  int left_out_ = 0;
};

}  // namespace rhei::inline v0::runtime
