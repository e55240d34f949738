// InProcessServerCall: the server's side of a call inside of the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rhei/client_call.h"
#include "rhei/limits.h"
#include "rhei/metadata.h"
#include "rhei/result.h"
#include "rhei/server_call.h"
#include "rhei/time.h"
#include "runtime/loop.h"
#include "transport/call_router.h"
#include "transport/inprocess_message_stream.h"

namespace rhei::inline v0::transport {

class InProcessCall;

// On the server's loop only, but where ServerCall says otherwise.
class InProcessServerCall final : public ServerCall, private InProcessMessageStream::Owner {
 public:
  explicit InProcessServerCall(InProcessCall& whole);
  ~InProcessServerCall();

  // On the client's loop, before this side begins: what the client says. Takes the request's message, if the client
  // does not stream. One that awaits admission writes nothing before it is told that the server serves.
  void Prepare(ClientCall::Request& request, TimePoint now, bool awaits_admission);

  // --- from the client's side ----------------------------------------------------------------------------------------
  void OnBegin();
  void OnMessage(MessageInTransit message);
  void OnRequestsEnd();
  void OnCredit(std::size_t bytes);
  void OnCancel();

  // --- from the server -----------------------------------------------------------------------------------------------
  // The client is told that the server goes, and the handler that nobody waits for it.
  void Abort(std::string_view why);
  bool running() const { return state_ == State::kRunning; }
  std::string_view path() const { return path_; }
  // For the server's list of its calls.
  InProcessServerCall* previous = nullptr;
  InProcessServerCall* next = nullptr;

  // --- ServerCall ----------------------------------------------------------------------------------------------------
  ServerContext& context() override { return context_; }
  Executor& executor() override { return loop(); }
  std::size_t loop_index() const override;
  Logger& logger() override;
  std::size_t max_send_message() const override;
  TimePoint read_at() const override { return sent_; }
  void SendHeaders(const Metadata& headers) override;
  bool hands_over() const override { return true; }
  void ReplyWith(std::unique_ptr<HeldMessage> reply, std::size_t size) override;
  char* ReserveReply(std::size_t size) override;
  void Reply() override;
  void Succeed() override;
  void Fail(const Error& error) override;
  runtime::Loop& loop() override;
  MessageStream& OpenStream(MessageStream::Listener& listener) override;
  void Break(Error error) override;

 private:
  enum class State : std::uint8_t { kNew, kReceiving, kRunning, kDone };

  bool OnSend() override;
  void Deliver(MessageInTransit message) override;
  void DeliverCredit(std::size_t bytes) override;
  void DeliverEnd() override {}
  void OnBroken(Error error) override { Break(std::move(error)); }
  std::string_view incoming() const override { return "request"; }

  const Limits& limits() const;
  void SetDeadline();
  void OnDeadline();
  void RunStreaming();
  void RunUnary();
  InProcessMessageStream& Messages();
  // False, after answering with what is wrong: the headers must not be sent.
  bool SendContextHeaders();
  void AnswerEarly(Error error);
  void Cancel(Error cause);
  void EndMessages();
  void SendEnd(std::optional<Error> error, Metadata trailers);
  void SendError(const Error& error, Metadata headers, Metadata trailers);
  void Answered();

  InProcessCall& whole_;
  State state_ = State::kNew;
  std::string_view path_;
  std::string own_path_;  // where the method has no number
  CallRouter::Route route_;
  ServerContext context_;
  std::unique_ptr<InProcessMessageStream> messages_;
  std::optional<MessageInTransit> request_;  // of a method that takes one
  bool client_streams_ = false;
  bool awaits_admission_ = false;
  bool headers_sent_ = false;
  bool unwanted_ = false;  // the handler runs, and the client has its answer already
  std::string bytes_;      // a reply that is made as bytes
  TimePoint asked_deadline_ = kNoDeadline;
  Duration timeout_{};
  TimePoint sent_{};
  std::unique_ptr<runtime::Timer> deadline_;
};

}  // namespace rhei::inline v0::transport
