// The command line of the Weather programs: pairs of "--name value".
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace weather {

// A mistake on the command line ends the program with exit code 2 and a line on standard error that names it.
class Flags {
 public:
  // `defaults` are all flags that the program knows, each with the value it has when it is not given.
  Flags(int argc, char** argv, std::map<std::string, std::string, std::less<>> defaults);

  // `name` is one of the defaults.
  const std::string& Text(std::string_view name) const { return values_.find(name)->second; }
  // A whole number from 0 to `most`.
  std::uint64_t Number(std::string_view name, std::uint64_t most) const;
  std::chrono::milliseconds Milliseconds(std::string_view name) const {
    return std::chrono::milliseconds(Number(name, 3'600'000));
  }
  std::uint16_t Port() const { return static_cast<std::uint16_t>(Number("port", 65535)); }

  [[noreturn]] void Fail(std::string_view message) const;

 private:
  std::string program_;
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace weather
