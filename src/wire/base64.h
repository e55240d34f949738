// Base64 (RFC 4648 §4) as gRPC uses it in "-bin" metadata.
#pragma once

#include <string>
#include <string_view>

namespace rhei::inline v0::wire {

// Without padding, as gRPC asks senders to write it.
void AppendBase64(std::string_view bytes, std::string& out);

// Appends the bytes; padding may be there or not. False: not base64, and what was appended is of no use.
bool AppendBase64Decoded(std::string_view coded, std::string& out);

}  // namespace rhei::inline v0::wire
