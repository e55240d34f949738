// ClientCall: a call as its channel and its transport see it. For generated code and for those who write transports;
// users hold a UnaryCall.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rhei/any_message.h"
#include "rhei/context_state.h"
#include "rhei/executor.h"
#include "rhei/log.h"
#include "rhei/message_pieces.h"
#include "rhei/message_stream.h"
#include "rhei/metadata.h"
#include "rhei/pooled.h"
#include "rhei/result.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

class CallWatch;
class ClientCall;
class Interceptor;
namespace runtime {
class Loop;
}

// A method that a channel knows: a small number, by which transports find what they have prepared for it.
struct Method {
  static constexpr std::uint32_t kUnnumbered = 0xffffffff;
  std::uint32_t number = kUnnumbered;
  // "/package.Service/Method". Lives as long as the channel or one of its calls under way; as the call, where the
  // number is kUnnumbered.
  std::string_view path;
};

// Who has a started call in hand and can give it up.
class ClientCallHolder {
 public:
  // On the call's loop. The call ends with `reason`, unless it has ended.
  virtual void CancelCall(ClientCall& call, Error reason) = 0;
  // What the call waits for just now: "the answer of 127.0.0.1:8090".
  virtual std::string WaitingFor(const ClientCall& call) const = 0;

 protected:
  ~ClientCallHolder() = default;
};

// What stands between a call and who carries it out, where it has interceptors. On the call's loop.
class CallInterception {
 public:
  // It has been carried out, and `response` tells with what result.
  virtual void OnAttemptDone() = 0;
  virtual void OnHeaders(Metadata& headers) = 0;
  virtual std::unique_ptr<MessageStream> Wrap(std::unique_ptr<MessageStream> stream) = 0;
  // Its user does not want it any more.
  virtual void OnCancel(const Error& reason) = 0;

 protected:
  ~CallInterception() = default;
};

// What has been written to a call's stream of requests, for as long as the call may have to be made again: until its
// answer begins, or it is more than may be kept. On the call's loop.
class WrittenRequests {
 public:
  // `framed`: as it was sent.
  void Add(std::string_view framed, std::size_t most) {
    if (complete_) Keep(framed, most);
  }
  // The call is not made again.
  void Forget();

  // Whether it is all that was written.
  bool complete() const { return complete_; }
  std::string_view bytes() const { return bytes_.view().substr(0, size_); }

 private:
  void Keep(std::string_view framed, std::size_t most);

  PooledBytes bytes_;
  std::size_t size_ = 0;
  bool complete_ = true;
};

// Reference-counted: the caller's handle has one reference, whoever carries the call out another. Its fields are
// written before it is started by the caller, and from then on on the call's loop only, until it is done.
class ClientCall : public Pooled {
 public:
  // What the four bytes of its length can tell.
  static constexpr std::size_t kLargestMessage = 0xffffffff;

  // What is sent. Kept until the answer begins, because a call that no server has seen may be sent again.
  struct Request {
    Method method;
    std::string own_path;  // where the method has no number
    Metadata metadata;
    MessagePieces message;
    std::unique_ptr<HeldMessage> held;  // the message itself instead, where the channel hands over, of so many bytes:
    std::size_t held_size = 0;
    bool client_streams = false;  // instead of `message`, what is written to the stream is sent
    bool server_streams = false;  // replies are read from the stream, not given to OnMessage
    bool wait_for_ready = false;
    bool detached = false;  // from `context`
    std::size_t max_receive_message = SIZE_MAX;
    TimePoint deadline = kNoDeadline;
    // The call's own, where that is what `deadline` follows from; else zero.
    Duration timeout{};
    SharedContext context;  // where the call was made
    std::stop_token stop_token;
    std::shared_ptr<const std::vector<std::shared_ptr<Interceptor>>> interceptors;  // null: none
  };
  // What came back.
  struct Response {
    Metadata headers;
    Metadata trailers;
    std::optional<Error> error;                    // none: OK
    const std::string* peer = nullptr;             // from whom it came; null: no server was reached
    std::shared_ptr<const std::string> kept_peer;  // the same, once whoever carried it out may be gone
  };

  ClientCall(const ClientCall&) = delete;
  ClientCall& operator=(const ClientCall&) = delete;

  Request request;
  Response response;

  // --- events, on the call's loop ------------------------------------------------------------------------------
  // `response.headers` is complete, and the message is not there yet. Not called for an answer that comes in one piece.
  virtual void OnHeaders() = 0;
  // A whole message, valid until this returns. False: it cannot be read, and the call is to end with INTERNAL.
  virtual bool OnMessage(std::string_view message) = 0;
  // The same from a transport inside of the process.
  virtual bool OnHeldMessage(HeldMessage& message) {
    std::string bytes;
    MessageInto<std::string> into(bytes);
    return message.MoveInto(into) && OnMessage(bytes);
  }
  // Of a call that streams: it is being carried out, and its messages can come and go. The stream, which tells
  // `stream_listener`, is the call's own until OnRetry, or until the call is gone.
  virtual void OnStream(std::unique_ptr<MessageStream> /*stream*/) {}
  // Of a call whose requests are a stream: those that were written.
  virtual WrittenRequests* written() { return nullptr; }
  // What came so far came from an attempt that is given up for another one.
  virtual void OnRetry() = 0;
  // It is over: `response` is complete. Once, and last.
  virtual void OnDone() = 0;
  // For interceptors, of a call whose replies are not a stream: its reply, if it is there, and its type, if that is
  // known.
  virtual Status ShowReply(MessageVisitor& /*visitor*/) { return {}; }
  virtual bool has_reply() const { return false; }
  virtual const MessageType* reply_type() const { return nullptr; }
  // Where they are a stream: room for one of them.
  virtual std::unique_ptr<HeldMessage> EmptyReply() const { return nullptr; }

