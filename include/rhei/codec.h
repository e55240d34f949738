// Codec: how messages of one type become bytes and are read from bytes.
#pragma once

#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace rhei::inline v0 {

// Specialised for each kind of message; "rhei/protobuf.h" does it for generated protobuf messages, and a user may do
// it for types of another serialisation. A specialisation has three static members:
//
//     static std::optional<std::size_t> Size(const T& message);  // bytes that Write will fill; nothing: cannot be
//     serialised static void Write(const T& message, char* to);             // right after Size, of the unchanged
//     message static bool Read(std::string_view bytes, T& message);      // replaces what was there; false: the bytes
//     are broken
template <typename T>
struct Codec;

// Bytes as they are: what generic services and stubs speak.
template <>
struct Codec<std::string> {
  static std::optional<std::size_t> Size(const std::string& message) { return message.size(); }
  static void Write(const std::string& message, char* to) {
    if (!message.empty()) std::memcpy(to, message.data(), message.size());
  }
  static bool Read(std::string_view bytes, std::string& message) {
    message = bytes;
    return true;
  }
};

}  // namespace rhei::inline v0
