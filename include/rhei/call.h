// UnaryCall: a call that is under way, and the four ways to have its answer.
#pragma once

#include <atomic>
#include <coroutine>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "rhei/any_message.h"
#include "rhei/client_call.h"
#include "rhei/codec.h"
#include "rhei/context_state.h"
#include "rhei/executor.h"
#include "rhei/function.h"
#include "rhei/message.h"
#include "rhei/metadata.h"
#include "rhei/result.h"
#include "rhei/task.h"

namespace rhei::inline v0 {

// The part of a call's state that does not depend on the types of its messages: who waits for its end.
class CallState : public ClientCall {
 public:
  bool done() const { return phase_.load(std::memory_order_acquire) == kDone; }

  // True: it is done. False: the observer is told once, on `resume_on`, or if that is null on the call's loop.
  bool Await(TaskObserver& observer, Executor* resume_on);

  // Blocks until it is done. On a loop's thread, which must not block, it gives the call up: the error is
  // FAILED_PRECONDITION.
  Status WaitUntilDone();

  // On the call's loop. The observer is told once when the headers have arrived, or the call is done.
  void AwaitHeaders(TaskObserver& observer, Executor* resume_on);

  void OnHeaders() final;
  void OnDone() override;

 protected:
  // A call that Then or Future took over is done.
  virtual void Deliver() = 0;
  // `Deliver` is to be called, soon if the call is done. Keeps the call alive until then.
  void DeliverWhenDone();

 private:
  void DeliverGuarded(std::string_view whose);
  void TellHeaders();

  enum Phase : int { kPending, kAwaited, kDelivering, kDone };
  std::atomic<int> phase_{kPending};
  TaskObserver* observer_ = nullptr;
  Executor* resume_on_ = nullptr;
  // On the loop only.
  bool has_headers_ = false;
  TaskObserver* headers_observer_ = nullptr;
  Executor* headers_resume_on_ = nullptr;
};

// What the server sends ahead of its messages, to be awaited.
class [[nodiscard("headers are had by co_await")]] CallHeaders final : public TaskObserver {
 public:
  explicit CallHeaders(CallState& state) : state_(state) {}
  bool await_ready() const noexcept { return state_.done(); }
  void await_suspend(std::coroutine_handle<> frame) {
    frame_ = frame;
    state_.AwaitHeaders(*this, Executor::Current());
  }
  const Metadata& await_resume() const { return state_.response.headers; }
  void OnTaskDone() noexcept override { frame_.resume(); }

 private:
  CallState& state_;
  std::coroutine_handle<> frame_;
};

template <typename Reply>
Status ShowReplyIn(std::optional<Reply>& reply, MessageVisitor& visitor) {
  if (!reply) return {};
  MessageInto<Reply> into(*reply);
  AnyMessage message(into);
  return visitor.Visit(message);
}

template <typename Reply>
class TypedCallState final : public CallState {
 public:
  bool OnMessage(std::string_view message) override {
    reply_.emplace();
    return Codec<Reply>::Read(message, *reply_);
  }
  bool OnHeldMessage(HeldMessage& message) override {
    MessageInto<Reply> into(reply_.emplace());
    return message.MoveInto(into);
  }
  void OnRetry() override { reply_.reset(); }
  Status ShowReply(MessageVisitor& visitor) override { return ShowReplyIn(reply_, visitor); }
  bool has_reply() const override { return reply_.has_value(); }
  const MessageType* reply_type() const override { return &kMessageType<Reply>; }

  // Once, after it is done.
  Result<Reply> Take() {
    if (response.error) return *response.error;
    return std::move(*reply_);
  }

  void Then(UniqueFunction<void(Result<Reply>)> callback) {
    callback_ = std::move(callback);
    callback_context_ = SharedContext::Current();
    DeliverWhenDone();
  }

 private:
  void Deliver() override {
    const InstallContext install(callback_context_.get());
    callback_(Take());
  }

