#include "compiler/scope.h"

#include <google/protobuf/compiler/cpp/names.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "compiler/names.h"

namespace rhei::inline v0::compiler {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
namespace cpp = google::protobuf::compiler::cpp;

// `file` and all that it imports, directly or not.
void AddWithImports(const FileDescriptor& file, std::set<const FileDescriptor*>& files) {
  if (!files.insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) AddWithImports(*file.dependency(i), files);
}

std::set<const FileDescriptor*> WithImports(const FileDescriptor& file) {
  std::set<const FileDescriptor*> files;
  AddWithImports(file, files);
  return files;
}

void AddMessage(const Descriptor& message, std::set<std::string>& names) {
  names.insert(cpp::ClassName(&message));
  for (int i = 0; i < message.enum_type_count(); ++i) names.insert(cpp::ClassName(message.enum_type(i)));
  for (int i = 0; i < message.nested_type_count(); ++i) AddMessage(*message.nested_type(i), names);
}

void AddDeclarations(const FileDescriptor& file, std::set<std::string>& names) {
  for (int i = 0; i < file.message_type_count(); ++i) AddMessage(*file.message_type(i), names);
  for (int i = 0; i < file.enum_type_count(); ++i) names.insert(cpp::ClassName(file.enum_type(i)));
  if (!file.options().cc_generic_services()) return;
  for (int i = 0; i < file.service_count(); ++i) {
    const std::string name(file.service(i)->name());
    names.insert(name);
    names.insert(name + "_Stub");
  }
}

// What `other` puts into the namespaces around `package`: its own names if it is in one of them, and the namespaces
// that branch off. Those of the global namespace are no inner names.
void AddInnerNames(const std::vector<std::string>& package, const FileDescriptor& other, std::set<std::string>& names) {
  const std::vector<std::string> path = SplitPackage(other.package());
  const auto [end, unused] = std::ranges::mismatch(path, package);
  const auto shared = static_cast<std::size_t>(end - path.begin());
  for (std::size_t i = 1; i <= shared && i < path.size(); ++i) names.insert(path[i]);
  if (shared == 0 || shared < path.size()) return;
  AddDeclarations(other, names);
  for (int i = 0; i < other.service_count(); ++i) names.insert(std::string(other.service(i)->name()));
}

}  // namespace

std::set<std::string> NamesDeclaredByProtobuf(const FileDescriptor& file) {
  std::set<std::string> names;
  for (const FileDescriptor* other : WithImports(file)) {
    if (other->package() == file.package()) AddDeclarations(*other, names);
  }
  return names;
}

Scope::Scope(const FileDescriptor& file, const std::set<std::string>& members) : inner_names_(members) {
  const std::vector<std::string> package = SplitPackage(file.package());
  for (const FileDescriptor* other : WithImports(file)) AddInnerNames(package, *other, inner_names_);
}

std::string Scope::Spell(const std::string& name) const {
  const std::string without_colons = name.substr(2);
  const std::string root = without_colons.substr(0, without_colons.find("::"));
  return inner_names_.contains(root) ? name : without_colons;
}

}  // namespace rhei::inline v0::compiler
