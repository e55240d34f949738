// Text that protobuf takes for a string.
#pragma once

#include <string>
#include <string_view>

namespace rhei::inline v0::protobuf {

// The text with U+FFFD for each byte that belongs to no well-formed UTF-8 sequence (Unicode 15.0, table 3-7). Parsers
// of other languages refuse a whole message for one such byte in a string.
std::string ValidUtf8(std::string_view text);

}  // namespace rhei::inline v0::protobuf
