// Integers with a prefix, as HPACK writes them (RFC 7541 §5.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace rhei::inline v0::http2 {

// The rest of a header block that is being read.
struct HpackInput {
  const std::uint8_t* next;
  const std::uint8_t* end;

  bool empty() const { return next == end; }
  std::size_t size() const { return static_cast<std::size_t>(end - next); }
};

// Reads the integer whose first byte is at input.next (which must exist) and whose prefix is that byte's lowest
// `prefix_bits`. Nothing when the block ends within it, when it has more than five continuation bytes, or when it
// exceeds 2^32-1: both bounds stop integers that are padded with zeros (CVE-2023-33953).
std::optional<std::uint32_t> ReadHpackInteger(HpackInput& input, int prefix_bits);

// Appends `value`; the bits of the first byte above the prefix are those of `flags`.
void AppendHpackInteger(std::string& out, std::uint8_t flags, int prefix_bits, std::uint32_t value);

}  // namespace rhei::inline v0::http2
