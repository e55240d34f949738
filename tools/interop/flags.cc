#include "flags.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <sstream>

namespace interop {
namespace {

std::optional<std::int32_t> ParseNumber(std::string_view text) {
  std::int32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number < 0) return std::nullopt;
  return number;
}

const Flag& Find(const std::vector<Flag>& known, std::string_view name) {
  const auto flag = std::find_if(known.begin(), known.end(), [name](const Flag& one) { return one.name == name; });
  if (flag == known.end()) throw FlagError("there is no flag --" + std::string(name) + "; --help names all");
  return *flag;
}

}  // namespace

Flags::Flags(const std::vector<Flag>& known, int argc, char** argv) {
  for (const Flag& flag : known) values_[std::string(flag.name)] = flag.fallback;
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (!argument.starts_with("--")) throw FlagError("'" + std::string(argument) + "' is not a flag; --help names all");
    argument.remove_prefix(2);
    const std::size_t equals = argument.find('=');
    const Flag& flag = Find(known, argument.substr(0, equals));
    if (equals != std::string_view::npos) {
      Set(flag, argument.substr(equals + 1));
    } else if (flag.kind == Flag::Kind::kBool) {
      Set(flag, "true");
    } else if (++i < argc) {
      Set(flag, argv[i]);
    } else {
      throw FlagError("--" + std::string(flag.name) + " needs a value");
    }
  }
}

std::int32_t Flags::Number(std::string_view name) const { return *ParseNumber(Text(name)); }

void Flags::Set(const Flag& flag, std::string_view value) {
  const std::string given = "--" + std::string(flag.name) + "=" + std::string(value);
  if (flag.kind == Flag::Kind::kBool && value != "true" && value != "false") {
    throw FlagError(given + ": expected true or false");
  }
  if (flag.kind == Flag::Kind::kNumber && !ParseNumber(value)) {
    throw FlagError(given + ": expected a number from 0 to " +
                    std::to_string(std::numeric_limits<std::int32_t>::max()));
  }
  if (!flag.missing.empty() && value != flag.fallback) {
    throw FlagError(given + " cannot be served: rhei has no " + std::string(flag.missing) + " yet");
  }
  values_.find(flag.name)->second = value;
}

std::string Usage(std::string_view program, const std::vector<Flag>& known) {
  std::ostringstream usage;
  usage << "usage: " << program << " [--name=value]...\n";
  for (const Flag& flag : known) {
    usage << "  --" << flag.name << "=" << flag.fallback << "  " << flag.about;
    if (!flag.missing.empty()) usage << " (not yet: rhei has no " << flag.missing << ")";
    usage << '\n';
  }
  return usage.str();
}

}  // namespace interop
