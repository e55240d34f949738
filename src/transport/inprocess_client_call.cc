#include "transport/inprocess_client_call.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "transport/inprocess_call.h"

namespace rhei::inline v0::transport {

void InProcessClientCall::Start(ClientCall& call) {
  call_ = &call;
  call.holder = this;
  ClientCall::Request& request = call.request;
  // Otherwise what is written ahead would be lost with the attempt.
  const bool awaits_admission = request.client_streams && request.wait_for_ready;
  whole_.server_side().Prepare(request, call.loop->Now(), awaits_admission);
  whole_.ToServer([](InProcessServerCall& server) { server.OnBegin(); });
  if (call.stream_listener == nullptr) return;
  InProcessMessageStream::Owner& self = *this;
  auto messages = std::make_unique<InProcessMessageStream>(
      request.max_receive_message, whole_.link().client_limits.max_send_message, self, call.stream_listener);
  messages_ = messages.get();
  if (awaits_admission) messages_->AwaitAdmission();
  call.TellStream(std::move(messages));
}

void InProcessClientCall::Deliver(MessageInTransit message) {
  auto deliver = [message = std::move(message)](InProcessServerCall& server) mutable {
    server.OnMessage(std::move(message));
  };
  whole_.ToServer(std::move(deliver));
}

void InProcessClientCall::DeliverCredit(std::size_t bytes) {
  whole_.ToServer([bytes](InProcessServerCall& server) { server.OnCredit(bytes); });
}

void InProcessClientCall::DeliverEnd() {
  whole_.ToServer([](InProcessServerCall& server) { server.OnRequestsEnd(); });
}

void InProcessClientCall::OnHeaders(Metadata headers) {
  if (call_ == nullptr) return;
  const ClientCall::Reference kept(call_);
  call_->response.headers = std::move(headers);
  call_->TellHeaders();
}

void InProcessClientCall::OnMessage(MessageInTransit message) {
  if (call_ == nullptr) return;
  const ClientCall::Reference kept(call_);
  TakeMessage(std::move(message));
}

void InProcessClientCall::TakeMessage(MessageInTransit message) {
  if (call_->request.server_streams) return messages_->Arrived(std::move(message));
  if (has_message_) {
    return Abandon(Found(StatusCode::kUnimplemented, "the call has one reply, and the server sent more"));
  }
  has_message_ = true;
  const std::size_t limit = call_->request.max_receive_message;
  if (message.size > limit) {
    return Abandon(Found(StatusCode::kResourceExhausted, "the reply of " + std::to_string(message.size) +
                                                             " bytes is larger than the limit of " +
                                                             std::to_string(limit)));
  }
  if (!call_->OnHeldMessage(*message.message)) {
    Abandon(Found(StatusCode::kInternal, "the reply of " + std::to_string(message.size) + " bytes cannot be parsed"));
  }
}

void InProcessClientCall::OnCredit(std::size_t bytes) {
  if (call_ == nullptr) return;
  const ClientCall::Reference kept(call_);
  messages_->Credited(bytes);
}

// As on a network, an answer that comes in one piece is not told piece by piece.
void InProcessClientCall::OnAnswer(Answer answer) {
  if (call_ == nullptr) return;
  if (answer.headers) call_->response.headers = *std::move(answer.headers);
  // Who reads a stream may let go of the call.
  const ClientCall::Reference kept(call_->request.server_streams ? call_ : nullptr);
  TakeMessage(std::move(answer.message));
  OnEnd(std::nullopt, std::move(answer.trailers));
}

void InProcessClientCall::OnEnd(std::optional<Error> error, Metadata trailers) {
  if (call_ == nullptr) return;
  call_->response.trailers = std::move(trailers);
  if (!error) error = FinalError();
  // What has arrived before the status can still be read.
  Finish(std::move(error), true);
}

void InProcessClientCall::OnServing() {
  if (call_ == nullptr) return;
  const ClientCall::Reference kept(call_);
  messages_->Admit();
}

void InProcessClientCall::OnNotServing(MessageInTransit request) {
  if (call_ == nullptr) return;
  Error error = Found(StatusCode::kUnavailable, "the server does not serve");
  ClientCall& call = Detach(false);
  call.request.held = std::move(request.message);
  owner_.OnUnprocessed(call, std::move(error));
  End();
}

std::optional<Error> InProcessClientCall::FinalError() const {
  if (call_->request.server_streams) return messages_->WrongEnd();
  if (has_message_) return std::nullopt;
  return Found(StatusCode::kUnimplemented, "the call has one reply, and the server sent none");
}

Error InProcessClientCall::Found(StatusCode code, std::string_view what) const {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(whole_.client_loop().Now() - call_->started);
  std::string text(call_->request.method.path);
  text.append(" in this process after ").append(std::to_string(took.count())).append(" us: ").append(what);
  return Error(code, text, Origin::kLibrary);
}

void InProcessClientCall::Abandon(Error error) {
  whole_.ToServer([](InProcessServerCall& server) { server.OnCancel(); });
  Finish(std::move(error), false);
}

void InProcessClientCall::CancelCall(ClientCall&, Error reason) { Abandon(std::move(reason)); }

std::string InProcessClientCall::WaitingFor(const ClientCall&) const {
  return "the answer of the server in this process";
}

ClientCall& InProcessClientCall::Detach(bool keep_unread) {
  ClientCall& call = *std::exchange(call_, nullptr);
  call.holder = nullptr;
  if (messages_ != nullptr) std::exchange(messages_, nullptr)->Close(keep_unread);
  return call;
}

void InProcessClientCall::Finish(std::optional<Error> error, bool keep_unread) {
  ClientCall& call = Detach(keep_unread);
  if (error) call.response.error = std::move(error);
  call.Finish(whole_.link().peer);
  End();
}

void InProcessClientCall::End() {
  owner_.OnInProcessCallGone();
  whole_.Release();
}

}  // namespace rhei::inline v0::transport
