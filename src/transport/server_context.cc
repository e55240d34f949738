#include "rhei/server_context.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "rhei/server_call.h"

namespace rhei::inline v0 {

void ServerCall::ReplyInPieces(MessagePieces reply) {
  char* room = ReserveReply(reply.size());
  const auto append = [&room](std::string_view bytes) { room = std::copy(bytes.begin(), bytes.end(), room); };
  append(reply.first.view().substr(MessagePieces::kPrefix));
  for (const PooledBytes& piece : reply.further) append(piece.view());
  Reply();
}

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
