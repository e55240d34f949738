// A message that never allocates, so that every allocation a test counts is rhei's.
#pragma once

#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>

#include "rhei/codec.h"

namespace rhei::inline v0 {

namespace testing {

struct FixedMessage {
  char bytes[16] = {};
};

}  // namespace testing

template <>
struct Codec<testing::FixedMessage> {
  static std::optional<std::size_t> Size(const testing::FixedMessage& message) { return sizeof(message.bytes); }
  static void Write(const testing::FixedMessage& message, char* to) {
    std::memcpy(to, message.bytes, sizeof(message.bytes));
  }
  static bool Read(std::string_view bytes, testing::FixedMessage& message) {
    if (bytes.size() != sizeof(message.bytes)) return false;
    std::memcpy(message.bytes, bytes.data(), bytes.size());
    return true;
  }
};

}  // namespace rhei::inline v0
