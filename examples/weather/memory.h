// How much memory a process has, for demonstrations.
#pragma once

#include <cstdint>

namespace weather {

// Its resident memory in bytes, from /proc; 0 where there is none, or no such process.
std::uint64_t ResidentMemory(std::uint64_t process);
// Of this process.
std::uint64_t ResidentMemory();

}  // namespace weather
