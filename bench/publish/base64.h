// Base64 (RFC 4648, section 4), for bytes in JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rhei::bench {

// With padding, without line breaks.
std::string EncodeBase64(std::string_view bytes);

// Nothing for what EncodeBase64 cannot have made.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace rhei::bench
