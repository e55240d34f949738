// Points in time and durations. Time is always given, never taken: only src/runtime reads a clock.
#pragma once

#include <chrono>

namespace rhei::inline v0 {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

}  // namespace rhei::inline v0
