#include "compiler/file_model.h"

#include <google/protobuf/compiler/cpp/names.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <cstddef>
#include <set>

#include "compiler/comments.h"
#include "compiler/names.h"
#include "compiler/scope.h"

namespace rhei::inline v0::compiler {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using google::protobuf::SourceLocation;
namespace cpp = google::protobuf::compiler::cpp;

// What every generated class of a service declares or inherits, beside its methods.
std::set<std::string> OwnMembers() {
  return {"Service", "Stub", "kServiceName", "service_name", "AddMethods", "channel_"};
}
// A type of such a name would be hidden in the functions that have such a parameter.
std::set<std::string> Parameters() { return {"channel", "context", "options", "reader", "request", "table", "writer"}; }

// The comment in front of a declaration, and the one behind it.
std::vector<std::string> CommentOf(const SourceLocation& location) {
  std::vector<std::string> lines = CommentLines(location.leading_comments);
  const std::vector<std::string> behind = CommentLines(location.trailing_comments);
  lines.insert(lines.end(), behind.begin(), behind.end());
  return lines;
}

MethodKind KindOf(const MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? MethodKind::kBidiStreaming : MethodKind::kClientStreaming;
  }
  return method.server_streaming() ? MethodKind::kServerStreaming : MethodKind::kUnary;
}

MethodModel MakeMethod(const MethodDescriptor& method) {
  MethodModel model;
  model.proto_name = method.name();
  model.full_name = std::string(method.service()->full_name()) + "/" + model.proto_name;
  model.deprecated = method.options().deprecated();
  model.kind = KindOf(method);
  SourceLocation location;
  if (method.GetSourceLocation(&location)) model.comment = CommentOf(location);
  return model;
}

void NameMethods(std::vector<MethodModel>& methods, std::set<std::string>& all_members) {
  UniqueNames scope(OwnMembers());
  std::vector<std::string> wanted;
  for (const MethodModel& method : methods) wanted.push_back(method.proto_name);
  const std::vector<std::string> names = NameAll(wanted, scope);
  for (std::size_t i = 0; i < methods.size(); ++i) methods[i].name = names[i];
  for (MethodModel& method : methods) {
    std::string stem = SnakeCase(method.proto_name);
    while (stem.size() > 1 && stem.ends_with('_')) stem.pop_back();
    method.handle = scope.TakeLike(stem, "_");
  }
  all_members.insert(scope.taken().begin(), scope.taken().end());
}

ServiceModel MakeService(const ServiceDescriptor& service, const std::string& name, std::set<std::string>& members) {
  ServiceModel model;
  model.full_name = service.full_name();
  model.name = name;
  model.deprecated = service.options().deprecated();
  SourceLocation location;
  if (service.GetSourceLocation(&location)) model.comment = CommentOf(location);
  for (int i = 0; i < service.method_count(); ++i) model.methods.push_back(MakeMethod(*service.method(i)));
  NameMethods(model.methods, members);
  members.insert(name);
  return model;
}

// The class of a service must not be called like a class inside it, nor like one of protobuf's.
std::vector<std::string> NameServices(const FileDescriptor& file) {
  std::set<std::string> taken = NamesDeclaredByProtobuf(file);
  taken.insert({"Service", "Stub", "kServiceName"});
  UniqueNames scope(std::move(taken));
  std::vector<std::string> wanted;
  for (int i = 0; i < file.service_count(); ++i) wanted.emplace_back(file.service(i)->name());
  return NameAll(wanted, scope);
}

void SpellTypes(const ServiceDescriptor& service, const Scope& scope, ServiceModel& model) {
  for (int i = 0; i < service.method_count(); ++i) {
    MethodModel& method = model.methods[static_cast<std::size_t>(i)];
    method.request = scope.Spell(cpp::QualifiedClassName(service.method(i)->input_type()));
    method.reply = scope.Spell(cpp::QualifiedClassName(service.method(i)->output_type()));
  }
}

}  // namespace

bool FileModel::HasStreams() const {
  const auto streams = [](const MethodModel& method) { return method.kind != MethodKind::kUnary; };
  return std::ranges::any_of(
      services, [&](const ServiceModel& service) { return std::ranges::any_of(service.methods, streams); });
}

FileModel MakeFileModel(const FileDescriptor& file, const std::string& message_header_prefix) {
  FileModel model;
  model.proto = file.name();
  const std::string stem = cpp::StripProto(model.proto);
  model.header = stem + ".rhei.h";
  model.source = stem + ".rhei.cc";
  model.message_header = message_header_prefix + stem + ".pb.h";
  model.name_space = NamespaceOf(file.package());

  std::set<std::string> members = Parameters();
  const std::vector<std::string> names = NameServices(file);
  for (int i = 0; i < file.service_count(); ++i) {
    model.services.push_back(MakeService(*file.service(i), names[static_cast<std::size_t>(i)], members));
  }
  const Scope scope(file, members);
  model.rhei_namespace = scope.Spell("::rhei");
  model.std_namespace = scope.Spell("::std");
  for (int i = 0; i < file.service_count(); ++i) {
    SpellTypes(*file.service(i), scope, model.services[static_cast<std::size_t>(i)]);
  }
  return model;
}

}  // namespace rhei::inline v0::compiler
