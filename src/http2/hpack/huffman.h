// Strings in the Huffman code of HPACK (RFC 7541 §5.2 and Appendix B).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rhei::inline v0::http2 {

// The bytes that `text` takes in the code.
std::size_t HuffmanSize(std::string_view text);

// Appends `text` in the code, padded with ones to a whole byte.
void AppendHuffman(std::string& out, std::string_view text);

// The most bytes that `size` bytes of code can stand for: the shortest code has five bits.
constexpr std::size_t MaxHuffmanDecodedSize(std::size_t size) { return size * 8 / 5; }

struct HuffmanResult {
  enum class Outcome : std::uint8_t {
    kOk,
    kBroken,   // EOS within the string, padding of more than seven bits, or padding that is not all ones
    kTooLong,  // the text has more than `capacity` bytes; `out` holds part of it
  };
  Outcome outcome;
  std::size_t size = 0;  // kOk: bytes written to `out`
};

// Decodes `code` to `out`, which has room for `capacity` bytes; not more than these are written.
HuffmanResult DecodeHuffman(std::string_view code, char* out, std::size_t capacity);

}  // namespace rhei::inline v0::http2
