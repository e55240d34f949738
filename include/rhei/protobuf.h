// Protobuf messages as messages of calls. Generated code includes this; users need not.
#pragma once

#include <google/protobuf/message_lite.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "rhei/codec.h"

namespace rhei::inline v0 {

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
};

}  // namespace rhei::inline v0
