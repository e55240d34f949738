// AbuseCounters: where the connections of a server count what its limits have stopped.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "rhei/abuse.h"

namespace rhei::inline v0 {

// Any thread. Shared by all loops, which costs nothing as long as peers behave: only a stopped one is counted.
class AbuseCounters {
 public:
  void Count(Abuse kind) { counts_[static_cast<std::size_t>(kind)].fetch_add(1, std::memory_order_relaxed); }

  AbuseCounts Now() const {
    AbuseCounts now;
    for (std::size_t i = 0; i < kAbuseKinds; ++i) now.counts_[i] = counts_[i].load(std::memory_order_relaxed);
    return now;
  }

 private:
  std::array<std::atomic<std::uint64_t>, kAbuseKinds> counts_{};
};

}  // namespace rhei::inline v0
