// ServerCall and MethodHandler: where a server's transport and its methods meet. For generated code and for those who
// write handlers of their own; a service's author needs neither.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "rhei/codec.h"
#include "rhei/executor.h"
#include "rhei/log.h"
#include "rhei/message.h"
#include "rhei/message_pieces.h"
#include "rhei/message_stream.h"
#include "rhei/result.h"
#include "rhei/server_context.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

namespace runtime {
class Loop;
}

// A call that waits for its answer. Used on its executor only. It is answered once, by Reply or by Fail, and is gone
// afterwards; answering a call whose client is gone does no harm and still has to be done.
class ServerCall {
 public:
  virtual ServerContext& context() = 0;
  // Where it is to be answered: its loop, or the pool. And the loop's number, or kNoLoop on the pool.
  virtual Executor& executor() = 0;
  static constexpr std::size_t kNoLoop = static_cast<std::size_t>(-1);
  virtual std::size_t loop_index() const = 0;
  virtual Logger& logger() = 0;
  // Above this a reply is not sent; the call ends with RESOURCE_EXHAUSTED.
  virtual std::size_t max_send_message() const = 0;
  // When the bytes were read that made its request whole, or its headers if its requests are a stream; of a call from
  // inside of the process, when they were sent. While the handler is being called.
  virtual TimePoint read_at() const = 0;

  // Sends these headers ahead of the answer, which then brings none; the first time counts.
  virtual void SendHeaders(const Metadata& headers) = 0;

  // The answer, in two steps: room for `size` bytes, to be filled before anything else is done; and off it goes,
  // with the context's headers and trailers and status OK.
  virtual char* ReserveReply(std::size_t size) = 0;
  virtual void Reply() = 0;

  // The same in one step, of a reply that is not copied.
  virtual void ReplyInPieces(MessagePieces reply);

  // The same for transports inside of a process, which hand a reply over as it is; `size` is what it would have in
  // bytes.
  virtual bool hands_over() const { return false; }
  virtual void ReplyWith(std::unique_ptr<HeldMessage> /*reply*/, std::size_t /*size*/) {}

  // The answer, where replies were sent on the stream: there is none any more, and the status is OK.
  virtual void Succeed() = 0;

  // The answer is this error.
  virtual void Fail(const Error& error) = 0;

  // --- any thread ----------------------------------------------------------------------------------------------------
  // The connection's loop, also where the handler runs in the pool.
  virtual runtime::Loop& loop() = 0;

  // --- on that loop --------------------------------------------------------------------------------------------------
  // The call's messages one by one; the listener hears of them until the call is answered.
  virtual MessageStream& OpenStream(MessageStream::Listener& listener) = 0;
  // Ends the call with this error, though its handler goes on. It hears of it as of a cancellation.
  virtual void Break(Error error) = 0;

 protected:
  ~ServerCall() = default;
};

// Answers a call with a reply that may be sent and whose Size has just been asked for.
template <typename Reply>
void SendReply(ServerCall& call, Reply&& reply, std::size_t size) {
  static_assert(!std::is_reference_v<Reply>);
  if (call.hands_over()) {
    call.ReplyWith(std::make_unique<CopiedMessage<Reply>>(std::move(reply)), size);
  } else if (size >= MessagePieces::kWorthwhile) {
    call.ReplyInPieces(ToPieces(std::move(reply), size));
  } else {
    Codec<Reply>::Write(reply, call.ReserveReply(size));
    call.Reply();
  }
}

// Handles the calls of one method. Calls come on several loops at once.
class MethodHandler {
 public:
  virtual ~MethodHandler() = default;
  // Before the first call: how many loops there are.
  virtual void Prepare(std::size_t loop_count) = 0;
  // Whether requests are read from the call's stream: then Handle is called as soon as the headers are there, and with
  // no request.
  virtual bool client_streams() const { return false; }
  virtual bool server_streams() const { return false; }
  // The type of a reply; null: it is not known.
  virtual const MessageType* reply_type() const { return nullptr; }
  // A request that is not a stream, for who wants to see it before it is handled, with HandleHeld. Null: it cannot be
  // read.
  virtual std::unique_ptr<HeldMessage> Read(std::string_view request) const;
  // A whole request; its bytes are valid until Handle returns. `call` lives until it is answered.
  virtual void Handle(ServerCall& call, std::string_view request) = 0;
  // The same from a transport inside of the process.
  virtual void HandleHeld(ServerCall& call, std::unique_ptr<HeldMessage> request);
};

}  // namespace rhei::inline v0
