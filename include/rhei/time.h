// Points in time and durations. Time is always given, never taken: only src/runtime reads a clock.
#pragma once

#include <chrono>

namespace rhei::inline v0 {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// A deadline that never comes.
inline constexpr TimePoint kNoDeadline = TimePoint::max();

// `time` and `duration` later, or kNoDeadline where that cannot be said.
constexpr TimePoint AddSaturated(TimePoint time, Duration duration) {
  return duration > kNoDeadline - time ? kNoDeadline : time + duration;
}

// Where the time comes from: the machine's monotonic clock, or the virtual time of a simulated world.
class Clock {
 public:
  // Any thread.
  virtual TimePoint Now() const = 0;

 protected:
  ~Clock() = default;
};

}  // namespace rhei::inline v0