  // --- who carries it out ------------------------------------------------------------------------------------------
  MessageStream::Listener* stream_listener = nullptr;  // constant; null: the call does not stream
  runtime::Loop* loop = nullptr;                       // set when it is started, then constant; null: it failed before
  Logger* logger = nullptr;                            // as long as the loop
  ClientCallHolder* holder = nullptr;                  // on the loop only; null: not begun or over
  // For the holder's own use: its number for the call, and a list it keeps calls in.
  std::uint32_t holder_slot = 0;
  ClientCall* previous = nullptr;
  ClientCall* next = nullptr;
  CallInterception* interception = nullptr;  // on the loop only; null: none
  std::uint8_t transparent_retries = 0;
  TimePoint started{};

  // On the loop, before the call is carried out: from now on it ends when its deadline passes, its context is
  // cancelled, or its stop token says so. An error: that has happened already.
  Status Watch() { return NeedsWatch() ? BeginWatch() : Status(); }
  // On the loop, before it is carried out by somebody else.
  void Unwatch() {
    if (watch_ != nullptr) EndWatch();
  }
  // On the loop: what it is told while it is carried out.
  void TellHeaders() {
    if (interception != nullptr) interception->OnHeaders(response.headers);
    OnHeaders();
  }
  void TellStream(std::unique_ptr<MessageStream> stream) {
    if (interception != nullptr) stream = interception->Wrap(std::move(stream));
    OnStream(std::move(stream));
  }
  // On the loop: it is over, and `response` is complete but for its peer. Takes back one reference. Meanwhile `peer`
  // lives.
  void Finish(const std::shared_ptr<const std::string>& peer = nullptr) {
    holder = nullptr;
    Unwatch();
    if (peer != nullptr) response.peer = peer.get();
    if (interception != nullptr) {
      response.kept_peer = peer;
      return interception->OnAttemptDone();
    }
    request.context = {};
    finishing_on_.store(Executor::Current(), std::memory_order_relaxed);
    // May make other calls, and drop this one.
    OnDone();
    finishing_on_.store(nullptr, std::memory_order_relaxed);
    // Most calls are gone by now for everybody else.
    if (peer != nullptr && references_.load(std::memory_order_relaxed) > 1) response.kept_peer = peer;
    Release();
  }

  // Any thread. Ends the call with CANCELLED, or with `reason`, unless it is done.
  void Cancel() { Cancel(Error(StatusCode::kCancelled, "the caller cancelled the call")); }
  void Cancel(Error reason);

  // Keeps a call, or none, for as long as it lives.
  class Reference {
   public:
    explicit Reference(ClientCall* call) : call_(call) {
      if (call_ != nullptr) call_->AddReference();
    }
    Reference(const Reference&) = delete;
    Reference& operator=(const Reference&) = delete;
    ~Reference() {
      if (call_ != nullptr) call_->Release();
    }

   private:
    ClientCall* const call_;
  };
  void AddReference() { references_.fetch_add(1, std::memory_order_relaxed); }
  // The same while no other thread knows of the call, which costs less.
  void AddReferenceWhileNew() {
    references_.store(references_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  void Release() {
    if (DropReference(references_)) delete this;
  }
  // The same for a reference that is dropped where the call's end is told, as most callers' are. If Finish is under way
  // on this very thread, its own reference is the other of two, so no other thread has one.
  void ReleaseWhenTold() {
    Executor* const finishing = finishing_on_.load(std::memory_order_relaxed);
    const bool told_here = finishing != nullptr && finishing == Executor::Current();
    if (!told_here || references_.load(std::memory_order_acquire) != 2) return Release();
    references_.store(1, std::memory_order_relaxed);
  }

 protected:
  ClientCall() = default;
  virtual ~ClientCall() = default;

 private:
  bool NeedsWatch() const {
    return request.deadline != kNoDeadline || request.context.get() != nullptr || cancelled_.has_value() ||
           request.stop_token.stop_possible();
  }
  Status BeginWatch();
  void EndWatch();

  CallWatch* watch_ = nullptr;      // on the loop only; owned until Finish
  std::optional<Error> cancelled_;  // on the loop only: before it was carried out
  std::atomic<std::uint32_t> references_{1};
  std::atomic<Executor*> finishing_on_{nullptr};
};

}  // namespace rhei::inline v0
