#include "rpc/intercepted_method.h"

#include "rpc/intercepted_server_call.h"

namespace rhei::inline v0::rpc {

void InterceptedMethod::Handle(ServerCall& call, std::string_view request) {
  // It owns itself until the call is answered.
  (new InterceptedServerCall(call, *handler_, *interceptors_))->Begin(request);
}

void InterceptedMethod::HandleHeld(ServerCall& call, std::unique_ptr<HeldMessage> request) {
  (new InterceptedServerCall(call, *handler_, *interceptors_))->Begin(std::move(request));
}

}  // namespace rhei::inline v0::rpc
