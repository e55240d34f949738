// StreamingMethod: a handler that reads a stream of requests, writes a stream of replies, or both. Used by generated
// code.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "rhei/call_streams.h"
#include "rhei/codec.h"
#include "rhei/pooled.h"
#include "rhei/result.h"
#include "rhei/server_call.h"
#include "rhei/service.h"
#include "rhei/stream.h"
#include "rhei/task.h"
#include "rhei/unary_method.h"

namespace rhei::inline v0 {

// The streams of one call on a server.
class ServerStreams final : public CallStreams {
 public:
  explicit ServerStreams(ServerCall& of) : call_(of) {}

  std::optional<Status> Ended() override;
  void EndFor(Error mistake, std::string_view log) override;
  // The call is answered.
  void Answered() { Abandon(); }
  ServerCall& call() const { return call_; }

 private:
  runtime::Loop* home() const override { return &call_.loop(); }
  MessageStream* OpenStream() override { return &call_.OpenStream(*this); }

  ServerCall& call_;
};

// Does the work on this loop later, when nothing of what it is about is on the stack any more.
void PostToLoop(runtime::Loop& loop, UniqueFunction<void()> work);

// Of `Function`'s parameters, one or both are a Reader<Request> and a Writer<Reply>.
template <typename Service, typename Request, typename Reply, typename Function>
class StreamingMethod final : public MethodHandler {
 public:
  static constexpr bool kClientStreams =
      !std::is_invocable_v<Function, Service&, ServerContext&, const Request&, Writer<Reply>&>;
  static constexpr bool kServerStreams = !std::is_invocable_v<Function, Service&, ServerContext&, Reader<Request>&>;
  using Answer = std::conditional_t<kServerStreams, Status, Result<Reply>>;

  StreamingMethod(Service& service, Function function) : service_(service), function_(function) {}

  void Prepare(std::size_t /*loop_count*/) override {}
  bool client_streams() const override { return kClientStreams; }
  bool server_streams() const override { return kServerStreams; }
  const MessageType* reply_type() const override { return &kMessageType<Reply>; }
  std::unique_ptr<HeldMessage> Read(std::string_view request) const override { return ReadHeld<Request>(request); }
  void Handle(ServerCall& call, std::string_view request) override {
    // It owns itself until the call is answered.
    (new Running(call))->Begin(*this, request.size(), [request](Request& into) {
      return Codec<Request>::Read(request, into);
    });
  }
  void HandleHeld(ServerCall& call, std::unique_ptr<HeldMessage> request) override {
    (new Running(call))->Begin(*this, 0, [&request](Request& variable) {
      MessageInto<Request> into(variable);
      return request->MoveInto(into);
    });
  }

 private:
  // One call while its handler runs.
  class Running final : public Pooled, private TaskObserver {
   public:
    explicit Running(ServerCall& call) : streams_(call), reader_(streams_), writer_(streams_) {}

    template <typename Reading>
    void Begin(const StreamingMethod& method, std::size_t request_size, const Reading& read) {
      bool finished = true;
      try {
        if constexpr (!kClientStreams) {
          if (!read(request_)) return Fail(RequestNotReadable(call().context(), request_size));
        }
        task_.emplace(CallHandler(method));
        finished = task_->Start(*this);
      } catch (const std::exception& thrown) {
        return Fail(HandlerThrew(call(), &thrown));
      } catch (...) {
        return Fail(HandlerThrew(call(), nullptr));
      }
      if (finished) OnTaskDone();
    }

   private:
    struct NoRequest {};

    ServerCall& call() const { return streams_.call(); }

    Task<Answer> CallHandler(const StreamingMethod& method) {
      // Named, because GCC 12 under its sanitizers takes what it makes of the whole expression for uninitialised.
      Service& service = method.service_;
      const Function function = method.function_;
      if constexpr (!kClientStreams) {
        return (service.*function)(call().context(), request_, writer_);
      } else if constexpr (!kServerStreams) {
        return (service.*function)(call().context(), reader_);
      } else {
        return (service.*function)(call().context(), reader_, writer_);
      }
    }

    void OnTaskDone() noexcept override {
      try {
        Answer answer = task_->Take();
        // What the handler kept goes before the answer, which ends its context.
        task_.reset();
        if (!answer.ok()) return Fail(answer.error());
        Send(std::move(answer));
      } catch (const std::exception& thrown) {
        Fail(HandlerThrew(call(), &thrown));
      } catch (...) {
        Fail(HandlerThrew(call(), nullptr));
      }
    }

    void Send(Answer&& answer) {
      if constexpr (kServerStreams) {
        End([](ServerCall& of) { of.Succeed(); });
      } else {
        const std::optional<std::size_t> size = Codec<Reply>::Size(*answer);
        if (!size) return Fail(ReplyNotWritable(call().context()));
        if (*size > call().max_send_message()) {
          return Fail(ReplyTooLarge(call().context(), *size, call().max_send_message()));
        }
        End([&answer, size](ServerCall& of) { SendReply(of, *std::move(answer), *size); });
      }
    }

    void Fail(const Error& error) {
      End([&error](ServerCall& of) { of.Fail(error); });
    }

    // Whoever brought the handler to its end may still be on the stack, and in the streams.
    template <typename Answering>
    void End(const Answering& answer) {
      runtime::Loop& loop = call().loop();
      answer(call());
      auto remove = [self = std::unique_ptr<Running>(this)]() mutable {
        // Of a coroutine that the handler has left behind, what it waits for ends first.
        self->streams_.Answered();
        self.reset();
      };
      PostToLoop(loop, std::move(remove));
    }

    [[no_unique_address]] std::conditional_t<kClientStreams, NoRequest, Request> request_;
    ServerStreams streams_;
    Reader<Request> reader_;
    Writer<Reply> writer_;
    std::optional<Task<Answer>> task_;
  };

  Service& service_;
  const Function function_;
};

template <typename Service, typename Request, typename Reply>
void MethodTable::AddServerStreaming(std::string_view path, Service& service,
                                     Task<Status> (Service::*function)(ServerContext&, const Request&,
                                                                       Writer<Reply>&)) {
  Add(path, std::make_unique<StreamingMethod<Service, Request, Reply, decltype(function)>>(service, function));
}

template <typename Service, typename Request, typename Reply>
void MethodTable::AddClientStreaming(std::string_view path, Service& service,
                                     Task<Result<Reply>> (Service::*function)(ServerContext&, Reader<Request>&)) {
  Add(path, std::make_unique<StreamingMethod<Service, Request, Reply, decltype(function)>>(service, function));
}

template <typename Service, typename Request, typename Reply>
void MethodTable::AddBidiStreaming(std::string_view path, Service& service,
                                   Task<Status> (Service::*function)(ServerContext&, Reader<Request>&,
                                                                     Writer<Reply>&)) {
  Add(path, std::make_unique<StreamingMethod<Service, Request, Reply, decltype(function)>>(service, function));
}

}  // namespace rhei::inline v0
