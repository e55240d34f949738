// The command line of both programs: "--name=value" or "--name value", and "--name" alone for a flag of yes or no.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace interop {

struct Flag {
  enum class Kind {
    kText,
    kNumber,
    kBool,
  };

  std::string_view name;
  Kind kind;
  std::string_view fallback;  // its value when it is not given
  std::string_view about;
  // What rhei has not got, if the flag asks for that: it is known, and may be given with its fallback only.
  std::string_view missing = {};
};

// A mistake on the command line; the text names the flag.
class FlagError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Flags {
 public:
  // Throws FlagError.
  Flags(const std::vector<Flag>& known, int argc, char** argv);

  // `name` is that of a known flag.
  const std::string& Text(std::string_view name) const { return values_.find(name)->second; }
  bool Bool(std::string_view name) const { return Text(name) == "true"; }
  // A whole number from 0 to 2,147,483,647, which is checked beforehand.
  std::int32_t Number(std::string_view name) const;

 private:
  void Set(const Flag& flag, std::string_view value);

  std::map<std::string, std::string, std::less<>> values_;
};

// The flags as help, one a line.
std::string Usage(std::string_view program, const std::vector<Flag>& known);

}  // namespace interop
