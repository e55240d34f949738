// Http2ServerStream: one call on an HTTP/2 connection, from its request to the last byte of its answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http2/connection.h"
#include "rhei/pooled.h"
#include "rhei/result.h"
#include "rhei/server_call.h"
#include "rhei/time.h"
#include "runtime/loop.h"
#include "transport/http2_message_stream.h"
#include "transport/receive_budget.h"
#include "transport/request_head.h"
#include "wire/message_framing.h"
#include "wire/metadata_coding.h"

namespace rhei::inline v0::transport {

class Http2ServerConnection;

// Used for one call after the other, with the memory of the last. Its states: it collects the request, it may have to
// wait for its turn, its handler runs, it waits for its answer to leave. Its slot is free when the handler has
// answered, also if nobody waits for the answer any more. On its connection's loop only.
class Http2ServerStream final : public ServerCall, private Http2MessageStream::Owner {
 public:
  explicit Http2ServerStream(Http2ServerConnection& connection);

  // A part of the request; the first one has the headers.
  void OnMessagePart(const http2::Event& event);
  // The client ended the stream, or its connection is lost: nobody waits for the answer any more.
  void Cancel(StatusCode code, std::string_view why);
  // What was queued has left.
  void OnDrained();
  // Whether more of the request is to come. Ends the call if that is too slow: to be asked several times within
  // Limits::stalled_stream_timeout.
  bool CheckRequest(TimePoint now);
  // It has waited for its turn; see HeldCalls.
  void StartHeld();

  bool idle() const { return state_ == State::kIdle; }
  bool running() const { return state_ == State::kRunning; }
  std::string_view path() const { return context_.method(); }

  // --- ServerCall ----------------------------------------------------------------------------------------------------
  ServerContext& context() override { return context_; }
  Executor& executor() override;
  std::size_t loop_index() const override;
  Logger& logger() override;
  std::size_t max_send_message() const override;
  TimePoint read_at() const override;
  void SendHeaders(const Metadata& headers) override;
  char* ReserveReply(std::size_t size) override;
  void Reply() override { FinishReply({}); }
  void ReplyInPieces(MessagePieces reply) override;
  void Succeed() override;
  void Fail(const Error& error) override;
  runtime::Loop& loop() override;
  MessageStream& OpenStream(MessageStream::Listener& listener) override;
  void Break(Error error) override;

 private:
  enum class State : std::uint8_t { kIdle, kReceiving, kHeld, kRunning, kSending };

  // A request that does not come in one piece, until its handler runs.
  struct Collected : Pooled {
    ReceiveBudget::Share share;
    wire::MessageReader reader;
    bool has_message = false;
    PooledBytes message;  // whole, it waits for the end of the stream, or for its turn
    std::string body;     // of a plain request
  };
  // How fast a request comes.
  struct Watch : Pooled {
    TimePoint since;
    std::size_t arrived;                  // of it
    std::uint64_t arrived_on_connection;  // of all requests
  };

  void Begin(const http2::Event& event);
  void CheckHead(const RequestHead& head);
  void FailForMemory();
  void SetDeadline(const RequestHead& head);
  void OnDeadline();
  // A client gives up when its deadline passes, which comes in a little before or after the timer here.
  bool IsAboutDeadline() const;
  void ReceiveMessage(std::string_view data, std::size_t charged, bool end_stream);
  void ReceiveHttp(std::string_view data, std::size_t charged, bool end_stream);
  Collected& Collect();
  void Run(std::string_view message);
  void RunStreaming();
  // It waits for its turn; of `message` so many bytes have not been given back to the connection's window.
  void Hold(std::string_view message, std::size_t charged);
  // Runs, or waits for its turn, with a message whose bytes the budget knows already.
  void RunInTurn(std::string_view message);
  // Its call ends before its turn has come.
  void EndHeld();
  void EndSlowRequest(Duration time, std::size_t bytes);
  Http2MessageStream& Messages();
  bool OnSend() override;
  void OnBroken(Error error) override { Break(std::move(error)); }
  // The client is told how the call ends, and its handler that nobody waits for it.
  void AnswerEarly(Error error);
  // After its context has been cancelled: the handler's reads and writes end.
  void EndMessages();
  void AnswerHttp(std::string_view body);
  // Of a plain request.
  std::string_view HttpMethod() const;
  void SendHttp(int status, const Metadata& headers, std::string body);
  void Refuse(int http_status, std::string_view body);
  // Sets refusal_ when what the handler has put into its context must not be sent.
  void CheckHandlersMetadata();
  void WriteHeaders(const Metadata& headers);
  // Sends what is reserved, and this behind it, unless it is not wanted any more.
  void FinishReply(std::span<const PooledBytes> further);
  void SendStatus(const Error& error, const Metadata& headers, const Metadata& trailers);
  // All that is to be sent has been given to http2.
  void Answered();
  void Done();

  Http2ServerConnection& connection_;
  http2::Stream stream_;
  State state_ = State::kIdle;
  bool grpc_ = false;
  bool streams_ = false;  // messages_ is this call's
  bool headers_sent_ = false;
  bool unwanted_ = false;  // the handler runs, and the client has its answer already
  ServerContext context_;
  MethodHandler* handler_ = nullptr;
  Duration timeout_{};  // in a text, or kNoTimeout
  std::shared_ptr<const ClientFacts> facts_;
  PooledBytes own_;               // path and method, where the router does not have them
  std::size_t arrived_ = 0;       // bytes of the request
  PooledBytes unsent_;            // a reply that could not be written in place
  std::optional<Error> refusal_;  // of what the handler wants to send
  // Each is there only for a call that needs it.
  std::unique_ptr<Collected> collected_;
  std::unique_ptr<Watch> watch_;  // the rest of the request is waited for
  // Kept until the next one, because what ends a call may be called by it.
  std::unique_ptr<Http2MessageStream> messages_;
  // Kept for the next one.
  std::unique_ptr<runtime::Timer> deadline_;
};

}  // namespace rhei::inline v0::transport
