#include "rhei/server_context.h"

#include <string>
#include <utility>

#include "rhei/server_call.h"

namespace rhei::inline v0 {

std::unique_ptr<HeldMessage> MethodHandler::Read(std::string_view request) const {
  return std::make_unique<CopiedMessage<std::string>>(std::string(request));
}

void MethodHandler::HandleHeld(ServerCall& call, std::unique_ptr<HeldMessage> request) {
  std::string bytes;
  MessageInto<std::string> into(bytes);
  if (request->MoveInto(into)) return Handle(call, bytes);
  call.Fail(Error(StatusCode::kInternal, "the request cannot be serialised", Origin::kLibrary));
}

void ServerContext::SendHeaders() { call_->SendHeaders(headers_); }

}  // namespace rhei::inline v0
