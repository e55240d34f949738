#include "wire/percent_coding.h"

namespace rhei::inline v0::wire {
namespace {

// The value of a hexadecimal digit; -1 for any other character.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void AppendPercentEncoded(std::string_view text, std::string& out) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte <= 0x7e && c != '%') {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 0xf]);
    }
  }
}

std::string PercentDecode(std::string_view coded) {
  std::string text;
  text.reserve(coded.size());
  for (std::size_t i = 0; i < coded.size(); ++i) {
    if (coded[i] == '%' && i + 2 < coded.size()) {
      const int high = HexValue(coded[i + 1]);
      const int low = HexValue(coded[i + 2]);
      if (high >= 0 && low >= 0) {
        text.push_back(static_cast<char>(high << 4 | low));
        i += 2;
        continue;
      }
    }
    text.push_back(coded[i]);
  }
  return text;
}

}  // namespace rhei::inline v0::wire
