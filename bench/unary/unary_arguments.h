// What a client of the benchmark `unary` is told, and when its calls are due where they do not wait for each other.
#pragma once

#include "support/arguments.h"
#include "support/load_run.h"

namespace rhei::bench {

struct UnaryArguments : ClientArguments {
  double rate = 0;  // calls a second on all connections together; 0: as many as there can be
};

// As StartClient, with `--rate`.
UnaryArguments StartUnaryClient(int argc, const char* const* argv, const char* purpose);

// The calls of an open loop: due at equal distances, whether those before have ended or not, and counted from then.
class Arrivals {
 public:
  Arrivals(double rate, LoadRun::TimePoint start) : rate_(rate), start_(start) {}

  LoadRun::TimePoint due() const {
    const std::chrono::duration<double> since_start(static_cast<double>(begun_) / rate_);
    return start_ + std::chrono::duration_cast<LoadRun::Clock::duration>(since_start);
  }
  void Advance() { ++begun_; }

 private:
  const double rate_;
  const LoadRun::TimePoint start_;
  std::int64_t begun_ = 0;
};

}  // namespace rhei::bench
