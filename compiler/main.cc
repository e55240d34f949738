// protoc-gen-rhei: run by protoc for --rhei_out.

#include <google/protobuf/compiler/plugin.h>

#include <iostream>
#include <string_view>

#include "compiler/code_text.h"
#include "compiler/generator.h"

int main(int argc, char* argv[]) {
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    std::cout << rhei::compiler::GeneratorVersion() << "\n";
    return 0;
  }
  const rhei::compiler::Generator generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}
