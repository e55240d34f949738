// UnaryMethod: from a request's bytes to a handler's task to a reply's bytes. Used by generated code.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "rhei/codec.h"
#include "rhei/message.h"
#include "rhei/result.h"
#include "rhei/server_call.h"
#include "rhei/task.h"

namespace rhei::inline v0 {

// What the client is told when a handler threw; `what` goes to the log only.
Error HandlerThrew(ServerCall& call, const std::exception* what);
// The errors of a request that cannot be read and of a reply that cannot be written or is too large.
Error RequestNotReadable(const ServerContext& context, std::size_t size);
Error ReplyNotWritable(const ServerContext& context);
Error ReplyTooLarge(const ServerContext& context, std::size_t size, std::size_t limit);

// Runs `function` of `service` for each call. What a call needs, its request message among it, is kept for the next
// one: no heap allocation for a call in the steady state outside the message types and the handler.
template <typename Service, typename Request, typename Reply>
class UnaryMethod final : public MethodHandler {
 public:
  using Function = Task<Result<Reply>> (Service::*)(ServerContext&, const Request&);

  UnaryMethod(Service& service, Function function) : service_(service), function_(function) {}

  void Prepare(std::size_t loop_count) override { idle_.resize(loop_count); }
  const MessageType* reply_type() const override { return &kMessageType<Reply>; }
  std::unique_ptr<HeldMessage> Read(std::string_view request) const override { return ReadHeld<Request>(request); }

  void Handle(ServerCall& call, std::string_view request) override {
    std::unique_ptr<Running> running = TakeIdle(call.loop_index());
    // It owns itself until the call is answered.
    running.release()->Begin(call, request.size(),
                             [request](Request& into) { return Codec<Request>::Read(request, into); });
  }

  void HandleHeld(ServerCall& call, std::unique_ptr<HeldMessage> request) override {
    std::unique_ptr<Running> running = TakeIdle(call.loop_index());
    running.release()->Begin(call, 0, [&request](Request& variable) {
      MessageInto<Request> into(variable);
      return request->MoveInto(into);
    });
  }

 private:
  // One call while its handler runs.
  class Running final : public TaskObserver {
   public:
    explicit Running(UnaryMethod& method) : method_(method) {}

    template <typename Reading>
    void Begin(ServerCall& call, std::size_t request_size, const Reading& read) {
      call_ = &call;
      request_size_ = request_size;
      bool readable = false;
      bool finished = true;
      try {
        readable = read(request_);
        if (readable) finished = Start();
      } catch (const std::exception& thrown) {
        FailThrown(&thrown);
        return;
      } catch (...) {
        FailThrown(nullptr);
        return;
      }
      if (!readable) return FailNotReadable();
      if (finished) OnTaskDone();
    }

    void OnTaskDone() noexcept override {
      try {
        Result<Reply> result = task_->Take();
        // What the handler kept goes before the answer, which ends its context.
        task_.reset();
        Answer(std::move(result));
      } catch (const std::exception& thrown) {
        FailThrown(&thrown);
      } catch (...) {
        FailThrown(nullptr);
      }
    }

   private:
    void Answer(Result<Reply>&& result) {
      const std::size_t loop_index = call_->loop_index();
      if (!result.ok()) {
        call_->Fail(result.error());
      } else {
        Send(*std::move(result));
      }
      Recycle(loop_index);
    }

    void Send(Reply&& reply) {
      const std::optional<std::size_t> size = Codec<Reply>::Size(reply);
      if (!size) {
        call_->Fail(ReplyNotWritable(call_->context()));
      } else if (*size > call_->max_send_message()) {
        call_->Fail(ReplyTooLarge(call_->context(), *size, call_->max_send_message()));
      } else {
        SendReply(*call_, std::move(reply), *size);
      }
    }

    bool Start() {
      // Named, because GCC 12 under its sanitizers takes what it makes of the whole expression for uninitialised.
      Service& service = method_.service_;
      const Function function = method_.function_;
      task_.emplace((service.*function)(call_->context(), request_));
      return task_->Start(*this);
    }

    void FailNotReadable() {
      const std::size_t loop_index = call_->loop_index();
      call_->Fail(RequestNotReadable(call_->context(), request_size_));
      Recycle(loop_index);
    }

    void FailThrown(const std::exception* thrown) {
      const std::size_t loop_index = call_->loop_index();
      call_->Fail(HandlerThrew(*call_, thrown));
      Recycle(loop_index);
    }

    // The call is gone; this object waits for the next one, unless a large request has left it with much memory.
    void Recycle(std::size_t loop_index) {
      task_.reset();
      call_ = nullptr;
      std::unique_ptr<Running> self(this);
      if (loop_index == ServerCall::kNoLoop || request_size_ > kKeptRequestSize) return;
      std::vector<std::unique_ptr<Running>>& idle = method_.idle_[loop_index].running;
      if (idle.size() < kKeptRunning) idle.push_back(std::move(self));
    }

    UnaryMethod& method_;
    ServerCall* call_ = nullptr;
    Request request_;
    std::size_t request_size_ = 0;
    std::optional<Task<Result<Reply>>> task_;
  };

  std::unique_ptr<Running> TakeIdle(std::size_t loop_index) {
    if (loop_index != ServerCall::kNoLoop && !idle_[loop_index].running.empty()) {
      std::unique_ptr<Running> running = std::move(idle_[loop_index].running.back());
      idle_[loop_index].running.pop_back();
      return running;
    }
    return std::make_unique<Running>(*this);
  }

  static constexpr std::size_t kKeptRequestSize = 16 * 1024;
  static constexpr std::size_t kKeptRunning = 1024;

  // Each loop has its own, on a cache line of its own.
  struct alignas(64) Idle {
    std::vector<std::unique_ptr<Running>> running;
  };

  Service& service_;
  const Function function_;
  std::vector<Idle> idle_;
};

}  // namespace rhei::inline v0
