#include "publish/base64.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace rhei::bench {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t kInvalid = 1u << 24;  // beyond the three bytes of a group

// The value of each character, already where it belongs in a group: four look-ups and three "or" decode four
// characters.
using Table = std::array<std::uint32_t, 256>;
constexpr Table TableForShift(int shift) {
  Table table{};
  table.fill(kInvalid);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint32_t>(i) << shift;
  }
  return table;
}
constexpr std::array<Table, 4> kTables = {TableForShift(18), TableForShift(12), TableForShift(6), TableForShift(0)};

// Both characters of each value of twelve bits, so that three bytes are encoded by two look-ups.
constexpr std::array<std::array<char, 2>, 4096> kPairs = [] {
  std::array<std::array<char, 2>, 4096> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {kAlphabet[i >> 6], kAlphabet[i & 63]};
  return pairs;
}();

std::uint32_t Byte(std::string_view bytes, std::size_t index) {
  return index < bytes.size() ? static_cast<unsigned char>(bytes[index]) : 0;
}

std::uint32_t Group(const char* four) {
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < 4; ++i) group |= kTables[i][static_cast<unsigned char>(four[i])];
  return group;
}

}  // namespace

std::string EncodeBase64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  char* out = text.data();
  for (std::size_t i = 0; i < bytes.size(); i += 3, out += 4) {
    const std::uint32_t group = Byte(bytes, i) << 16 | Byte(bytes, i + 1) << 8 | Byte(bytes, i + 2);
    out[0] = kPairs[group >> 12][0];
    out[1] = kPairs[group >> 12][1];
    out[2] = kPairs[group & 4095][0];
    out[3] = kPairs[group & 4095][1];
  }
  const std::size_t missing = (3 - bytes.size() % 3) % 3;
  text.replace(text.size() - missing, missing, missing, '=');
  return text;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  std::string bytes(text.size() / 4 * 3, '\0');
  std::uint32_t seen = 0;
  const auto decode = [&](const char* four, std::size_t at) {
    const std::uint32_t group = Group(four);
    seen |= group;
    for (std::size_t i = 0; i < 3; ++i) bytes[at + i] = static_cast<char>(group >> (16 - 8 * i));
  };
  const std::size_t whole = padding == 0 ? text.size() : text.size() - 4;
  for (std::size_t i = 0; i < whole; i += 4) decode(text.data() + i, i / 4 * 3);
  if (padding > 0) {
    std::string last(text.substr(whole));
    last.replace(4 - padding, padding, padding, 'A');
    decode(last.data(), whole / 4 * 3);
    bytes.resize(bytes.size() - padding);
  }
  if ((seen & kInvalid) != 0) return std::nullopt;
  return bytes;
}

}  // namespace rhei::bench
