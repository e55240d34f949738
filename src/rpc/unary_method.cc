#include "rhei/unary_method.h"

#include <string>

namespace rhei::inline v0 {

Error HandlerThrew(ServerCall& call, const std::exception* what) {
  std::string line("the handler of ");
  line.append(call.context().method()).append(" threw");
  if (what != nullptr) line.append(": ").append(what->what());
  call.logger().Write(LogLevel::kError, line);
  // What was thrown may tell things that are not the client's to know.
  return Error(StatusCode::kUnknown, "the handler threw an exception", Origin::kLibrary);
}

Error RequestNotReadable(const ServerContext& context, std::size_t size) {
  return Error(
      StatusCode::kInternal,
      "the request of " + std::to_string(size) + " bytes for " + std::string(context.method()) + " cannot be parsed",
      Origin::kLibrary);
}

Error ReplyNotWritable(const ServerContext& context) {
  return Error(StatusCode::kInternal,
               "the reply of " + std::string(context.method()) +
                   " cannot be serialised: a required field is missing, or it is 2 GiB or more",
               Origin::kLibrary);
}

Error ReplyTooLarge(const ServerContext& context, std::size_t size, std::size_t limit) {
  return Error(StatusCode::kResourceExhausted,
               "the reply of " + std::string(context.method()) + " has " + std::to_string(size) +
                   " bytes, more than the limit of " + std::to_string(limit),
               Origin::kLibrary);
}

}  // namespace rhei::inline v0
