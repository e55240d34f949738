#include "transport/inprocess_server_call.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "transport/answer_check.h"
#include "transport/inprocess_call.h"
#include "transport/server_context_writer.h"

namespace rhei::inline v0::transport {

InProcessServerCall::InProcessServerCall(InProcessCall& whole) : whole_(whole) {
  ServerContextWriter::SetCall(context_, *this);
}

InProcessServerCall::~InProcessServerCall() = default;

runtime::Loop& InProcessServerCall::loop() { return whole_.server_loop(); }
std::size_t InProcessServerCall::loop_index() const { return whole_.link().place.index; }
Logger& InProcessServerCall::logger() { return whole_.server().router().logger(); }
const Limits& InProcessServerCall::limits() const { return whole_.server().limits(); }
std::size_t InProcessServerCall::max_send_message() const { return limits().max_send_message; }

void InProcessServerCall::Prepare(ClientCall::Request& request, TimePoint now, bool awaits_admission) {
  awaits_admission_ = awaits_admission;
  path_ = request.method.path;
  if (request.method.number == Method::kUnnumbered) path_ = own_path_ = path_;
  sent_ = now;
  asked_deadline_ = request.deadline;
  client_streams_ = request.client_streams;
  if (!client_streams_) request_ = MessageInTransit{std::move(request.held), request.held_size};
  // The client's may be sent again.
  if (!request.metadata.empty()) ServerContextWriter::metadata(context_) = request.metadata;
  ServerContextWriter::SetFacts(context_, path_, whole_.link().origin);
}

void InProcessServerCall::OnBegin() {
  if (!whole_.server().Admit(loop_index(), *this)) {
    state_ = State::kDone;
    auto refuse = [request = std::exchange(request_, std::nullopt)](InProcessClientCall& client) mutable {
      client.OnNotServing(request ? *std::move(request) : MessageInTransit());
    };
    return whole_.ToClient(std::move(refuse));
  }
  whole_.AddReference();
  state_ = State::kReceiving;
  if (awaits_admission_) whole_.ToClient([](InProcessClientCall& client) { client.OnServing(); });
  route_ = whole_.server().router().Find(path_);
  SetDeadline();
  if (route_.handler == nullptr) {
    return Fail(Error(StatusCode::kUnimplemented, whole_.server().router().WhyNotFound(path_), Origin::kLibrary));
  }
  if (asked_deadline_ <= loop().Now()) return OnDeadline();
  if (route_.handler->client_streams()) {
    RunStreaming();
  } else if (!client_streams_) {
    RunUnary();
  }
}

void InProcessServerCall::SetDeadline() {
  const TimePoint now = loop().Now();
  TimePoint deadline = asked_deadline_;
  if (deadline == kNoDeadline && route_.timeout != CallRouter::kNoTimeout) deadline = AddSaturated(now, route_.timeout);
  if (deadline != kNoDeadline) {
    timeout_ = deadline - now;
    const InProcessCall::Reference kept(whole_);
    deadline_ = std::make_unique<runtime::Timer>([this] { OnDeadline(); });
    loop().Arm(*deadline_, deadline);
  }
  ServerContextWriter::SetScope(context_, new CallScope(loop().clock(), logger()));
  ServerContextWriter::scope(context_).Begin(deadline);
}

void InProcessServerCall::OnDeadline() {
  const InProcessCall::Reference kept(whole_);
  const auto timeout = std::chrono::duration_cast<std::chrono::microseconds>(timeout_);
  Error error(StatusCode::kDeadlineExceeded,
              "the deadline of " + std::to_string(timeout.count()) + " us passed on the server", Origin::kLibrary);
  if (state_ == State::kReceiving) return Fail(error);
  if (state_ == State::kRunning && !unwanted_) AnswerEarly(std::move(error));
}

void InProcessServerCall::OnMessage(MessageInTransit message) {
  if (state_ == State::kRunning && messages_ != nullptr) return messages_->Arrived(std::move(message));
  if (state_ != State::kReceiving) return;
  if (request_) {
    return Fail(Error(StatusCode::kUnimplemented, "the call has one request, and more were sent", Origin::kLibrary));
  }
  request_ = std::move(message);
}

void InProcessServerCall::OnRequestsEnd() {
  if (state_ == State::kRunning && messages_ != nullptr) return messages_->PeerEnded();
  if (state_ != State::kReceiving) return;
  if (!request_) {
    return Fail(Error(StatusCode::kUnimplemented, "the call has one request, and none was sent", Origin::kLibrary));
  }
  RunUnary();
}

void InProcessServerCall::OnCredit(std::size_t bytes) {
  if (state_ == State::kRunning && messages_ != nullptr && !messages_->closed()) messages_->Credited(bytes);
}

void InProcessServerCall::OnCancel() {
  if (state_ == State::kReceiving) return Answered();
  if (state_ != State::kRunning || unwanted_) return;
  const TimePoint deadline = ServerContextWriter::scope(context_).deadline();
  if (deadline != kNoDeadline && deadline <= loop().Now()) {
    return Cancel(
        Error(StatusCode::kDeadlineExceeded, "the client gave up when the deadline passed", Origin::kLibrary));
  }
  Cancel(Error(StatusCode::kCancelled, "the client cancelled the call", Origin::kLibrary));
}

void InProcessServerCall::Abort(std::string_view why) {
  const InProcessCall::Reference kept(whole_);
  Error error(StatusCode::kUnavailable, why, Origin::kLibrary);
  if (state_ == State::kReceiving) return Fail(error);
  if (state_ == State::kRunning && !unwanted_) AnswerEarly(std::move(error));
}

void InProcessServerCall::RunStreaming() {
  state_ = State::kRunning;
  InProcessMessageStream& messages = Messages();
  if (!client_streams_) {
    messages.Arrived(*std::exchange(request_, std::nullopt));
    messages.PeerEnded();
  }
  const InstallContext install(&ServerContextWriter::scope(context_));
  route_.handler->Handle(*this, {});
}

void InProcessServerCall::RunUnary() {
  if (request_->size > limits().max_receive_message) {
    return Fail(Error(StatusCode::kResourceExhausted,
                      "the request of " + std::to_string(request_->size) + " bytes is larger than the limit of " +
                          std::to_string(limits().max_receive_message),
                      Origin::kLibrary));
  }
  state_ = State::kRunning;
  MessageInTransit request = *std::exchange(request_, std::nullopt);
  const InstallContext install(&ServerContextWriter::scope(context_));
  route_.handler->HandleHeld(*this, std::move(request.message));
}

InProcessMessageStream& InProcessServerCall::Messages() {
  if (messages_ == nullptr) {
    InProcessMessageStream::Owner& owner = *this;
    messages_ = std::make_unique<InProcessMessageStream>(limits().max_receive_message, limits().max_send_message, owner,
                                                         nullptr);
    if (unwanted_) messages_->Close(false);
  }
  return *messages_;
}

MessageStream& InProcessServerCall::OpenStream(MessageStream::Listener& listener) {
  Messages().SetListener(listener);
  return *messages_;
}

bool InProcessServerCall::SendContextHeaders() {
  if (headers_sent_) return true;
  if (std::optional<Error> wrong = CheckAnswer(context_.headers(), limits())) {
    Break(*std::move(wrong));
    return false;
  }
  SendHeaders(context_.headers());
  return true;
}

bool InProcessServerCall::OnSend() { return SendContextHeaders(); }

void InProcessServerCall::Deliver(MessageInTransit message) {
  auto deliver = [message = std::move(message)](InProcessClientCall& client) mutable {
    client.OnMessage(std::move(message));
  };
  whole_.ToClient(std::move(deliver));
}

void InProcessServerCall::DeliverCredit(std::size_t bytes) {
  whole_.ToClient([bytes](InProcessClientCall& client) { client.OnCredit(bytes); });
}

void InProcessServerCall::SendHeaders(const Metadata& headers) {
  // Headers that must not be sent wait for the answer, which will say so.
  if (unwanted_ || headers_sent_ || CheckAnswer(headers, limits())) return;
  headers_sent_ = true;
  whole_.ToClient([headers = headers](InProcessClientCall& client) mutable { client.OnHeaders(std::move(headers)); });
}

void InProcessServerCall::ReplyWith(std::unique_ptr<HeldMessage> reply, std::size_t size) {
  const bool sendable =
      !CheckAnswer(context_.trailers(), limits()) && (headers_sent_ || !CheckAnswer(context_.headers(), limits()));
  if (unwanted_ || !sendable) return Succeed();
  InProcessClientCall::Answer whole{std::nullopt, {std::move(reply), size}, context_.trailers()};
  if (!std::exchange(headers_sent_, true)) whole.headers = context_.headers();
  whole_.ToClient(
      [answer = std::move(whole)](InProcessClientCall& client) mutable { client.OnAnswer(std::move(answer)); });
  Answered();
}

char* InProcessServerCall::ReserveReply(std::size_t size) {
  bytes_.resize(size);
  return bytes_.data();
}

void InProcessServerCall::Reply() {
  const std::size_t size = bytes_.size();
  ReplyWith(std::make_unique<CopiedMessage<std::string>>(std::move(bytes_)), size);
}

void InProcessServerCall::Succeed() {
  if (!unwanted_ && SendContextHeaders()) {
    if (std::optional<Error> wrong = CheckAnswer(context_.trailers(), limits())) {
      SendEnd(std::move(wrong), {});
    } else {
      SendEnd(std::nullopt, context_.trailers());
    }
  }
  Answered();
}

void InProcessServerCall::Fail(const Error& error) {
  if (!unwanted_) {
    std::optional<Error> wrong = CheckAnswer(context_.headers(), limits());
    if (!wrong) wrong = CheckAnswer(context_.trailers(), limits());
    if (!wrong) wrong = CheckAnswer(error.metadata(), limits());
    if (wrong) {
      wrong->SetMessage(wrong->message() + "; its error was " + error.ToString());
      SendError(*wrong, {}, {});
    } else {
      SendError(error, context_.headers(), context_.trailers());
    }
  }
  Answered();
}

void InProcessServerCall::SendError(const Error& error, Metadata headers, Metadata trailers) {
  if (!headers.empty()) SendHeaders(headers);
  for (const auto& [key, value] : error.metadata()) trailers.Add(key, value);
  Error sent(error.code(), error.message(), Origin::kRemote);
  sent.SetDetails(error.details());
  sent.SetMetadata(trailers);
  SendEnd(std::move(sent), std::move(trailers));
}

void InProcessServerCall::SendEnd(std::optional<Error> error, Metadata trailers) {
  auto end = [error = std::move(error), trailers = std::move(trailers)](InProcessClientCall& client) mutable {
    client.OnEnd(std::move(error), std::move(trailers));
  };
  whole_.ToClient(std::move(end));
}

void InProcessServerCall::Break(Error error) {
  const InProcessCall::Reference kept(whole_);
  if (state_ == State::kRunning && !unwanted_) AnswerEarly(std::move(error));
}

// What the handler may be writing into the context just now is left alone.
void InProcessServerCall::AnswerEarly(Error error) {
  SendError(error, {}, {});
  Cancel(std::move(error));
}

void InProcessServerCall::Cancel(Error cause) {
  const InProcessCall::Reference kept(whole_);
  unwanted_ = true;
  ServerContextWriter::scope(context_).Cancel(std::move(cause));
  EndMessages();
}

void InProcessServerCall::EndMessages() {
  // The handler may have ended by being told.
  if (messages_ != nullptr && state_ == State::kRunning) messages_->CloseAndTell();
}

void InProcessServerCall::Answered() {
  const InProcessCall::Reference kept(whole_);
  state_ = State::kDone;
  if (messages_ != nullptr) messages_->Forget();
  ServerContextWriter::End(context_);
  if (deadline_ != nullptr) loop().Cancel(*deadline_);
  whole_.server().GiveBack(loop_index(), *this);
  whole_.Release();
}

}  // namespace rhei::inline v0::transport
