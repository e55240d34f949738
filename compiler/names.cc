#include "compiler/names.h"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace rhei::inline v0::compiler {
namespace {

// Each between spaces.
constexpr std::string_view kTakenByCpp =
    " EOF NULL alignas alignof and and_eq asm assert auto bitand bitor bool break case catch char char16_t "
    "char32_t char8_t class co_await co_return co_yield compl concept const const_cast consteval constexpr "
    "constinit continue decltype default delete do double dynamic_cast else enum errno explicit export extern "
    "false float for friend goto if inline int linux long mutable namespace new noexcept not not_eq nullptr "
    "operator or or_eq private protected public register reinterpret_cast requires return short signed sizeof "
    "static static_assert static_cast stderr stdin stdout struct switch template this thread_local throw true "
    "try typedef typeid typename union unix unsigned using virtual void volatile wchar_t while xor xor_eq ";

bool IsUpper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool IsLower(char c) { return std::islower(static_cast<unsigned char>(c)) != 0; }

}  // namespace

bool IsTakenByCpp(std::string_view word) {
  if (word.empty()) return false;
  std::string between_spaces = " ";
  between_spaces.append(word).append(" ");
  return kTakenByCpp.find(between_spaces) != std::string_view::npos;
}

std::string SnakeCase(std::string_view name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (IsUpper(name[i]) && i > 0 && name[i - 1] != '_') {
      const bool ends_acronym = i + 1 < name.size() && IsLower(name[i + 1]);
      if (!IsUpper(name[i - 1]) || ends_acronym) result += '_';
    }
    result += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
  }
  return result;
}

std::vector<std::string> SplitPackage(std::string_view package) {
  std::vector<std::string> parts;
  while (!package.empty()) {
    const std::size_t dot = std::min(package.find('.'), package.size());
    parts.emplace_back(package.substr(0, dot));
    package.remove_prefix(std::min(dot + 1, package.size()));
  }
  return parts;
}

std::string NamespaceOf(std::string_view package) {
  std::string result;
  for (const std::string& part : SplitPackage(package)) {
    if (!result.empty()) result += "::";
    result += part;
    if (IsTakenByCpp(part)) result += '_';
  }
  return result;
}

std::string UniqueNames::TakeLike(const std::string& stem, const std::string& suffix) {
  std::string name = stem + suffix;
  for (int number = 2; !Take(name); ++number) name = stem + "_" + std::to_string(number) + suffix;
  return name;
}

std::vector<std::string> NameAll(const std::vector<std::string>& wanted, UniqueNames& scope) {
  std::vector<std::string> names(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!IsTakenByCpp(wanted[i]) && scope.Take(wanted[i])) names[i] = wanted[i];
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (names[i].empty()) names[i] = scope.TakeLike(wanted[i], "_");
  }
  return names;
}

}  // namespace rhei::inline v0::compiler
