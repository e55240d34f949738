// Timers of one loop, without a clock: a hierarchical wheel that fires in exact order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "rhei/function.h"
#include "rhei/time.h"

namespace rhei::inline v0::runtime {

class TimerQueue;

// A timer, embedded in what it serves. Armed, cancelled and destroyed on the queue's loop; its destructor cancels. The
// function is given once and kept, so arming allocates nothing.
class Timer {
 public:
  explicit Timer(UniqueFunction<void()> on_expiry) : on_expiry_(std::move(on_expiry)) {}
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  bool armed() const;

 private:
  friend class TimerQueue;
  UniqueFunction<void()> on_expiry_;
};

// Arming, cancelling and firing cost O(1), with a million timers armed too. Timers fire in the order of their
// times, and those of equal time in the order of arming.
class TimerQueue {
 public:
  explicit TimerQueue(TimePoint start);
  ~TimerQueue();

  // A timer that is armed already is moved. A time that has passed fires at the next FireExpired.
  void Arm(Timer& timer, TimePoint when);
  void Cancel(Timer& timer);

  // Calls every timer that is due at `now`; they may arm and cancel timers, themselves too. One that a timer arms for
  // `now` or earlier waits for the next call. Tells how many it called.
  std::size_t FireExpired(TimePoint now);

  // When FireExpired should be called next: the exact time of the earliest timer.
  std::optional<TimePoint> NextExpiry() const;
  std::size_t size() const;
};

}  // namespace rhei::inline v0::runtime
