#include "flags.h"

#include <charconv>
#include <cstdlib>
#include <iostream>
#include <utility>

namespace weather {

Flags::Flags(int argc, char** argv, std::map<std::string, std::string, std::less<>> defaults)
    : program_(argv[0]), values_(std::move(defaults)) {
  for (int i = 1; i < argc; i += 2) {
    const std::string_view flag = argv[i];
    const auto value = flag.starts_with("--") ? values_.find(flag.substr(2)) : values_.end();
    if (value == values_.end()) Fail("does not know " + std::string(flag));
    if (i + 1 == argc) Fail("needs a value behind " + std::string(flag));
    value->second = argv[i + 1];
  }
}

std::uint64_t Flags::Number(std::string_view name, std::uint64_t most) const {
  const std::string& text = Text(name);
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number > most) {
    Fail("needs a number from 0 to " + std::to_string(most) + " behind --" + std::string(name) + ", not '" + text +
         "'");
  }
  return number;
}

void Flags::Fail(std::string_view message) const {
  std::cerr << program_ << " " << message << "; its flags are";
  for (const auto& [name, value] : values_) std::cerr << " --" << name << " " << (value.empty() ? "VALUE" : value);
  std::cerr << '\n';
  std::exit(2);
}

}  // namespace weather
