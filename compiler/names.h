// Names that C++ accepts, from names that protobuf accepts.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rhei::inline v0::compiler {

// Whether C++20 has another use for the word: its keywords, and names that common headers define as macros.
bool IsTakenByCpp(std::string_view word);

// "GetCurrent" and "getCurrent" become "get_current", "GetHTTPInfo" becomes "get_http_info".
std::string SnakeCase(std::string_view name);

// The parts of a dotted name; none for an empty one.
std::vector<std::string> SplitPackage(std::string_view package);

// The namespace that protobuf opens for a package, without the colons in front: "a.class.b" becomes "a::class_::b".
std::string NamespaceOf(std::string_view package);

// Names of one C++ scope, each given out once.
class UniqueNames {
 public:
  explicit UniqueNames(std::set<std::string> taken = {}) : taken_(std::move(taken)) {}

  // True where the name was free; it is taken from now on.
  bool Take(const std::string& name) { return taken_.insert(name).second; }
  // Takes the first free name of stem + suffix, stem_2 + suffix, stem_3 + suffix, ...
  std::string TakeLike(const std::string& stem, const std::string& suffix);

  const std::set<std::string>& taken() const { return taken_; }

 private:
  std::set<std::string> taken_;
};

// Names for things called `wanted`, all different, in their order. A name that is free and no word of C++ stays as it
// is; the others get an underscore, as protobuf does it, so that renaming one never changes another.
std::vector<std::string> NameAll(const std::vector<std::string>& wanted, UniqueNames& scope);

}  // namespace rhei::inline v0::compiler
