#include "http2/hpack/integer.h"

#include <limits>

namespace rhei::inline v0::http2 {

std::optional<std::uint32_t> ReadHpackInteger(HpackInput& input, int prefix_bits) {
  const std::uint32_t prefix = (1u << prefix_bits) - 1;
  const std::uint32_t first = *input.next++ & prefix;
  if (first < prefix) return first;

  constexpr int kMaxShift = 28;  // that of the fifth continuation byte
  std::uint64_t value = prefix;
  for (int shift = 0; shift <= kMaxShift && !input.empty(); shift += 7) {
    const std::uint8_t byte = *input.next++;
    value += std::uint64_t{byte & 0x7fu} << shift;
    if (byte & 0x80) continue;
    if (value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return static_cast<std::uint32_t>(value);
  }
  return std::nullopt;
}

void AppendHpackInteger(std::string& out, std::uint8_t flags, int prefix_bits, std::uint32_t value) {
  const std::uint32_t prefix = (1u << prefix_bits) - 1;
  if (value < prefix) {
    out.push_back(static_cast<char>(flags | value));
    return;
  }
  out.push_back(static_cast<char>(flags | prefix));
  value -= prefix;
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(0x80 | (value & 0x7f)));
  out.push_back(static_cast<char>(value));
}

}  // namespace rhei::inline v0::http2
