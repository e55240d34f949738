// The measuring of a closed loop: which calls are timed, when the window begins and ends, what came of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "support/arguments.h"
#include "support/histogram.h"

namespace rhei::bench {

// One run of a client. Begin() before each call, End() after it, and another call for as long as End() says so:
//
//   call.begun = run.Begin();                     // starting a call
//   if (run.End(call.begun, ok)) StartNext(call);  // it ended
//
// Time is read only for every kStride-th call (for each one, when only one is in flight), so that measuring costs
// little beside millions of calls a second; the window is opened and closed at those calls. The time before the
// window is warm-up and counts for nothing. One thread.
class LoadRun {
 public:
  using Clock = std::chrono::steady_clock;
  using TimePoint = Clock::time_point;

  // Prime, so that it does not beat with batches of 10 or 100 calls.
  static constexpr int kStride = 31;

  explicit LoadRun(const ClientArguments& arguments);

  // A call starts now: when, if it is one of those that are timed, otherwise TimePoint{}.
  TimePoint Begin() { return --until_timed_ > 0 ? TimePoint{} : BeginTimed(); }

  // The same for a call that was due at a certain time, however late it starts: it is timed, and from then.
  TimePoint BeginDue(TimePoint due);

  // A call that Begin returned `begun` for has ended, well or not. Returns whether the load should go on.
  bool End(TimePoint begun, bool ok) {
    ++(ok ? completed_ : failed_);
    if (begun != TimePoint{}) EndTimed(begun);
    return state_ != State::kOver;
  }

  // False once the window has closed.
  bool running() const { return state_ != State::kOver; }

  // The results, as one line of JSON: requests, seconds, errors, p50_us, p99_us, p999_us, client_cpu_us, server_cpu_us;
  // the latter two per request, and null where unknown.
  std::string ToJson() const;

 private:
  enum class State { kNew, kWarmup, kMeasuring, kOver };

  // What only grows; the window's figures are differences of two of these.
  struct Reading {
    TimePoint time;
    std::uint64_t completed = 0;
    std::uint64_t failed = 0;
    double own_cpu = 0;
    std::optional<double> server_cpu;
  };

  TimePoint BeginTimed();
  void EndTimed(TimePoint begun);
  Reading Read(TimePoint now) const;

  const std::chrono::duration<double> warmup_;
  const std::chrono::duration<double> window_;
  const std::int64_t server_pid_;
  const int stride_;

  int until_timed_ = 1;
  std::uint64_t completed_ = 0;
  std::uint64_t failed_ = 0;
  State state_ = State::kNew;
  TimePoint started_;
  Reading first_;
  Reading last_;
  Histogram latencies_;
};

}  // namespace rhei::bench
