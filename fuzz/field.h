// Header fields as a decoder gives them.
#pragma once

#include <string_view>

#include "http2/hpack/header_field.h"

namespace rhei::fuzz {

// Its views are the caller's.
inline http2::HeaderField Field(std::string_view name, std::string_view value) {
  return {.name = name, .value = value, .token = http2::FindHeaderName(name)};
}

}  // namespace rhei::fuzz