  std::optional<Reply> reply_;
  UniqueFunction<void(Result<Reply>)> callback_;
  SharedContext callback_context_;
};

// A call with one request and one reply. It started when the stub made it; dropping the handle cancels it. Its answer
// is taken once, in one of four ways:
//
//     Result<Reply> reply = stub.Method(request).Wait();                 // blocks; not on a loop's thread
//     std::future<Result<Reply>> reply = stub.Method(request).Future();
//     stub.Method(request).Then([](Result<Reply> reply) { ... });         // on the call's loop
//     Result<Reply> reply = co_await stub.Method(request);               // goes on where it was suspended
//
// All but the first may be used on any thread. Then and Future take the call over: it goes on without the handle, and
// dropping the future does not cancel it. Movable; one handle is not to be used by two threads at once.
template <typename Reply>
class [[nodiscard("a call that is dropped is cancelled")]] UnaryCall {
 public:
  // Takes over the caller's reference. For generated code.
  explicit UnaryCall(TypedCallState<Reply>* state) : state_(state) {}
  UnaryCall(UnaryCall&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  UnaryCall& operator=(UnaryCall&& other) noexcept {
    if (this != &other) {
      Drop();
      state_ = std::exchange(other.state_, nullptr);
    }
    return *this;
  }
  ~UnaryCall() { Drop(); }

  // Any thread but a loop's, where it cancels the call and returns FAILED_PRECONDITION.
  Result<Reply> Wait() {
    Status waited = state_->WaitUntilDone();
    if (!waited.ok()) return std::move(waited).error();
    return state_->Take();
  }

  std::future<Result<Reply>> Future() {
    std::promise<Result<Reply>> promise;
    std::future<Result<Reply>> future = promise.get_future();
    auto fulfil = [promise = std::move(promise)](Result<Reply> reply) mutable { promise.set_value(std::move(reply)); };
    Then(std::move(fulfil));
    return future;
  }

  // `callback` takes a Result<Reply>, and has the context of who gave it. What it throws is logged and goes no further.
  template <typename Callback>
    requires std::is_invocable_v<Callback&, Result<Reply>>
  void Then(Callback callback) {
    TypedCallState<Reply>* const state = std::exchange(state_, nullptr);
    state->Then(std::move(callback));
    state->Release();
  }

  class Awaiter final : public TaskObserver {
   public:
    explicit Awaiter(TypedCallState<Reply>& state) : state_(state) {}
    bool await_ready() const noexcept { return state_.done(); }
    bool await_suspend(std::coroutine_handle<> frame) {
      frame_ = frame;
      return !state_.Await(*this, Executor::Current());
    }
    Result<Reply> await_resume() { return state_.Take(); }
    void OnTaskDone() noexcept override { frame_.resume(); }

   private:
    TypedCallState<Reply>& state_;
    std::coroutine_handle<> frame_;
  };
  // On an lvalue the handle stays, and what came beside the reply can be asked for.
  Awaiter operator co_await() { return Awaiter(*state_); }

  // Awaits what the server sends ahead of its reply, if it does, else the end of the call:
  //
  //     const rhei::Metadata& headers = co_await call.Headers();
  CallHeaders Headers() { return CallHeaders(*state_); }

  // Ends the call with CANCELLED unless it is done.
  void Cancel() { state_->Cancel(); }

  // After it is done: what came beside the reply, and from whom ("127.0.0.1:8090"; empty if no server was reached).
  const Metadata& headers() const { return state_->response.headers; }
  const Metadata& trailers() const { return state_->response.trailers; }
  std::string_view peer() const {
    const std::string* const peer = state_->response.peer;
    return peer == nullptr ? std::string_view() : std::string_view(*peer);
  }

 private:
  void Drop() {
    if (state_ == nullptr) return;
    if (!state_->done()) state_->Cancel();
    std::exchange(state_, nullptr)->ReleaseWhenTold();
  }

  TypedCallState<Reply>* state_;
};

}  // namespace rhei::inline v0
