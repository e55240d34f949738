#include "support/flags.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <type_traits>

namespace rhei::bench {
namespace {

// Whether the whole text was a value of the target's type, and stored.
template <typename T>
bool Store(std::string_view text, T* target) {
  if constexpr (std::is_same_v<T, std::string>) {
    *target = text;
    return true;
  } else {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    *target = value;
    return true;
  }
}

}  // namespace

void Flags::Parse(int argc, const char* const* argv) const {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  if (std::find(arguments.begin(), arguments.end(), "--help") != arguments.end()) {
    std::fputs(Usage().c_str(), stdout);
    std::exit(0);
  }
  const std::string problem = TryParse(arguments);
  if (problem.empty()) return;
  std::fprintf(stderr, "%s: %s\n%s", argv[0], problem.c_str(), Usage().c_str());
  std::exit(2);
}

std::string Flags::TryParse(const std::vector<std::string_view>& arguments) const {
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string name(arguments[i]);
    const auto flag = std::find_if(flags_.begin(), flags_.end(), [&](const Flag& f) { return f.name == name; });
    if (flag == flags_.end()) return "unknown flag " + name;
    if (i + 1 == arguments.size()) return name + " needs a value";
    const std::string_view text = arguments[i + 1];
    if (!std::visit([&](auto* target) { return Store(text, target); }, flag->target)) {
      return name + " does not take the value " + std::string(text);
    }
  }
  return {};
}

std::string Flags::Usage() const {
  std::ostringstream usage;
  usage << purpose_ << "\n";
  for (const Flag& flag : flags_) {
    usage << "  " << flag.name << " (";
    std::visit([&](auto* target) { usage << *target; }, flag.target);
    usage << "): " << flag.help << "\n";
  }
  return usage.str();
}

}  // namespace rhei::bench
