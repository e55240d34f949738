// Codec: how messages of one type become bytes and are read from bytes.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "rhei/message_pieces.h"

namespace rhei::inline v0 {

// Specialised for each kind of message; "rhei/protobuf.h" does it for generated protobuf messages, and a user may do
// it for types of another serialisation. A specialisation has three static members:
//
//     // Bytes that Write will fill; nothing: it cannot be serialised.
//     static std::optional<std::size_t> Size(const T& message);
//     // Right after Size, of the unchanged message.
//     static void Write(const T& message, char* to);
//     // Replaces what was there; false: the bytes are broken.
//     static bool Read(std::string_view bytes, T& message);
//
// and may have a fourth, for messages that the library may keep until they are sent:
//
//     // Right after Size, which said `size`, at least MessagePieces::kWorthwhile. Large fields stay where they are.
//     static MessagePieces Pieces(T&& message, std::size_t size);
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
  static MessagePieces Pieces(std::string&& message, std::size_t /*size*/) {
    const auto kept = std::make_shared<const std::string>(std::move(message));
    return {.first = PooledBytes(MessagePieces::kPrefix), .further = {PooledBytes(*kept, kept)}};
  }
};

// The bytes of a message whose Size has just been asked for. What is given as an rvalue may be kept instead of copied.
template <typename Message>
MessagePieces ToPieces(Message&& message, std::size_t size) {
  using T = std::remove_cvref_t<Message>;
  if constexpr (requires { Codec<T>::Pieces(std::forward<Message>(message), size); }) {
    if (size >= MessagePieces::kWorthwhile) return Codec<T>::Pieces(std::forward<Message>(message), size);
  }
  MessagePieces pieces{.first = PooledBytes(MessagePieces::kPrefix + size), .further = {}};
  Codec<T>::Write(message, pieces.first.data() + MessagePieces::kPrefix);
  return pieces;
}

}  // namespace rhei::inline v0
