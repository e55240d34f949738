// The calls with streams, as a client has them in hand: ServerStreamingCall, ClientStreamingCall, BidiStreamingCall.
#pragma once

#include <atomic>
#include <coroutine>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "rhei/call.h"
#include "rhei/call_options.h"
#include "rhei/call_streams.h"
#include "rhei/channel.h"
#include "rhei/client_call.h"
#include "rhei/codec.h"
#include "rhei/executor.h"
#include "rhei/metadata.h"
#include "rhei/result.h"
#include "rhei/stream.h"
#include "rhei/stream_observer.h"

namespace rhei::inline v0 {

// The state of a call with streams: who waits for its messages, beside who waits for its end.
class StreamingCallState : public CallState, public CallStreams {
 public:
  StreamingCallState() { stream_listener = this; }

  void OnStream(std::unique_ptr<MessageStream> stream) final;
  WrittenRequests* written() final { return request.client_streams ? &written_ : nullptr; }
  bool OnMessage(std::string_view /*message*/) override { return false; }
  void OnRetry() override;
  void OnDone() final;

  std::optional<Status> Ended() final;
  void EndFor(Error mistake, std::string_view log) final;

  // Once, after it is done.
  Status Take() const {
    const Error* const error = CallError();
    return error != nullptr ? Status(*error) : Status();
  }

 protected:
  // Why it did not end well, after it is done; null: it did.
  const Error* CallError() const {
    if (ended_late_.load(std::memory_order_acquire)) return &*late_error_;
    return response.error ? &*response.error : nullptr;
  }

 private:
  runtime::Loop* home() const final { return loop; }
  void Keep() final { AddReference(); }
  void Unkeep() final { Release(); }
  void Deliver() override {}
  bool EndedByDeadline() const;

  WrittenRequests written_;  // outlives the stream, which adds to it
  std::unique_ptr<MessageStream> stream_;
  bool ended_ = false;  // on the loop only
  // What became known of the messages after the end, when another thread may be looking at the response.
  std::optional<Error> late_error_;  // written once, before:
  std::atomic<bool> ended_late_{false};
};

// ... of replies.
template <typename ReplyMessage>
class ServerStreamingState final : public StreamingCallState {
 public:
  Reader<ReplyMessage> reader{*this};

  std::unique_ptr<HeldMessage> EmptyReply() const override {
    return std::make_unique<CopiedMessage<ReplyMessage>>(ReplyMessage());
  }
};

// ... of requests, which one reply answers.
template <typename RequestMessage, typename ReplyMessage>
class ClientStreamingState final : public StreamingCallState {
 public:
  Writer<RequestMessage> writer{*this};

  bool OnMessage(std::string_view message) override {
    reply_.emplace();
    return Codec<ReplyMessage>::Read(message, *reply_);
  }
  bool OnHeldMessage(HeldMessage& message) override {
    MessageInto<ReplyMessage> into(reply_.emplace());
    return message.MoveInto(into);
  }
  void OnRetry() override {
    reply_.reset();
    StreamingCallState::OnRetry();
  }
  Status ShowReply(MessageVisitor& visitor) override { return ShowReplyIn(reply_, visitor); }
  bool has_reply() const override { return reply_.has_value(); }
  const MessageType* reply_type() const override { return &kMessageType<ReplyMessage>; }
  Result<ReplyMessage> Take() {
    if (const Error* const error = CallError()) return *error;
    return std::move(*reply_);
  }

 private:
  std::optional<ReplyMessage> reply_;
};

// ... of both.
template <typename RequestMessage, typename ReplyMessage>
class BidiStreamingState final : public StreamingCallState {
 public:
  Reader<ReplyMessage> reader{*this};
  Writer<RequestMessage> writer{*this};

