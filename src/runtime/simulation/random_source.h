// The one die of a simulated world.
#pragma once

#include <cstdint>

#include "rhei/time.h"

namespace rhei::inline v0::runtime {

// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): eight bytes of state, and any
// seed is a good seed. A value: a copy goes on as the original does.
class RandomSource {
 public:
  explicit RandomSource(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // From 0 to count - 1; `count` is at least 1.
  std::uint64_t Below(std::uint64_t count) {
    if (count <= UINT32_MAX) return ((Next() >> 32) * count) >> 32;
    return Next() % count;
  }

  // From `least` to `most`, both included.
  Duration Between(Duration least, Duration most) {
    if (most <= least) return least;
    return least + Duration(static_cast<std::int64_t>(Below(static_cast<std::uint64_t>((most - least).count()) + 1)));
  }

  // True with this probability; 0 is never, 1 is always.
  bool Chance(double probability) {
    if (probability <= 0) return false;
    return static_cast<double>(Next() >> 11) * 0x1p-53 < probability;
  }

 private:
  std::uint64_t state_;
};

}  // namespace rhei::inline v0::runtime
