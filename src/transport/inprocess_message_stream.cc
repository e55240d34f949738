#include "transport/inprocess_message_stream.h"

#include <optional>
#include <string>
#include <utility>

namespace rhei::inline v0::transport {

void InProcessMessageStream::TellReadable() {
  if (std::exchange(read_waits_, false)) listener_->OnReadable();
}

void InProcessMessageStream::TellWritable() {
  if (HasRoom() && std::exchange(write_waits_, false)) listener_->OnWritable();
}

void InProcessMessageStream::Arrived(MessageInTransit message) {
  if (closed_) return;
  unread_.push_back(std::move(message));
  TellReadable();
}

void InProcessMessageStream::PeerEnded() {
  peer_ended_ = true;
  TellReadable();
}

void InProcessMessageStream::Credited(std::size_t bytes) {
  sent_ -= bytes;
  TellWritable();
}

void InProcessMessageStream::Admit() {
  admitted_ = true;
  TellWritable();
}

MessageStream::Received InProcessMessageStream::Receive(IncomingMessage& into) {
  if (unread_.empty()) {
    if (peer_ended_ || closed_) return Received::kEnd;
    read_waits_ = true;
    return Received::kNotYet;
  }
  MessageInTransit next = std::move(unread_.front());
  unread_.pop_front();
  if (next.size > max_receive_message_) {
    return Broken(TooLarge(next.size));
  }
  if (!next.message->MoveInto(into)) {
    return Broken(Error(StatusCode::kInternal, "the " + std::string(incoming_) + " of " + std::to_string(next.size) +
                                                   " bytes cannot be parsed"));
  }
  read_ += next.size + kMessageCost;
  if (!closed_ && read_ >= kWindow / 2) owner_.DeliverCredit(std::exchange(read_, 0));
  return Received::kMessage;
}

Error InProcessMessageStream::TooLarge(std::size_t size) const {
  return Error(StatusCode::kResourceExhausted, "the " + std::string(incoming_) + " of " + std::to_string(size) +
                                                   " bytes is larger than the limit of " +
                                                   std::to_string(max_receive_message_));
}

std::optional<Error> InProcessMessageStream::WrongEnd() const {
  for (const MessageInTransit& message : unread_) {
    if (message.size > max_receive_message_) return TooLarge(message.size);
  }
  return std::nullopt;
}

MessageStream::Received InProcessMessageStream::Broken(Error error) {
  unread_.clear();
  peer_ended_ = true;
  if (closed_) {
    fault_ = std::move(error);
  } else {
    owner_.OnBroken(std::move(error));
  }
  return Received::kEnd;
}

MessageStream::Sending InProcessMessageStream::CanSend(const OutgoingMessage* /*message*/) {
  if (closed_ || sending_ended_) return Sending::kOver;
  if (HasRoom()) return Sending::kReady;
  write_waits_ = true;
  return Sending::kNotYet;
}

bool InProcessMessageStream::Send(const OutgoingMessage& message) {
  const std::optional<std::size_t> size = message.Size();
  if (!size) {
    owner_.OnBroken(Error(StatusCode::kInternal,
                          "a message cannot be serialised: a required field is missing, or it is 2 GiB or more",
                          Origin::kLocal));
    return false;
  }
  if (*size > max_send_message_) {
    owner_.OnBroken(Error(StatusCode::kResourceExhausted,
                          "a message of " + std::to_string(*size) + " bytes is larger than the limit of " +
                              std::to_string(max_send_message_),
                          Origin::kLocal));
    return false;
  }
  if (!owner_.OnSend()) return false;
  sent_ += *size + kMessageCost;
  owner_.Deliver({message.Hold(), *size});
  return true;
}

void InProcessMessageStream::EndSending() {
  if (closed_ || std::exchange(sending_ended_, true)) return;
  owner_.DeliverEnd();
}

void InProcessMessageStream::Close(bool keep_unread) {
  closed_ = true;
  if (!keep_unread) unread_.clear();
}

void InProcessMessageStream::CloseAndTell() {
  Close(false);
  if (std::exchange(write_waits_, false)) listener_->OnWritable();
  // Also who does not wait: an observer may hold a message that it has not asked for.
  read_waits_ = false;
  if (listener_ != nullptr) listener_->OnReadable();
}

}  // namespace rhei::inline v0::transport
