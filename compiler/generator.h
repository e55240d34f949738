// Generator: the part of protoc that writes x.rhei.h and x.rhei.cc.
#pragma once

#include <google/protobuf/compiler/code_generator.h>

#include <cstdint>
#include <string>

namespace rhei::inline v0::compiler {

// For each .proto a header and a source, beside those of protobuf; nearly empty ones for a .proto without services, so
// that build systems know what to expect.
//
// Options, as in `protoc --rhei_opt=pb_prefix=gen/`:
//   pb_prefix=TEXT  put in front of the path by which protobuf's header is included; default: none
class Generator final : public google::protobuf::compiler::CodeGenerator {
 public:
  // False, and `error` says what to do, if `parameter` holds an unknown option or protoc is older than 3.21.
  bool Generate(const google::protobuf::FileDescriptor* file, const std::string& parameter,
                google::protobuf::compiler::GeneratorContext* context, std::string* error) const override;

  std::uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }
};

}  // namespace rhei::inline v0::compiler
