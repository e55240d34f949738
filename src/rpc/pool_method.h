// PoolMethod: runs another method's handler on the thread pool, so that it may block.
#pragma once

#include <memory>
#include <string_view>

#include "rhei/executor.h"
#include "rhei/runtime.h"
#include "rhei/server_call.h"

namespace rhei::inline v0::rpc {

// Any loop. The request is copied, and the answer goes back through the call's loop.
class PoolMethod final : public MethodHandler {
 public:
  PoolMethod(std::unique_ptr<MethodHandler> handler, Runtime& runtime);

  void Prepare(std::size_t loop_count) override;
  bool client_streams() const override { return handler_->client_streams(); }
  bool server_streams() const override { return handler_->server_streams(); }
  const MessageType* reply_type() const override { return handler_->reply_type(); }
  std::unique_ptr<HeldMessage> Read(std::string_view request) const override { return handler_->Read(request); }
  void Handle(ServerCall& call, std::string_view request) override;
  void HandleHeld(ServerCall& call, std::unique_ptr<HeldMessage> request) override;

 private:
  class Call;

  // What coroutines on the pool go on on.
  class PoolExecutor final : public Executor {
   public:
    explicit PoolExecutor(Runtime& runtime) : runtime_(runtime) {}
    void Post(UniqueFunction<void()> work) override;
    bool MayBlock() const override { return true; }

   private:
    Runtime& runtime_;
  };

  std::unique_ptr<MethodHandler> handler_;
  PoolExecutor executor_;
};

}  // namespace rhei::inline v0::rpc
