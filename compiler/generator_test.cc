#include "compiler/generator.h"

#include <google/protobuf/compiler/plugin.h>
#include <google/protobuf/compiler/plugin.pb.h>
#include <gtest/gtest.h>

#include <string>

namespace rhei::compiler {
namespace {

using google::protobuf::compiler::CodeGeneratorRequest;
using google::protobuf::compiler::CodeGeneratorResponse;

// What protoc sends to its plugins for a .proto without anything in it.
CodeGeneratorRequest EmptyFile() {
  CodeGeneratorRequest request;
  request.add_file_to_generate("empty.proto");
  request.add_proto_file()->set_name("empty.proto");
  return request;
}

CodeGeneratorRequest FromProtoc(int major, int minor, int patch) {
  CodeGeneratorRequest request = EmptyFile();
  request.mutable_compiler_version()->set_major(major);
  request.mutable_compiler_version()->set_minor(minor);
  request.mutable_compiler_version()->set_patch(patch);
  return request;
}

CodeGeneratorResponse Answer(const CodeGeneratorRequest& request) {
  CodeGeneratorResponse response;
  std::string error;
  EXPECT_TRUE(google::protobuf::compiler::GenerateCode(request, Generator(), &response, &error)) << error;
  return response;
}

TEST(GeneratorTest, AProtocThatIsTooOldIsNamedWithTheOneToUse) {
  EXPECT_EQ(Answer(FromProtoc(3, 6, 1)).error(), "empty.proto: use protoc 3.21 or newer; this one is 3.6.1");
  EXPECT_EQ(Answer(FromProtoc(3, 20, 3)).error(), "empty.proto: use protoc 3.21 or newer; this one is 3.20.3");
}

TEST(GeneratorTest, LaterProtocsAndThoseThatTellNoVersionAreTaken) {
  for (const CodeGeneratorRequest& request : {FromProtoc(3, 21, 0), FromProtoc(4, 25, 1), EmptyFile()}) {
    const CodeGeneratorResponse response = Answer(request);
    EXPECT_EQ(response.error(), "");
    EXPECT_EQ(response.file_size(), 2);
  }
}

TEST(GeneratorTest, AnUnknownOptionIsAnsweredWithTheOneThereIs) {
  CodeGeneratorRequest request = EmptyFile();
  request.set_parameter("pb_suffix=gen");
  EXPECT_EQ(Answer(request).error(),
            "empty.proto: use pb_prefix, the only option of protoc-gen-rhei; it does not know 'pb_suffix'");
}

}  // namespace
}  // namespace rhei::compiler
