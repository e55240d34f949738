// The static table of HPACK (RFC 7541 Appendix A).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "http2/hpack/header_field.h"

namespace rhei::inline v0::http2 {

inline constexpr std::uint32_t kStaticTableSize = 61;

// By index; index 0 means nothing (RFC 7541 §6.1). Tokens and entry numbers are filled in.
extern const std::array<HeaderField, kStaticTableSize + 1> kStaticTable;

// Where a field stands in the static table.
struct StaticMatch {
  std::uint32_t index = 0;  // of an entry with this name; 0: there is none
  bool whole = false;       // the entry has the value, too
};
StaticMatch FindStatic(std::string_view name, std::string_view value);

}  // namespace rhei::inline v0::http2