  std::unique_ptr<HeldMessage> EmptyReply() const override {
    return std::make_unique<CopiedMessage<ReplyMessage>>(ReplyMessage());
  }
};

// How a streaming call ended, to be awaited or waited for.
template <typename State>
class [[nodiscard("the end of a call is had by co_await or Wait()")]] CallEnd final : public TaskObserver {
 public:
  explicit CallEnd(State& state) : state_(state) {}
  CallEnd(const CallEnd&) = delete;

  bool await_ready() const noexcept { return state_.done(); }
  bool await_suspend(std::coroutine_handle<> frame) {
    frame_ = frame;
    return !state_.Await(*this, Executor::Current());
  }
  auto await_resume() { return state_.Take(); }
  void OnTaskDone() noexcept override { frame_.resume(); }

  // Blocks. On a loop's thread it cancels the call and returns FAILED_PRECONDITION.
  auto Wait() -> decltype(std::declval<State&>().Take()) {
    Status waited = state_.WaitUntilDone();
    if (!waited.ok()) return std::move(waited).error();
    return state_.Take();
  }

 private:
  State& state_;
  std::coroutine_handle<> frame_;
};

// What the three have in common. A call started when the stub made it; dropping the handle cancels it, so it is kept
// until Finish. Movable, but not while something waits for it. One read, one write and one Finish may be in flight at
// once; beside Cancel, one handle is not to be used by two threads at the same time in other ways.
template <typename State>
class StreamingCall {
 public:
  StreamingCall(StreamingCall&&) noexcept = default;
  StreamingCall& operator=(StreamingCall&&) noexcept = default;

  // How the call ended, once it has. Once. The server ends it; replies that nobody reads hold that up, so who does not
  // want the rest of them calls Cancel first.
  CallEnd<State> Finish() { return CallEnd<State>(*state_); }

  // Ends the call with CANCELLED unless it is done. Any thread.
  void Cancel() { state_->Cancel(); }

  // Awaits what the server sends ahead of its first reply, if it does, else the end of the call.
  CallHeaders Headers() { return CallHeaders(*state_); }

  // After it is done: what came beside the replies, and from whom ("127.0.0.1:8090"; empty if no server was reached).
  const Metadata& headers() const { return state_->response.headers; }
  const Metadata& trailers() const { return state_->response.trailers; }
  std::string_view peer() const {
    const std::string* const peer = state_->response.peer;
    return peer == nullptr ? std::string_view() : std::string_view(*peer);
  }

 protected:
  explicit StreamingCall(State* state) : state_(state) {}
  ~StreamingCall() = default;

  State& state() { return *state_; }

