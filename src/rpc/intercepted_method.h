// InterceptedMethod: another method, with interceptors in front of its handler.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "rhei/interceptor.h"
#include "rhei/server_call.h"

namespace rhei::inline v0::rpc {

// Any loop. The interceptors run on the call's loop, also where the handler runs in the pool.
class InterceptedMethod final : public MethodHandler {
 public:
  InterceptedMethod(std::unique_ptr<MethodHandler> handler, std::shared_ptr<const Interceptors> interceptors)
      : handler_(std::move(handler)), interceptors_(std::move(interceptors)) {}

  void Prepare(std::size_t loop_count) override { handler_->Prepare(loop_count); }
  bool client_streams() const override { return handler_->client_streams(); }
  bool server_streams() const override { return handler_->server_streams(); }
  const MessageType* reply_type() const override { return handler_->reply_type(); }
  std::unique_ptr<HeldMessage> Read(std::string_view request) const override { return handler_->Read(request); }
  void Handle(ServerCall& call, std::string_view request) override;
  void HandleHeld(ServerCall& call, std::unique_ptr<HeldMessage> request) override;

 private:
  std::unique_ptr<MethodHandler> handler_;
  std::shared_ptr<const Interceptors> interceptors_;
};

}  // namespace rhei::inline v0::rpc
