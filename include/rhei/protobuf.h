// Protobuf messages as messages of calls. Generated code includes this; users need not.
#pragma once

#include <google/protobuf/message_lite.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "rhei/codec.h"
#include "rhei/message_pieces.h"

namespace rhei::inline v0 {

// The bytes of a message. Singular fields with some KiB of text or bytes stay where they are in the message, which the
// pieces keep, unless there is much else; all else is copied.
MessagePieces SerializeInPieces(std::shared_ptr<const google::protobuf::MessageLite> message);

template <typename T>
  requires std::derived_from<T, google::protobuf::MessageLite>
struct Codec<T> {
  static std::optional<std::size_t> Size(const T& message) {
    const std::size_t size = message.ByteSizeLong();
    // Protobuf itself ends at 2 GiB, and a proto2 message may lack a required field.
    if (size > INT32_MAX || !message.IsInitialized()) return std::nullopt;
    return size;
  }
  static void Write(const T& message, char* to) {
    message.SerializeWithCachedSizesToArray(reinterpret_cast<unsigned char*>(to));
  }
  static bool Read(std::string_view bytes, T& message) {
    return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  }
  static MessagePieces Pieces(T&& message, std::size_t /*size*/) {
    return SerializeInPieces(std::make_shared<T>(std::move(message)));
  }
};

}  // namespace rhei::inline v0
