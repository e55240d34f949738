// Bytes that tell where they belong: so that what arrives can be checked without keeping what was sent.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rhei::fuzz {

// The body of one direction of one stream.
class Body {
 public:
  Body(std::uint32_t stream, bool from_client) : shift_(stream * 2 + (from_client ? 1 : 0)) {}

  // `size` bytes of it, from `offset` on.
  std::string Make(std::uint64_t offset, std::size_t size) const {
    std::string bytes;
    bytes.reserve(size);
    while (bytes.size() < size) {
      const std::string_view more = At(offset + bytes.size());
      bytes.append(more.substr(0, size - bytes.size()));
    }
    return bytes;
  }

  bool Is(std::uint64_t offset, std::string_view bytes) const {
    while (!bytes.empty()) {
      const std::string_view expected = At(offset).substr(0, bytes.size());
      if (bytes.substr(0, expected.size()) != expected) return false;
      bytes.remove_prefix(expected.size());
      offset += expected.size();
    }
    return true;
  }

 private:
  static constexpr std::size_t kPeriod = 251;  // a prime, so that no frame size hides a shift

  std::string_view At(std::uint64_t offset) const {
    static const std::string bytes = [] {
      std::string made(64 * kPeriod, '\0');
      for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<char>(i % kPeriod);
      return made;
    }();
    return std::string_view(bytes).substr((offset + shift_) % kPeriod);
  }

  std::uint64_t shift_;
};

}  // namespace rhei::fuzz
