#include "rhei/server_context.h"

#include "rhei/server_call.h"

namespace rhei::inline v0 {

void ServerContext::SendHeaders() { call_->SendHeaders(headers_); }

}  // namespace rhei::inline v0
