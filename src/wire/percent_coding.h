// The coding of `grpc-message` (gRPC PROTOCOL-HTTP2, "Status-Message").
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rhei::inline v0::wire {

// UTF-8 text to printable ASCII: bytes outside 0x20 to 0x7E, and '%', become "%XX".
void AppendPercentEncoded(std::string_view text, std::string& out);

// How many bytes one byte of text becomes.
constexpr std::size_t PercentEncodedSize(char c) { return c >= 0x20 && c <= 0x7e && c != '%' ? 1 : 3; }

// The reverse. Never fails, as the protocol demands: what is not a "%XX" stays as it is.
std::string PercentDecode(std::string_view coded);

}  // namespace rhei::inline v0::wire
