// How a fuzz target says what must hold.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace rhei::fuzz {

// Ends the process, which is how libFuzzer and the replay learn of a finding.
inline void Check(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

}  // namespace rhei::fuzz
