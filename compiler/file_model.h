// FileModel: what will be generated for one .proto, with every name settled.
#pragma once

#include <string>
#include <vector>

namespace google::protobuf {
class FileDescriptor;
}

namespace rhei::inline v0::compiler {

enum class MethodKind { kUnary, kServerStreaming, kClientStreaming, kBidiStreaming };

struct MethodModel {
  std::string proto_name;
  std::string full_name;  // "weather.Weather/GetCurrent", as in a path
  std::string name;       // of the handler and of the stub's method
  std::string handle;     // the stub's member that holds its rhei::Method
  std::string request;    // types, as spelt inside the generated classes
  std::string reply;
  std::vector<std::string> comment;  // lines that begin with "//"
  bool deprecated = false;
  MethodKind kind = MethodKind::kUnary;

  bool client_streams() const { return kind == MethodKind::kClientStreaming || kind == MethodKind::kBidiStreaming; }
  bool server_streams() const { return kind == MethodKind::kServerStreaming || kind == MethodKind::kBidiStreaming; }
};

struct ServiceModel {
  std::string full_name;  // "weather.Weather"
  std::string name;       // of the class
  std::vector<std::string> comment;
  bool deprecated = false;
  std::vector<MethodModel> methods;
};

struct FileModel {
  std::string proto;           // "forecast/weather.proto"
  std::string header;          // "forecast/weather.rhei.h"
  std::string source;          // "forecast/weather.rhei.cc"
  std::string message_header;  // "forecast/weather.pb.h", behind the prefix asked for
  std::string name_space;      // "a::b"; empty without a package
  std::string
      rhei_namespace;  // how rhei and std are spelt inside the generated classes: with colons in front or without
  std::string std_namespace;
  std::vector<ServiceModel> services;

  bool HasStreams() const;
};

// `message_header_prefix` is put in front of the path by which protobuf's header is included, such as "gen/".
FileModel MakeFileModel(const google::protobuf::FileDescriptor& file, const std::string& message_header_prefix);

}  // namespace rhei::inline v0::compiler
