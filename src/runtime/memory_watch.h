// MemoryWatch: whether the process comes near the end of its memory, and when to give some back to the system.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rhei/time.h"
#include "runtime/timer_queue.h"

namespace rhei::inline v0::runtime {

class Loop;

enum class MemoryLevel : std::uint8_t {
  kPlenty,
  kShort,     // 80 % are used
  kCritical,  // 90 %
};

// Of one loop; on it only. Looks when it is asked, and no more often than every few milliseconds.
class MemoryWatch {
 public:
  explicit MemoryWatch(Loop& loop);

  // `limit` is what the process may have; 0: what the machine or the process's control group gives. Where memory is
  // short, what was freed is given back to the system, as otherwise it would stay short for ever.
  MemoryLevel Get(std::size_t limit);

  // About so many bytes were freed at once, by what will not soon come back. Once these are much, they are given back
  // to the system: a little later, and not often.
  void Freed(std::size_t bytes);

 private:
  MemoryLevel Look(std::size_t limit);
  void Release();

  Loop& loop_;
  MemoryLevel level_ = MemoryLevel::kPlenty;
  TimePoint next_look_{};
  TimePoint released_{};
  std::size_t given_ = 0;  // by the machine; 0: nobody has asked yet
  std::size_t freed_ = 0;  // and not given back
  Timer return_timer_;
};

}  // namespace rhei::inline v0::runtime
