#include "protobuf/utf8.h"

#include <cstddef>

namespace rhei::inline v0::protobuf {
namespace {

unsigned char ByteAt(std::string_view text, std::size_t index) { return static_cast<unsigned char>(text[index]); }

// How long a sequence is that begins with this byte; 0: none does.
std::size_t SizeByLead(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;  // a continuation, or the overlong coding of an ASCII character
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

// Whether the second byte keeps the sequence from being overlong, a surrogate, or beyond U+10FFFF.
bool SecondFits(unsigned char lead, unsigned char second) {
  switch (lead) {
    case 0xe0: return second >= 0xa0;
    case 0xed: return second < 0xa0;
    case 0xf0: return second >= 0x90;
    case 0xf4: return second < 0x90;
    default: return true;
  }
}

// The size of the well-formed sequence that `text`, which is not empty, begins with; 0: there is none.
std::size_t SequenceSize(std::string_view text) {
  const std::size_t size = SizeByLead(ByteAt(text, 0));
  if (size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((ByteAt(text, i) & 0xc0) != 0x80) return 0;
  }
  return size < 2 || SecondFits(ByteAt(text, 0), ByteAt(text, 1)) ? size : 0;
}

}  // namespace

std::string ValidUtf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = SequenceSize(text);
    valid += size == 0 ? "\ufffd" : text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return valid;
}

}  // namespace rhei::inline v0::protobuf
