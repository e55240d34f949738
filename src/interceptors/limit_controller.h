// LimitController: how many calls a server can have at once before they get slower.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rhei/adaptive_limit.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

// The arithmetic of LimitAdaptively, free of calls and clocks; see there. Not thread-safe.
class LimitController {
 public:
  explicit LimitController(const AdaptiveLimitOptions& options);

  // Whether a call may begin that arrived then. If so, and it counts, End follows once it has ended.
  bool Begin(TimePoint arrived, TimePoint now, bool counts);

  struct Ended {
    std::string_view method;
    TimePoint arrived;
    TimePoint begun;
    bool ok = false;
  };
  void End(const Ended& call, TimePoint now);

  AdaptiveLimit::Figures figures() const { return {limit(), in_flight_, admitted_, rejected_}; }
  // How many it knows by name, and one for all others.
  std::size_t methods() const { return methods_.size(); }

 private:
  struct Method {
    double usual = 0;  // nanoseconds that a call takes which does not wait; 0: not known yet
    // In this window.
    std::uint64_t calls = 0;
    double took = 0;  // all together, from arrival to end
    std::uint64_t learnt = 0;
    double ran = 0;  // those, from begin to end
  };

  std::size_t limit() const { return static_cast<std::size_t>(limit_); }
  std::size_t EndedSince(TimePoint time) const;
  void CountEnd(TimePoint now);
  Method& At(std::string_view method);
  void Measure(const Ended& call, TimePoint now);
  void CloseWindow(TimePoint now);
  void Adjust(double took, double allowed);
  void Learn(bool calm);
  void OpenWindow(TimePoint now);

  AdaptiveLimitOptions options_;
  double limit_;
  std::size_t in_flight_ = 0;
  std::uint64_t admitted_ = 0;
  std::uint64_t rejected_ = 0;

  // When the last calls ended, a ring as large as the limit may become.
  std::vector<TimePoint> ends_;
  std::uint64_t ended_ = 0;

  std::unordered_map<std::string, Method> methods_;
  TimePoint window_begin_{};
  std::uint64_t window_calls_ = 0;
  std::size_t window_peak_ = 0;  // calls at once, as Begin counts them
  bool window_rejected_ = false;
  bool doubling_ = true;
  bool probing_ = false;
  double limit_after_probe_ = 0;
  TimePoint next_probe_{};
};

}  // namespace rhei::inline v0
