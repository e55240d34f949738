// How many lines a log takes in a second.
#pragma once

#include <cstdint>
#include <optional>

#include "rhei/time.h"

namespace rhei::inline v0::runtime {

// Not thread-safe.
class LineLimiter {
 public:
  explicit LineLimiter(int lines_per_second) : limit_(lines_per_second) {}

  // Whether a line may be written at `now`; if so, how many were refused since the last one that might.
  std::optional<std::uint64_t> Admit(TimePoint now) {
    if (!second_began_ || now - *second_began_ >= std::chrono::seconds(1)) {
      second_began_ = now;
      lines_ = 0;
    }
    if (lines_ >= limit_) {
      ++refused_;
      return std::nullopt;
    }
    ++lines_;
    const std::uint64_t refused = refused_;
    refused_ = 0;
    return refused;
  }

 private:
  const int limit_;
  std::optional<TimePoint> second_began_;
  int lines_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace rhei::inline v0::runtime
