// The memory of the header block that came last.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "http2/header_validation.h"

namespace rhei::inline v0::http2 {

// On a busy connection the same header block comes again and again: a few indexed fields, one byte each. As long as
// HPACK's table has not changed, the same bytes stand for the same fields, so the list decoded before still holds, and
// what was found out about it too. Remembers one block; where the fields are kept is its owner's business.
class RepeatedBlock {
 public:
  // Whether `block` is the remembered one, and HPACK's table is as it was.
  bool Matches(std::string_view block, std::uint64_t version) const {
    return block.size() == size_ && version == version_ && std::memcmp(block.data(), bytes_.data(), size_) == 0;
  }
  HeaderListKind kind() const { return kind_; }
  // Of its list of fields: another one with each block that is remembered. 0: none is.
  std::uint32_t number() const { return size_ == kNothing ? 0 : number_; }
  // Requires that Matches was true.
  const HeaderFacts& facts() const { return facts_; }

  // `block` has been decoded into good fields. Only blocks of indexed fields that take one byte each are remembered:
  // what a literal stands for lives no longer than the input, and a size update must not be skipped.
  void Remember(std::string_view block, std::uint64_t version, HeaderListKind kind, const HeaderFacts& facts) {
    size_ = kNothing;
    if (block.empty() || block.size() > kLongest) return;
    for (const char byte : block) {
      if (static_cast<std::uint8_t>(byte) < 0x80 || byte == '\xff') return;
    }
    std::memcpy(bytes_.data(), block.data(), block.size());
    size_ = static_cast<std::uint32_t>(block.size());
    ++number_;
    version_ = version;
    kind_ = kind;
    facts_ = facts;
  }
  void Forget() { size_ = kNothing; }

 private:
  static constexpr std::size_t kLongest = 32;
  static constexpr std::uint32_t kNothing = UINT32_MAX;

  std::uint32_t size_ = kNothing;
  std::uint32_t number_ = 0;
  std::uint64_t version_ = 0;
  HeaderListKind kind_ = HeaderListKind::kRequest;
  HeaderFacts facts_;
  std::array<char, kLongest> bytes_;
};

}  // namespace rhei::inline v0::http2
