// The Huffman code of HPACK (RFC 7541 Appendix B), derived at compile time from the lengths of its codes: the code is
// canonical, so the lengths say everything.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace rhei::inline v0::http2 {

inline constexpr std::size_t kHuffmanEos = 256;
inline constexpr int kHuffmanLongest = 30;

// Bits of the code of each byte, and of EOS.
inline constexpr std::array<std::uint8_t, 257> kHuffmanLength = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,  // 0x00
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,  // 0x10
    6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,   // 0x20
    5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10,  // 0x30
    13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,   // 0x40
    7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,   // 0x50
    15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,   // 0x60
    6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7,  15, 11, 14, 13, 28,  // 0x70
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,  // 0x80
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,  // 0x90
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,  // 0xa0
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,  // 0xb0
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,  // 0xc0
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,  // 0xd0
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,  // 0xe0
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,  // 0xf0
    30,                                                              // EOS
};

struct HuffmanCode {
  // The code of each symbol, in its lowest bits.
  std::array<std::uint32_t, 257> code{};
  // The symbols, ordered by their codes.
  std::array<std::uint16_t, 257> symbol{};
  // For each length: the end of its codes, aligned to the left of 32 bits (a word below it begins with a code of at
  // most this length), and what to add to a code of this length to find its place in `symbol`.
  std::array<std::uint64_t, kHuffmanLongest + 1> limit{};
  std::array<std::int64_t, kHuffmanLongest + 1> offset{};
  bool complete = false;  // every sequence of bits begins with a code
};

constexpr HuffmanCode MakeHuffmanCode() {
  HuffmanCode result;
  std::uint64_t next = 0;
  std::size_t count = 0;
  for (int length = 1; length <= kHuffmanLongest; ++length) {
    next <<= 1;
    result.offset[static_cast<std::size_t>(length)] =
        static_cast<std::int64_t>(count) - static_cast<std::int64_t>(next);
    for (std::size_t symbol = 0; symbol < kHuffmanLength.size(); ++symbol) {
      if (kHuffmanLength[symbol] != length) continue;
      result.code[symbol] = static_cast<std::uint32_t>(next++);
      result.symbol[count++] = static_cast<std::uint16_t>(symbol);
    }
    result.limit[static_cast<std::size_t>(length)] = next << (32 - length);
  }
  result.complete = count == kHuffmanLength.size() && next == std::uint64_t{1} << kHuffmanLongest;
  return result;
}

inline constexpr HuffmanCode kHuffmanCode = MakeHuffmanCode();
static_assert(kHuffmanCode.complete);
static_assert(kHuffmanCode.code['0'] == 0x0 && kHuffmanCode.code['a'] == 0x3 && kHuffmanCode.code['~'] == 0x1ffd);
static_assert(kHuffmanCode.code[kHuffmanEos] == 0x3fffffff);

}  // namespace rhei::inline v0::http2
