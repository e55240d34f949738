// MemoryWatch: whether the process comes near the end of its memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rhei/time.h"

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
  explicit MemoryWatch(Loop& loop) : loop_(loop) {}

  // `limit` is what the process may have; 0: what the machine or the process's control group gives. Where memory is
  // short, what was freed is given back to the system, as otherwise it would stay short for ever.
  MemoryLevel Get(std::size_t limit);

 private:
  MemoryLevel Look(std::size_t limit);

  Loop& loop_;
  MemoryLevel level_ = MemoryLevel::kPlenty;
  TimePoint next_look_{};
  TimePoint next_release_{};
  std::size_t given_ = 0;  // by the machine; 0: nobody has asked yet
};

}  // namespace rhei::inline v0::runtime
