// What a client of the benchmark `publish` is told, and what it sends.
#pragma once

#include <string>

#include "support/arguments.h"
#include "support/load_run.h"

namespace rhei::bench {

struct PublishArguments : ClientArguments {
  double rate = 0;  // messages a second on all connections together; 0: as many as there can be
};

// As StartClient, with `--rate`.
PublishArguments StartPublishClient(int argc, const char* const* argv, const char* purpose);

inline constexpr const char* kTopic = "bench";

// `size` bytes that are no text.
std::string MessageData(std::int64_t size);

// When one connection's messages are due under a rate: the connections take turns, at equal distances. A message whose
// time comes while the one before it is still under way goes as soon as it can, and counts from when it was due.
class Pace {
 public:
  Pace(const PublishArguments& arguments, LoadRun::TimePoint start, std::int64_t connection);

  LoadRun::TimePoint due() const { return due_; }
  void Advance() { due_ += step_; }

 private:
  LoadRun::Clock::duration step_;
  LoadRun::TimePoint due_;
};

}  // namespace rhei::bench
