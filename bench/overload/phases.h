// What the client of the benchmark `overload` sends when, and what it counts.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/histogram.h"

namespace rhei::bench {

struct Phase {
  double rate = 0;  // calls a second
  double seconds = 0;
};

// "2500:1,20000:5": rates and seconds. Nothing when it is not that.
std::optional<std::vector<Phase>> ParsePhases(std::string_view text);

// When calls are due: at random, independent of each other and of how the server does, at each phase's rate on the
// average. The seed is always the same.
class Schedule {
 public:
  explicit Schedule(std::vector<Phase> phases) : phases_(std::move(phases)) { Next(); }

  // After the begin of all; nothing: no more.
  std::optional<std::chrono::nanoseconds> due() const { return due_; }
  std::size_t phase() const { return phase_; }
  void Next();

 private:
  const std::vector<Phase> phases_;
  std::mt19937_64 random_{1};
  std::size_t phase_ = 0;
  double phase_begin_ = 0;  // seconds
  double last_ = 0;
  std::optional<std::chrono::nanoseconds> due_;
};

// How calls ended, by the phase that they were due in.
class PhaseCounts {
 public:
  enum class End { kAnswered, kRefused, kExpired, kFailed };

  // An answer that comes later than `useful` is of no use to anybody.
  PhaseCounts(std::size_t phases, std::chrono::nanoseconds useful) : useful_(useful), phases_(phases) {}

  void Sent(std::size_t phase, std::chrono::nanoseconds due);
  void Ended(std::size_t phase, std::chrono::nanoseconds due, std::chrono::nanoseconds took, End how);

  // One line. For each phase: sent, useful, late, refused, expired, failed, and in microseconds answer_p50_us,
  // answer_p99_us, refusal_p50_us, refusal_p99_us; and for each tenth of a second [sent in it, of these useful].
  std::string ToJson() const;

 private:
  static constexpr std::chrono::milliseconds kSlot{100};

  struct Counts {
    std::uint64_t sent = 0, useful = 0, late = 0, refused = 0, expired = 0, failed = 0;
    Histogram answers;
    Histogram refusals;
  };
  struct Slot {
    std::uint64_t sent = 0, useful = 0;
  };
  Slot& SlotAt(std::chrono::nanoseconds due);

  const std::chrono::nanoseconds useful_;
  std::vector<Counts> phases_;
  std::vector<Slot> slots_;
};

}  // namespace rhei::bench
