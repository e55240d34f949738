#include "runtime/memory_watch.h"

#include <algorithm>
#include <chrono>

#include "runtime/loop.h"

namespace rhei::inline v0::runtime {
namespace {

// A gigabyte a second, as a fast network brings, is five megabytes in this time.
constexpr Duration kLookInterval = std::chrono::milliseconds(5);
constexpr Duration kReleaseInterval = std::chrono::seconds(1);
// Where there is plenty: a release takes the loop a millisecond, more in a large process.
constexpr Duration kReturnInterval = std::chrono::seconds(5);
constexpr std::size_t kWorthReturning = 128 * 1024;

MemoryLevel LevelOf(std::size_t used, std::size_t limit) {
  if (used >= limit / 10 * 9) return MemoryLevel::kCritical;
  return used >= limit / 10 * 8 ? MemoryLevel::kShort : MemoryLevel::kPlenty;
}

}  // namespace

MemoryWatch::MemoryWatch(Loop& loop) : loop_(loop), return_timer_([this] { Release(); }) {}

MemoryLevel MemoryWatch::Get(std::size_t limit) {
  if (limit == SIZE_MAX) return MemoryLevel::kPlenty;
  const TimePoint now = loop_.Now();
  if (now >= next_look_) {
    level_ = Look(limit);
    next_look_ = now + kLookInterval;
  }
  return level_;
}

MemoryLevel MemoryWatch::Look(std::size_t limit) {
  if (limit == 0) {
    if (given_ == 0) given_ = loop_.MemoryLimit();
    limit = given_;
  }
  const MemoryLevel level = LevelOf(loop_.MemoryUsed(), limit);
  if (level == MemoryLevel::kPlenty || loop_.Now() < released_ + kReleaseInterval) return level;
  Release();
  return LevelOf(loop_.MemoryUsed(), limit);
}

void MemoryWatch::Freed(std::size_t bytes) {
  freed_ += bytes;
  if (freed_ < kWorthReturning || return_timer_.armed()) return;
  loop_.Arm(return_timer_, std::max(released_ + kReturnInterval, loop_.Now() + kReleaseInterval));
}

void MemoryWatch::Release() {
  freed_ = 0;
  released_ = loop_.Now();
  loop_.blocks().Trim();
  loop_.ReleaseFreedMemory();
}

}  // namespace rhei::inline v0::runtime
