// The version of rhei, and the handshake between generated code and library.
#pragma once

#if __cplusplus < 202002L
#error "Compile with -std=c++20 or newer: rhei is written in C++20"
#endif

namespace rhei::inline v0 {

inline constexpr int kVersionMajor = 0;
inline constexpr int kVersionMinor = 1;
inline constexpr int kVersionPatch = 0;

// The version of the interface that generated code uses. A file from protoc-gen-rhei asserts at compile time that
// it lies in [kOldestGeneratedApi, kGeneratedApi], so a stale file fails to compile with a line that says what to do.
inline constexpr int kGeneratedApi = 2;
inline constexpr int kOldestGeneratedApi = 1;

// The same for code that was compiled before: a generated file names the version of the headers it was compiled with,
// and the library has the function for its own version alone. Where they differ the linker says what to do. Does
// nothing.
template <int Major, int Minor>
struct Version {
  static void CompileThisWithTheRheiThatIsLinked();
};
template <>
void Version<kVersionMajor, kVersionMinor>::CompileThisWithTheRheiThatIsLinked();

}  // namespace rhei::inline v0
