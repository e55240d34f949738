// LoopLag: how long what becomes ready waits until its loop gets to it.
#pragma once

#include "rhei/time.h"
#include "runtime/timer_queue.h"

namespace rhei::inline v0::runtime {

class Loop;

// A loop that computes leaves what arrives in the operating system, where nobody sees when it came. A timer waits there
// in the same line, and when it was due is known: how late it comes is how long everything else waits too. It is armed
// only while somebody asks. On its loop only.
class LoopLag {
 public:
  explicit LoopLag(Loop& loop);

  // As it was measured last, or how late the timer is by now if that is more. Zero when it was not asked for in the
  // last milliseconds: by then the loop has had nothing to do.
  Duration Get();

 private:
  // Short beside what a call may take, and rare enough to cost nothing beside the calls that ask.
  static constexpr Duration kInterval = std::chrono::milliseconds(1);

  void OnTimer();

  Loop& loop_;
  Duration measured_{};
  TimePoint due_{};
  bool asked_ = false;  // since the timer was armed
  Timer timer_;
};

}  // namespace rhei::inline v0::runtime
