// `grpc-timeout`: how long a client will wait for its answer (gRPC PROTOCOL-HTTP2, "Timeout").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "rhei/time.h"

namespace rhei::inline v0::wire {

// A timeout as text: up to eight digits and a unit.
class TimeoutText {
 public:
  TimeoutText() = default;  // empty
  // The whole timeout of a call, rounded up to three digits: what a call sets again and again is then the same text
  // each time, which HPACK's table knows. A timeout that is not positive is the shortest there is.
  static TimeoutText Rounded(Duration timeout);
  // What is left of a deadline, to the nanosecond where eight digits can say it, and never less.
  static TimeoutText Exact(Duration timeout);

  std::string_view view() const { return {text_.data(), size_}; }

 private:
  TimeoutText(std::int64_t count, char unit);

  std::array<char, 12> text_{};
  std::size_t size_ = 0;
};

// Nothing: not a timeout. One that is longer than can be said is Duration::max().
std::optional<Duration> ParseTimeout(std::string_view text);

}  // namespace rhei::inline v0::wire