 private:
  struct Drop {
    void operator()(State* state) const {
      if (!state->done()) state->Cancel();
      state->Release();
    }
  };
  std::unique_ptr<State, Drop> state_;
};

// One request, and a stream of replies:
//
//     auto call = stub.Watch(request);
//     while (std::optional<Reply> reply = co_await call.Next()) ...
//     rhei::Status status = co_await call.Finish();
//
// Or blocking, on a thread that is not a loop's: call.Next().Wait(), call.Finish().Wait().
template <typename Reply>
class [[nodiscard("a call that is dropped is cancelled")]] ServerStreamingCall
    : public StreamingCall<ServerStreamingState<Reply>> {
 public:
  // Takes over the caller's reference. For generated code.
  explicit ServerStreamingCall(ServerStreamingState<Reply>* state)
      : StreamingCall<ServerStreamingState<Reply>>(state) {}

  NextMessage<Reply> Next() { return reader().Next(); }
  NextMessageInto<Reply> Next(Reply& reply) { return reader().Next(reply); }
  Reader<Reply>& reader() { return this->state().reader; }

  // Gives replies and end to an observer as they come, instead of to Next and Finish. The handle is still needed.
  void Observe(std::shared_ptr<StreamObserver<Reply>> observer, Inbound inbound = Inbound::kAutomatic) {
    reader().Observe(std::move(observer), inbound);
  }
};

// A stream of requests, and one reply:
//
//     auto call = stub.Record();
//     for (const Request& request : requests) {
//       if (!co_await call.Write(request)) break;
//     }
//     rhei::Result<Reply> reply = co_await call.Finish();
template <typename Request, typename Reply>
class [[nodiscard("a call that is dropped is cancelled")]] ClientStreamingCall
    : public StreamingCall<ClientStreamingState<Request, Reply>> {
 public:
  using State = ClientStreamingState<Request, Reply>;
  explicit ClientStreamingCall(State* state) : StreamingCall<State>(state) {}

  MessageWrite<Request> Write(const Request& request) { return writer().Write(request); }
  MessageWrite<Request> Write(Request&& request) { return writer().Write(std::move(request)); }
  void WritesDone() { writer().WritesDone(); }
  Writer<Request>& writer() { return this->state().writer; }

  // The reply. The requests are complete by now, as after WritesDone.
  CallEnd<State> Finish() {
    WritesDone();
    return StreamingCall<State>::Finish();
  }
};

// A stream in each direction. The two are independent: one coroutine may read while another one writes.
template <typename Request, typename Reply>
class [[nodiscard("a call that is dropped is cancelled")]] BidiStreamingCall
    : public StreamingCall<BidiStreamingState<Request, Reply>> {
 public:
  using State = BidiStreamingState<Request, Reply>;
  explicit BidiStreamingCall(State* state) : StreamingCall<State>(state) {}

  NextMessage<Reply> Next() { return reader().Next(); }
  NextMessageInto<Reply> Next(Reply& reply) { return reader().Next(reply); }
  MessageWrite<Request> Write(const Request& request) { return writer().Write(request); }
  MessageWrite<Request> Write(Request&& request) { return writer().Write(std::move(request)); }
  // The requests are complete: the server's reader comes to its end.
  void WritesDone() { writer().WritesDone(); }

  Reader<Reply>& reader() { return this->state().reader; }
  Writer<Request>& writer() { return this->state().writer; }

  // Gives replies and end to an observer as they come, instead of to Next and Finish, and tells it when requests can be
  // written. The handle is still needed.
  void Observe(std::shared_ptr<StreamObserver<Reply>> observer, Inbound inbound = Inbound::kAutomatic) {
    writer().OnReady([observer] { observer->OnReady(); });
    reader().Observe(std::move(observer), inbound);
  }
};

// --- for generated code ----------------------------------------------------------------------------------------------

template <typename Reply, typename Request>
ServerStreamingCall<Reply> StartServerStreaming(const Channel& channel, const Method& method, Request&& request,
                                                const CallOptions& options) {
  auto* const call = new ServerStreamingState<Reply>;
  ServerStreamingCall<Reply> handle(call);
  call->request.server_streams = true;
  StartCall(channel, *call, method, std::forward<Request>(request), options);
  return handle;
}

template <typename Request, typename Reply>
ClientStreamingCall<Request, Reply> StartClientStreaming(const Channel& channel, const Method& method,
                                                         const CallOptions& options) {
  auto* const call = new ClientStreamingState<Request, Reply>;
  ClientStreamingCall<Request, Reply> handle(call);
  call->request.client_streams = true;
  StartCall(channel, *call, method, options);
  return handle;
}

// With this state, which is new; takes over its reference.
template <typename Request, typename Reply>
BidiStreamingCall<Request, Reply> StartBidiStreaming(const Channel& channel, BidiStreamingState<Request, Reply>* call,
                                                     const Method& method, const CallOptions& options) {
  BidiStreamingCall<Request, Reply> handle(call);
  call->request.client_streams = true;
  call->request.server_streams = true;
  StartCall(channel, *call, method, options);
  return handle;
}

template <typename Request, typename Reply>
BidiStreamingCall<Request, Reply> StartBidiStreaming(const Channel& channel, const Method& method,
                                                     const CallOptions& options) {
  return StartBidiStreaming(channel, new BidiStreamingState<Request, Reply>, method, options);
}

}  // namespace rhei::inline v0
