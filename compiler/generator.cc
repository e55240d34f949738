#include "compiler/generator.h"

#include <google/protobuf/compiler/plugin.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/file_model.h"
#include "compiler/header_file.h"
#include "compiler/source_file.h"

namespace rhei::inline v0::compiler {
namespace {

using google::protobuf::compiler::GeneratorContext;

constexpr std::pair kOldestProtoc(3, 21);

struct Options {
  std::string pb_prefix;
};

std::optional<Options> ParseOptions(const std::string& parameter, std::string& error) {
  std::vector<std::pair<std::string, std::string>> pairs;
  google::protobuf::compiler::ParseGeneratorParameter(parameter, &pairs);
  Options options;
  for (const auto& [key, value] : pairs) {
    if (key != "pb_prefix") {
      error = "use pb_prefix, the only option of protoc-gen-rhei; it does not know '" + key + "'";
      return std::nullopt;
    }
    options.pb_prefix = value;
  }
  return options;
}

// What to do about a protoc that is older than those rhei is tested with, or nothing. Programs that take protoc's place
// may not tell a version, which is 0 then.
std::optional<std::string> AdviceOnProtoc(const GeneratorContext& context) {
  google::protobuf::compiler::Version version;
  context.GetCompilerVersion(&version);
  const std::pair major_and_minor(version.major(), version.minor());
  if (version.major() == 0 || major_and_minor >= kOldestProtoc) return std::nullopt;
  return "use protoc 3.21 or newer; this one is " + std::to_string(version.major()) + "." +
         std::to_string(version.minor()) + "." + std::to_string(version.patch());
}

// What cannot be written is reported by protoc itself.
void WriteFile(GeneratorContext& context, const std::string& name, std::string_view text) {
  const std::unique_ptr<google::protobuf::io::ZeroCopyOutputStream> stream(context.Open(name));
  void* room = nullptr;
  int size = 0;
  while (!text.empty() && stream->Next(&room, &size)) {
    const std::size_t count = std::min(text.size(), static_cast<std::size_t>(size));
    std::memcpy(room, text.data(), count);
    text.remove_prefix(count);
    stream->BackUp(size - static_cast<int>(count));
  }
}

}  // namespace

bool Generator::Generate(const google::protobuf::FileDescriptor* file, const std::string& parameter,
                         GeneratorContext* context, std::string* error) const {
  if (const std::optional<std::string> advice = AdviceOnProtoc(*context)) {
    *error = *advice;
    return false;
  }
  const std::optional<Options> options = ParseOptions(parameter, *error);
  if (!options) return false;
  const FileModel model = MakeFileModel(*file, options->pb_prefix);
  WriteFile(*context, model.header, HeaderFile(model));
  WriteFile(*context, model.source, SourceFile(model));
  return true;
}

}  // namespace rhei::inline v0::compiler
