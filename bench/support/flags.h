// Command lines of the benchmark programs: `--name value` pairs, nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rhei::bench {

// The flags of one program. Each names a variable that holds its default and receives its value; the variables must
// outlive Parse. A wrong command line ends the program: these are tools that a script starts, not a library.
class Flags {
 public:
  explicit Flags(std::string_view purpose) : purpose_(purpose) {}

  void Add(std::string_view name, std::int64_t* value, std::string_view help) { Add(name, Target(value), help); }
  void Add(std::string_view name, double* value, std::string_view help) { Add(name, Target(value), help); }
  void Add(std::string_view name, std::string* value, std::string_view help) { Add(name, Target(value), help); }

  // Reads the command line. On `--help` prints the usage and exits with 0; on anything it does not understand says
  // what and exits with 2.
  void Parse(int argc, const char* const* argv) const;

  // The same without the exits: an empty string, or what is wrong.
  std::string TryParse(const std::vector<std::string_view>& arguments) const;

  // One line a flag, with its default or, after parsing, its value.
  std::string Usage() const;

 private:
  using Target = std::variant<std::int64_t*, double*, std::string*>;
  struct Flag {
    std::string_view name;
    Target target;
    std::string_view help;
  };

  void Add(std::string_view name, Target target, std::string_view help) { flags_.push_back({name, target, help}); }

  std::string_view purpose_;
  std::vector<Flag> flags_;
};

}  // namespace rhei::bench
