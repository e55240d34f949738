#include "compiler/source_file.h"

#include <google/protobuf/io/printer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "compiler/code_text.h"

namespace rhei::inline v0::compiler {
namespace {

using google::protobuf::io::Printer;

void PrintHandler(const FileModel& file, const ServiceModel& service, const MethodModel& method, Printer& printer) {
  const std::string signature =
      WithParameters(0, HandlerType(file, method) + " " + service.name + "::Service::" + method.name,
                     HandlerParameters(file, method, false), " {");
  const std::string error = WithParameters(2, "return " + file.rhei_namespace + "::Error",
                                           {file.rhei_namespace + "::StatusCode::kUnimplemented",
                                            Quoted("the method " + method.full_name + " is not implemented")},
                                           ";");
  printer.Print("\n$signature$\n  $error$\n}\n", "signature", signature, "error", error);
}

void PrintServiceClass(const FileModel& file, const ServiceModel& service, Printer& printer) {
  for (const MethodModel& method : service.methods) PrintHandler(file, service, method, printer);
  printer.Print(
      "\n$std$::string_view $service$::Service::service_name() const { return kServiceName; }\n"
      "\nvoid $service$::Service::AddMethods($rhei$::MethodTable& $table$) {",
      "std", file.std_namespace, "rhei", file.rhei_namespace, "service", service.name, "table",
      service.methods.empty() ? "/*table*/" : "table");
  if (service.methods.empty()) {
    printer.Print("}\n");
    return;
  }
  printer.Print(
      "\n  $rhei$::Version<$rhei$::kVersionMajor, $rhei$::kVersionMinor>::CompileThisWithTheRheiThatIsLinked();\n",
      "rhei", file.rhei_namespace);
  for (const MethodModel& method : service.methods) {
    printer.Print("  table.Add$kind$($path$, *this, &Service::$name$);\n", "kind", KindName(method), "path",
                  Quoted("/" + method.full_name), "name", method.name);
  }
  printer.Print("}\n");
}

void PrintStubConstructor(const FileModel& file, const ServiceModel& service, Printer& printer) {
  printer.Print("\n$service$::Stub::Stub($rhei$::Channel $channel$)", "service", service.name, "rhei",
                file.rhei_namespace, "channel", service.methods.empty() ? "/*channel*/" : "channel");
  if (!service.methods.empty()) printer.Print("\n    : channel_($std$::move(channel))", "std", file.std_namespace);
  for (const MethodModel& method : service.methods) {
    printer.Print(",\n      $handle$(channel_.FindMethod($path$))", "handle", method.handle, "path",
                  Quoted("/" + method.full_name));
  }
  printer.Print(" {}\n");
}

void PrintCall(const FileModel& file, const ServiceModel& service, const MethodModel& method, bool moved,
               Printer& printer) {
  const std::string signature =
      WithParameters(0, CallType(file, method) + " " + service.name + "::Stub::" + method.name,
                     CallParameters(file, method, moved), " const {");
  std::string request;
  if (!method.client_streams()) request = moved ? file.std_namespace + "::move(request), " : "request, ";
  printer.Print(
      "\n$signature$\n"
      "  return $rhei$::Start$kind$<$types$>(channel_, $handle$, $request$options);\n"
      "}\n",
      "signature", signature, "rhei", file.rhei_namespace, "kind", KindName(method), "types", MessageTypes(method),
      "handle", method.handle, "request", request);
}

void PrintService(const FileModel& file, const ServiceModel& service, Printer& printer) {
  PrintServiceClass(file, service, printer);
  PrintStubConstructor(file, service, printer);
  for (const MethodModel& method : service.methods) {
    PrintCall(file, service, method, false, printer);
    if (!method.client_streams()) PrintCall(file, service, method, true, printer);
  }
}

}  // namespace

std::string SourceFile(const FileModel& file) {
  std::string text = FirstLine(file);
  google::protobuf::io::StringOutputStream stream(&text);
  Printer printer(&stream, '$');
  printer.Print("#include \"$header$\"\n", "header", file.header);
  if (file.services.empty()) return text;
  printer.Print(
      "\n#include <utility>\n"
      "\n#include \"rhei/result.h\"\n"
      "#include \"rhei/status_code.h\"\n");
  if (file.HasStreams()) printer.Print("#include \"rhei/streaming_method.h\"\n");
  if (!file.name_space.empty()) printer.Print("\nnamespace $name$ {\n", "name", file.name_space);
  for (const ServiceModel& service : file.services) PrintService(file, service, printer);
  if (!file.name_space.empty()) printer.Print("\n}  // namespace $name$\n", "name", file.name_space);
  return text;
}

}  // namespace rhei::inline v0::compiler
