#include "transport/http2_message_stream.h"

#include <algorithm>
#include <utility>

namespace rhei::inline v0::transport {
namespace {

using wire::MessageReader;

// Windows that are open by so much let a message begin that waits for more.
constexpr std::size_t kWorthBeginning = 1024;

}  // namespace

Http2MessageStream::Http2MessageStream(Place& place, http2::Stream stream, std::size_t max_receive_message,
                                       Owner& owner, Listener* listener)
    : place_(place),
      max_receive_message_(max_receive_message),
      owner_(owner),
      listener_(listener),
      of_client_(place.link.connection().role() == http2::Role::kClient) {
  share_.stream = stream;
}

Http2MessageStream::~Http2MessageStream() { Close(false); }

void Http2MessageStream::Arrived(std::string_view data, std::size_t charged, bool peer_ended) {
  place_.budget.Unread(charged);
  peer_ended_ |= peer_ended;
  if (!inbox_.empty()) {
    inbox_.Append(data);
    data = {};
  }
  if (!std::exchange(read_waits_, false)) return inbox_.Append(data);
  // Where nothing lies before it, it is read where it lies.
  if (!data.empty()) arriving_ = &data;
  listener_->OnReadable();
  if (std::exchange(arriving_, nullptr) != nullptr) inbox_.Append(data);
}

MessageStream::Received Http2MessageStream::Receive(IncomingMessage& into) {
  if (broken_) return Received::kEnd;
  std::string_view rest = Unread();
  if (rest.empty() && !peer_ended_ && !closed_) [[likely]] {
    read_waits_ = true;
    return Received::kNotYet;
  }
  const std::size_t before = rest.size();
  const MessageReader::Result result = reader_.Next(rest, max_receive_message_);
  const std::size_t taken = before - rest.size();
  switch (result.outcome) {
    case MessageReader::Outcome::kMessage: {
      // Before its bytes are let go of. The next message may be long in coming.
      const bool readable = into.Read(result.message);
      const std::size_t size = result.message.size();
      reader_.Release();
      TakeUnread(taken);
      CreditMessage(taken);
      if (readable) return Received::kMessage;
      return Broken(Describe(StatusCode::kInternal, "of " + std::to_string(size) + " bytes cannot be parsed"));
    }
    case MessageReader::Outcome::kNeedMore:
      TakeUnread(taken);
      if (peer_ended_ && reader_.in_message()) return Broken(Describe(result));
      if (peer_ended_ || closed_) return Received::kEnd;
      CreditPart(taken);
      read_waits_ = true;
      return Received::kNotYet;
    case MessageReader::Outcome::kTooLarge:
      if (!closed_) http2().Count(Abuse::kMessageTooLarge);
      break;
    case MessageReader::Outcome::kCompressed: break;
  }
  return Broken(Describe(result));
}

std::optional<Error> Http2MessageStream::WrongEnd() const {
  const MessageReader::Result end = reader_.LookAhead(Unread(), max_receive_message_);
  if (end.outcome == MessageReader::Outcome::kMessage) return std::nullopt;
  return Describe(end);
}

Error Http2MessageStream::Describe(const MessageReader::Result& wrong) const {
  switch (wrong.outcome) {
    case MessageReader::Outcome::kTooLarge:
      return Describe(StatusCode::kResourceExhausted, "of " + std::to_string(wrong.size) +
                                                          " bytes is larger than the limit of " +
                                                          std::to_string(max_receive_message_));
    case MessageReader::Outcome::kCompressed:
      return Describe(StatusCode::kInternal, "is compressed, but names no grpc-encoding");
    case MessageReader::Outcome::kMessage:
    case MessageReader::Outcome::kNeedMore: break;
  }
  return Describe(StatusCode::kInternal, "ended in the middle of a message");
}

Error Http2MessageStream::Describe(StatusCode code, std::string_view text) const {
  std::string whole("the ");
  whole.append(of_client_ ? "reply" : "request").append(" ").append(text);
  return Error(code, whole, Origin::kLibrary);
}

MessageStream::Received Http2MessageStream::Broken(Error error) {
  broken_ = true;
  if (closed_) {
    MakeExtras().fault = std::move(error);
  } else {
    owner_.OnBroken(std::move(error));
  }
  return Received::kEnd;
}

void Http2MessageStream::TakeUnread(std::size_t bytes) {
  if (!closed_) place_.budget.Read(bytes);
  if (arriving_ != nullptr) return arriving_->remove_prefix(bytes);
  inbox_.Take(bytes);
}

void Http2MessageStream::CreditMessage(std::size_t bytes) {
  if (closed_) return;
  place_.budget.Leave(share_);
  http2().ConsumeOnStream(stream(), bytes);
  SendCredit();
}

// A message that its reader waits for may be larger than the window.
void Http2MessageStream::CreditPart(std::size_t bytes) {
  if (bytes == 0) return;
  place_.budget.Collected(share_, bytes, reader_.held());
  SendCredit();
}

void Http2MessageStream::SendCredit() {
  if (http2().output_size() > 0) place_.link.SendSoon();
}

bool Http2MessageStream::HasRoom(const OutgoingMessage* message) const {
  const std::size_t queued = http2().queued(stream());
  // Behind a message that a shut window holds up, nothing more leaves for a long time, perhaps for ever.
  if (queued > 0 && http2().role() == http2::Role::kServer && http2().sendable(stream()) == 0) return false;
  if (http2().unsent_size() < place_.limits.write_buffer) return queued < place_.limits.stream_write_buffer;
  // A message that can leave right now is not held up by those that cannot; only by what waits for the socket, which
  // goes in any case. One that can begin to leave is taken within bounds.
  const bool socket_is_full = place_.link.write_blocked() || http2().output_size() >= place_.limits.stream_write_buffer;
  if (queued > 0 || socket_is_full) return false;
  if (message != nullptr && FitsWindows(message->Size().value_or(0))) return true;
  const std::size_t sendable = http2().sendable(stream());
  // Of a client's calls there are as many as its user makes; what a server queues is bounded whatever its clients do.
  if (http2().role() == http2::Role::kClient) return sendable > 0;
  return sendable >= kWorthBeginning && place_.waiters.overdrawn() < place_.limits.write_buffer;
}

bool Http2MessageStream::FitsWindows(std::size_t size) const {
  const std::size_t sendable = http2().sendable(stream());
  return sendable > wire::kMessagePrefix && size <= sendable - wire::kMessagePrefix;
}

MessageStream::Sending Http2MessageStream::CanSend(const OutgoingMessage* message) {
  if (closed_ || sending_ended_) return Sending::kOver;
  if (HasRoom(message)) return Sending::kReady;
  Extras& extras = MakeExtras();
  extras.write_waits = true;
  extras.waiting = message;
  // A queue tells when it has become empty.
  if (http2().queued(stream()) == 0) place_.waiters.Add(extras);
  return Sending::kNotYet;
}

Http2MessageStream::Extras& Http2MessageStream::MakeExtras() {
  if (extras_ == nullptr) extras_ = std::make_unique<Extras>(*this);
  return *extras_;
}

bool Http2MessageStream::TellIfWritable() {
  if (!HasRoom(extras_->waiting)) return false;
  if (std::exchange(extras_->write_waits, false)) listener_->OnWritable();
  return true;
}

void Http2MessageStream::EndOverdraft() {
  if (extras_ != nullptr) place_.waiters.EndOverdraft(std::exchange(extras_->overdraft, 0));
}

void Http2MessageStream::LeaveWaiters() {
  if (extras_ != nullptr) place_.waiters.Remove(*extras_);
}

void Http2MessageStream::OnDrained() {
  EndOverdraft();
  if (extras_ == nullptr || !extras_->write_waits || closed_) return;
  if (!TellIfWritable()) place_.waiters.Add(*extras_);
}

bool Http2MessageStream::Send(const OutgoingMessage& message) {
  const std::optional<std::size_t> size = message.Size();
  if (!size) {
    owner_.OnBroken(Error(StatusCode::kInternal,
                          "a message cannot be serialised: a required field is missing, or it is 2 GiB or more",
                          Origin::kLocal));
    return false;
  }
  const std::size_t limit = std::min<std::size_t>(place_.limits.max_send_message, wire::kLargestMessage);
  if (*size > limit) {
    owner_.OnBroken(
        Error(StatusCode::kResourceExhausted,
              "a message of " + std::to_string(*size) + " bytes is larger than the limit of " + std::to_string(limit),
              Origin::kLocal));
    return false;
  }
  if (!owner_.OnSend()) return false;
  place_.link.SendSoon();
  const std::size_t framed = wire::kMessagePrefix + *size;
  if (http2().unsent_size() >= place_.limits.write_buffer && !FitsWindows(*size)) {
    MakeExtras().overdraft += framed;
    place_.waiters.Overdraw(framed);
  }
  if (char* const room = http2().ReserveData(stream(), framed, false)) {
    wire::WriteMessagePrefix(*size, room);
    message.Write(room + wire::kMessagePrefix);
    Keep({room, framed});
    return true;
  }
  MessagePieces pieces = message.Pieces(*size);
  wire::WriteMessagePrefix(*size, pieces.first.data());
  SendPiece(std::move(pieces.first));
  for (PooledBytes& piece : pieces.further) SendPiece(std::move(piece));
  return true;
}

void Http2MessageStream::SendPiece(PooledBytes piece) {
  Keep(piece.view());
  http2().SendData(stream(), std::move(piece), false);
}

void Http2MessageStream::EndSending() {
  if (closed_ || std::exchange(sending_ended_, true)) return;
  LeaveWaiters();
  // Who waited has been told.
  if (extras_ != nullptr) extras_->write_waits = false;
  if (http2().role() == http2::Role::kServer) return;
  http2().SendData(stream(), PooledBytes(), true);
  place_.link.SendSoon();
}

void Http2MessageStream::Close(bool keep_unread) {
  if (!closed_) {
    closed_ = true;
    LeaveWaiters();
    EndOverdraft();
    place_.budget.Leave(share_);
    place_.budget.Read(Unread().size());
  }
  if (!keep_unread) {
    broken_ = true;
    inbox_ = {};
    arriving_ = nullptr;
  }
}

void Http2MessageStream::CloseAndTell() {
  Close(false);
  if (extras_ != nullptr && std::exchange(extras_->write_waits, false)) listener_->OnWritable();
  // Also who does not wait: an observer may hold a message that it has not asked for.
  read_waits_ = false;
  if (listener_ != nullptr) listener_->OnReadable();
}

}  // namespace rhei::inline v0::transport
