#include "transport/inprocess_server_call.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "transport/answer_check.h"
#include "transport/inprocess_call.h"
#include "transport/server_context_writer.h"

namespace rhei::inline v0::transport {

InProcessServerCall::InProcessServerCall(InProcessCall& whole, std::size_t loop_index)
    : whole_(whole), loop_index_(loop_index) {
  ServerContextWriter::SetCall(context_, *this);
}

InProcessServerCall::~InProcessServerCall() = default;

runtime::Loop& InProcessServerCall::loop() { return whole_.server_loop(); }
Logger& InProcessServerCall::logger() { return whole_.server().router().logger(); }
const Limits& InProcessServerCall::limits() const { return whole_.server().limits(); }
std::size_t InProcessServerCall::max_send_message() const { return limits().max_send_message; }

void InProcessServerCall::OnBegin(Begin begin) {
  if (!whole_.server().Admit(loop_index_, *this)) {
    state_ = State::kDone;
    auto refuse = [request = std::move(begin.request)](InProcessClientCall& client) mutable {
      client.OnNotServing(std::move(request));
    };
    return whole_.ToClient(std::move(refuse));
  }
  whole_.AddReference();
  state_ = State::kReceiving;
  if (begin.awaits_admission) whole_.ToClient([](InProcessClientCall& client) { client.OnServing(); });
  path_ = std::move(begin.path);
  sent_ = begin.sent;
  client_streams_ = begin.client_streams;
  if (!client_streams_) request_ = std::move(begin.request);
  ServerContextWriter::metadata(context_) = std::move(begin.metadata);
  const InProcessIdentity& identity = whole_.identity();
  ServerContextWriter::SetFacts(context_, path_, identity.authority, identity.user_agent, *identity.peer,
                                *identity.peer);
  route_ = whole_.server().router().Find(path_);
  SetDeadline(begin.deadline);
  if (route_.handler == nullptr) {
    return Fail(Error(StatusCode::kUnimplemented, whole_.server().router().WhyNotFound(path_), Origin::kLibrary));
  }
  if (begin.deadline <= loop().Now()) return OnDeadline();
  if (route_.handler->client_streams()) {
    RunStreaming();
  } else if (!client_streams_) {
    RunUnary();
  }
}

void InProcessServerCall::SetDeadline(TimePoint deadline) {
  const TimePoint now = loop().Now();
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
  if (!unwanted_ && !CheckAnswer(context_.trailers(), limits()) && SendContextHeaders()) {
    Deliver({std::move(reply), size});
  }
  Succeed();
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
  whole_.server().GiveBack(loop_index_, *this);
  whole_.Release();
}

}  // namespace rhei::inline v0::transport
