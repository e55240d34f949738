// The version of rhei, and the handshake between generated code and library.
#pragma once

namespace rhei::inline v0 {

inline constexpr int kVersionMajor = 0;
inline constexpr int kVersionMinor = 1;
inline constexpr int kVersionPatch = 0;

// The version of the interface that generated code uses. A file from protoc-gen-rhei asserts at compile time that
// it lies in [kOldestGeneratedApi, kGeneratedApi], so a stale file fails to compile with a line that says what to do.
inline constexpr int kGeneratedApi = 1;
inline constexpr int kOldestGeneratedApi = 1;

}  // namespace rhei::inline v0
