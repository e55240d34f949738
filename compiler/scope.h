// Scope: how names of the whole program are spelt inside generated code.
#pragma once

#include <set>
#include <string>

namespace google::protobuf {
class FileDescriptor;
}

namespace rhei::inline v0::compiler {

// The classes and enums that protobuf's C++ generator declares in the namespace of `file`'s package, as far as `file`
// and what it imports tell: nested ones as Outer_Inner. With `option cc_generic_services` a service and its stub are
// among them.
std::set<std::string> NamesDeclaredByProtobuf(const google::protobuf::FileDescriptor& file);

// What a name begins with is looked up from the innermost scope outwards, so that `rhei::Task` means something else
// inside a package "weather.rhei" or beside a method "rhei". Such names need the colons in front; others read better
// without.
class Scope {
 public:
  // `members`: names declared in the classes that will be generated for `file`, and those of the functions' parameters.
  Scope(const google::protobuf::FileDescriptor& file, const std::set<std::string>& members);

  // `name` is fully qualified, "::rhei::Task". The shortest safe spelling: with the colons in front or without.
  std::string Spell(const std::string& name) const;

 private:
  std::set<std::string> inner_names_;
};

}  // namespace rhei::inline v0::compiler
