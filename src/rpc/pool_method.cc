#include "rpc/pool_method.h"

#include <cstring>
#include <string>
#include <utility>

#include "rhei/pooled.h"
#include "transport/server_context_writer.h"

namespace rhei::inline v0::rpc {

// A call as its handler on the pool sees it. Owns itself until it is answered.
class PoolMethod::Call final : public ServerCall, public Pooled {
 public:
  Call(ServerCall& call, std::string_view request, Executor& pool)
      : call_(call), pool_(pool), read_at_(call.read_at()), request_(request.size()) {
    if (!request.empty()) std::memcpy(request_.data(), request.data(), request.size());
    ServerContextWriter::SetCall(call_.context(), *this);
  }

  Call(ServerCall& call, std::unique_ptr<HeldMessage> request, Executor& pool)
      : call_(call), pool_(pool), read_at_(call.read_at()), held_(std::move(request)) {
    ServerContextWriter::SetCall(call_.context(), *this);
  }

  // A call that was cancelled while it waited for a thread does not begin: that would be work for nobody, and after the
  // end of its server the service may be gone.
  void Run(MethodHandler& handler) {
    const CallScope& scope = ServerContextWriter::scope(call_.context());
    if (scope.IsCancelled()) return Fail(scope.cause());
    if (held_ != nullptr) return handler.HandleHeld(*this, std::move(held_));
    handler.Handle(*this, request_.view());
  }

  ServerContext& context() override { return call_.context(); }
  Executor& executor() override { return pool_; }
  std::size_t loop_index() const override { return kNoLoop; }
  Logger& logger() override { return call_.logger(); }
  std::size_t max_send_message() const override { return call_.max_send_message(); }
  TimePoint read_at() const override { return read_at_; }

  void SendHeaders(const Metadata& headers) override {
    auto send = [this, headers] { call_.SendHeaders(headers); };
    call_.executor().Post(std::move(send));
  }

  char* ReserveReply(std::size_t size) override {
    reply_ = PooledBytes(size);
    return reply_.data();
  }

  void Reply() override {
    call_.executor().Post([this] {
      GiveBackContext();
      char* const room = call_.ReserveReply(reply_.size());
      if (reply_.size() > 0) std::memcpy(room, reply_.data(), reply_.size());
      call_.Reply();
      delete this;
    });
  }

  void ReplyInPieces(MessagePieces reply) override {
    auto send = [this, reply = std::move(reply)]() mutable {
      GiveBackContext();
      call_.ReplyInPieces(std::move(reply));
      delete this;
    };
    call_.executor().Post(std::move(send));
  }

  bool hands_over() const override { return call_.hands_over(); }
  void ReplyWith(std::unique_ptr<HeldMessage> reply, std::size_t size) override {
    auto hand_over = [this, reply = std::move(reply), size]() mutable {
      GiveBackContext();
      call_.ReplyWith(std::move(reply), size);
      delete this;
    };
    call_.executor().Post(std::move(hand_over));
  }

  void Succeed() override {
    call_.executor().Post([this] {
      GiveBackContext();
      call_.Succeed();
      delete this;
    });
  }

  runtime::Loop& loop() override { return call_.loop(); }
  MessageStream& OpenStream(MessageStream::Listener& listener) override { return call_.OpenStream(listener); }
  void Break(Error error) override { call_.Break(std::move(error)); }

  void Fail(const Error& error) override {
    auto fail = [this, error = error] {
      GiveBackContext();
      call_.Fail(error);
      delete this;
    };
    call_.executor().Post(std::move(fail));
  }

 private:
  void GiveBackContext() { ServerContextWriter::SetCall(call_.context(), call_); }

  ServerCall& call_;
  Executor& pool_;
  const TimePoint read_at_;
  PooledBytes request_;
  std::unique_ptr<HeldMessage> held_;  // instead
  PooledBytes reply_;
};

PoolMethod::PoolMethod(std::unique_ptr<MethodHandler> handler, Runtime& runtime)
    : handler_(std::move(handler)), executor_(runtime) {}

void PoolMethod::Prepare(std::size_t loop_count) { handler_->Prepare(loop_count); }

void PoolMethod::Handle(ServerCall& call, std::string_view request) {
  auto* const on_pool = new Call(call, request, executor_);
  executor_.Post([this, on_pool] { on_pool->Run(*handler_); });
}

void PoolMethod::HandleHeld(ServerCall& call, std::unique_ptr<HeldMessage> request) {
  auto* const on_pool = new Call(call, std::move(request), executor_);
  executor_.Post([this, on_pool] { on_pool->Run(*handler_); });
}

void PoolMethod::PoolExecutor::Post(UniqueFunction<void()> work) {
  auto run = [this, work = std::move(work)]() mutable {
    const Scope scope(*this);
    work();
  };
  runtime_.RunOnPool(std::move(run));
}

}  // namespace rhei::inline v0::rpc
