// Closing sockets without keeping the loop from those who stay.
#pragma once

#include <cstddef>
#include <deque>

#include "rhei/time.h"
#include "runtime/posix/descriptor.h"
#include "runtime/timer_queue.h"

namespace rhei::inline v0::runtime {

class AsioLoop;

// Closing a TCP socket takes leave of its peer before it returns, which costs as much time as serving several calls,
// and when a thousand clients hang up at once, whoever else is served would wait for all of that. So a millisecond has
// a few closes, which happen at once, and what is beyond them waits for the next. What waits is bounded, as nobody else
// should lack descriptors for it: then the oldest goes at once. Used on its loop only, which outlives it.
class DescriptorCloser {
 public:
  explicit DescriptorCloser(AsioLoop& loop) : loop_(loop), next_round_([this] { StartRound(); }) {}

  // At once while the loop does not run, as nobody knows whether it ever will.
  void Close(posix::Descriptor descriptor);

 private:
  void StartRound();

  AsioLoop& loop_;
  TimePoint round_end_{};
  int left_in_round_ = 0;
  std::deque<posix::Descriptor> waiting_;
  std::size_t most_waiting_ = 0;
  Timer next_round_;  // armed while something waits
};

}  // namespace rhei::inline v0::runtime
