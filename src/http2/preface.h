// How a connection begins (RFC 9113 §3.4).
#pragma once

#include <string_view>

namespace rhei::inline v0::http2 {

// What a client sends before its first frame, which is SETTINGS.
inline constexpr std::string_view kClientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace rhei::inline v0::http2
