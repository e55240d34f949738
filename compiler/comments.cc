#include "compiler/comments.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace rhei::inline v0::compiler {
namespace {

struct Character {
  std::uint32_t code_point;
  std::size_t size;  // bytes; 0: not UTF-8
};

// The character at the front of `text`, which is not empty (RFC 3629).
Character FirstCharacter(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return {byte(0), 1};
  const std::size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < size) return {0, 0};
  std::uint32_t code_point = byte(0) & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {0, 0};
    code_point = code_point << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::uint32_t kSmallestOfSize[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (code_point < kSmallestOfSize[size] || code_point > 0x10ffff || is_surrogate) return {0, 0};
  return {code_point, size};
}

// Compilers warn of these even in comments, since they make a line look like another one (CVE-2021-42574).
bool TurnsDirection(std::uint32_t code_point) {
  return (code_point >= 0x202a && code_point <= 0x202e) || (code_point >= 0x2066 && code_point <= 0x2069);
}

std::string Visible(const char* format, std::uint32_t number) {
  char buffer[16];
  std::snprintf(buffer, sizeof(buffer), format, static_cast<unsigned>(number));
  return buffer;
}

}  // namespace

std::string SafeInComment(std::string_view line) {
  std::string result;
  while (!line.empty()) {
    const auto [code_point, size] = FirstCharacter(line);
    if (size == 0) {
      result += Visible("<%02X>", static_cast<unsigned char>(line.front()));
    } else if (code_point == '\t') {
      result += ' ';
    } else if (code_point < 0x20 || code_point == 0x7f || TurnsDirection(code_point)) {
      result += Visible("<U+%04X>", code_point);
    } else {
      result += line.substr(0, size);
    }
    line.remove_prefix(std::max<std::size_t>(size, 1));
  }
  while (result.ends_with(' ')) result.pop_back();
  // Either would make the next line part of the comment; the second is a backslash in old dialects.
  if (result.ends_with('\\') || result.ends_with("?\?/")) result += " //";
  return result;
}

std::vector<std::string> CommentLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back("//" + SafeInComment(line));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  while (!lines.empty() && lines.back() == "//") lines.pop_back();
  return lines;
}

}  // namespace rhei::inline v0::compiler
