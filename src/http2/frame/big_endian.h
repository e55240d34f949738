// Integers in network byte order.
#pragma once

#include <cstdint>

namespace rhei::inline v0::http2 {

// Each reads or writes as many bytes as its name says, and the caller has checked that they are there.
inline std::uint32_t Load8(const char* p) { return static_cast<std::uint8_t>(*p); }
inline std::uint32_t Load16(const char* p) { return Load8(p) << 8 | Load8(p + 1); }
inline std::uint32_t Load24(const char* p) { return Load16(p) << 8 | Load8(p + 2); }
inline std::uint32_t Load32(const char* p) { return Load16(p) << 16 | Load16(p + 2); }
inline std::uint64_t Load64(const char* p) { return static_cast<std::uint64_t>(Load32(p)) << 32 | Load32(p + 4); }

inline char* Store8(char* p, std::uint32_t value) {
  *p = static_cast<char>(value);
  return p + 1;
}
inline char* Store16(char* p, std::uint32_t value) { return Store8(Store8(p, value >> 8), value); }
inline char* Store24(char* p, std::uint32_t value) { return Store16(Store8(p, value >> 16), value); }
inline char* Store32(char* p, std::uint32_t value) { return Store16(Store16(p, value >> 16), value); }
inline char* Store64(char* p, std::uint64_t value) {
  return Store32(Store32(p, static_cast<std::uint32_t>(value >> 32)), static_cast<std::uint32_t>(value));
}

}  // namespace rhei::inline v0::http2
