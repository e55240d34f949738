#include "transport/http2_client_connection.h"

#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "wire/status_mapping.h"
#include "wire/timeout_coding.h"

namespace rhei::inline v0::transport {
namespace {

using http2::Event;
using http2::HeaderField;
using http2::HeaderName;
using http2::HeaderTemplate;
using wire::MessageReader;

// Beyond so many numbered methods, a method's headers are encoded anew for each call.
constexpr std::size_t kMaxTemplates = 256;
// A connection moves over to a new one when a quarter of its stream ids is left (RFC 9113 §5.1.1 gives no more).
constexpr std::uint32_t kIdsLeftToMove = http2::kMaxStreamId / 4;

int ReadNumber(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Http2ClientConnection::Http2ClientConnection(const Limits& limits, runtime::Loop& loop,
                                             std::unique_ptr<runtime::ByteStream> stream, Identity identity,
                                             Owner& owner)
    : limits_(limits),
      identity_(std::move(identity)),
      owner_(owner),
      link_(http2::Role::kClient, limits_, loop, std::move(stream), *this),
      peer_(std::make_shared<const std::string>(link_.peer().ToString())),
      place_(link_, limits_) {}

Http2ClientConnection::~Http2ClientConnection() = default;

void Http2ClientConnection::AddRequestFields(std::string_view path) {
  fields_.Add(":method", "POST");
  fields_.Add(":scheme", identity_.scheme);
  fields_.Add(":path", path);
  fields_.Add(":authority", identity_.authority);
  fields_.Add("te", "trailers");
  fields_.Add("content-type", "application/grpc");
  fields_.Add("user-agent", identity_.user_agent);
}

HeaderTemplate Http2ClientConnection::TemplateFor(const Method& method) {
  if (method.number >= kMaxTemplates) return HeaderTemplate::kNone;
  if (method.number >= templates_.size()) templates_.resize(method.number + 1, HeaderTemplate::kNone);
  HeaderTemplate& known = templates_[method.number];
  if (known == HeaderTemplate::kNone) {
    fields_.Clear();
    AddRequestFields(method.path);
    known = http2().RegisterHeaders(fields_.fields());
  }
  return known;
}

void Http2ClientConnection::Start(ClientCall& call) {
  const std::optional<http2::Stream> stream = http2().Open();
  if (!stream) {
    return owner_.OnUnprocessed(call, Error(StatusCode::kUnavailable, "no stream is free", Origin::kLibrary));
  }
  ++active_;
  Exchange& exchange = ExchangeAt(stream->slot);
  exchange.call = &call;
  exchange.stream = *stream;
  exchange.share.stream = *stream;
  call.holder = this;
  call.holder_slot = stream->slot;

  const HeaderTemplate prefix = TemplateFor(call.request.method);
  fields_.Clear();
  if (prefix == HeaderTemplate::kNone) AddRequestFields(call.request.method.path);
  wire::TimeoutText timeout;
  if (call.request.deadline != kNoDeadline) {
    timeout = TimeoutOf(call);
    fields_.Add("grpc-timeout", timeout.view());
  }
  if (!call.request.metadata.empty()) fields_.AddMetadata(call.request.metadata);
  http2().SendHeaders(*stream, prefix, fields_.fields(), false);
  if (!call.request.client_streams) SendMessage(*stream, call);
  link_.SendSoon();
  if (call.stream_listener != nullptr) OpenStream(exchange);
  if (http2().ids_left() < kIdsLeftToMove) StartDraining("stream ids run out");
}

wire::TimeoutText Http2ClientConnection::TimeoutOf(const ClientCall& call) const {
  const Duration left = call.request.deadline - link_.loop().Now();
  // What follows from somebody else's deadline is another text each time, and might as well be exact.
  return call.request.timeout == Duration::zero() ? wire::TimeoutText::Exact(left) : wire::TimeoutText::Rounded(left);
}

void Http2ClientConnection::SendMessage(http2::Stream stream, ClientCall& call) {
  MessagePieces& message = call.request.message;
  wire::WriteMessagePrefix(message.size(), message.first.data());
  if (message.further.empty()) {
    if (char* const room = http2().ReserveData(stream, message.first.size(), true)) {
      std::memcpy(room, message.first.data(), message.first.size());
      return;
    }
  }
  http2().SendData(stream, message.first, message.further.empty());
  for (const PooledBytes& piece : message.further) {
    http2().SendData(stream, piece, &piece == &message.further.back());
  }
}

// What is waiting to be written is written now.
void Http2ClientConnection::OpenStream(Exchange& exchange) {
  ClientCall& call = *exchange.call;
  auto messages = std::make_unique<Http2MessageStream>(place_, exchange.stream, call.request.max_receive_message,
                                                       exchange, call.stream_listener);
  exchange.messages = messages.get();
  if (WrittenRequests* const written = call.written()) {
    SendAgain(exchange.stream, *written);
    messages->KeepSent(*written);
  }
  call.TellStream(std::move(messages));
}

// What was written on another stream, which the server has not seen.
void Http2ClientConnection::SendAgain(http2::Stream stream, const WrittenRequests& written) {
  if (!written.bytes().empty()) http2().SendData(stream, written.bytes(), false);
}

void Http2ClientConnection::Exchange::OnBroken(Error error) {
  connection.Abandon(*this, error.code(), error.message());
}

Http2ClientConnection::Exchange& Http2ClientConnection::AddExchange(std::uint32_t slot) {
  if (slot >= exchanges_.size()) exchanges_.resize(slot + 1);
  exchanges_[slot] = std::make_unique<Exchange>(*this);
  return *exchanges_[slot];
}

bool Http2ClientConnection::OnEvent(const Event& event) {
  switch (event.kind) {
    case Event::Kind::kMessage: OnMessagePart(event); break;
    case Event::Kind::kReset: OnReset(event); break;
    case Event::Kind::kSettings:
      if (!ready_) {
        ready_ = true;
        owner_.OnReady();
      }
      break;
    case Event::Kind::kGoAway:
      // If the connection is lost later, this is likely to say why.
      goodbye_ = std::string(Name(event.error));
      if (!event.data.empty()) goodbye_.append(" (").append(event.data).append(")");
      StartDraining(goodbye_);
      break;
    case Event::Kind::kFailed:
      // First, so that calls which are made when others end go elsewhere.
      StartDraining(http2().failure().reason);
      EndAll(http2().failure().reason);
      break;
    case Event::Kind::kDrained:
      if (Http2MessageStream* const messages = ExchangeAt(event.stream.slot).messages) messages->OnDrained();
      break;
    case Event::Kind::kPong: break;
  }
  return true;
}

void Http2ClientConnection::OnBatchEnd() {
  place_.waiters.Tell();
  if (waiting_for_capacity_ && CanStart()) {
    waiting_for_capacity_ = false;
    owner_.OnCapacity();
  }
  // Calls that were taken back by what has just been handled may have been all there were.
  if (closing_) CloseIfDrained();
}

void Http2ClientConnection::OnMessagePart(const Event& event) {
  Exchange& exchange = ExchangeAt(event.stream.slot);
  if (exchange.call == nullptr) return;
  // Who reads the messages may let go of the call.
  const ClientCall::Reference kept(exchange.messages != nullptr ? exchange.call : nullptr);
  if (event.has_headers) {
    ReadHeaders(event, exchange);
    if (exchange.messages != nullptr) exchange.messages->ForgetSent();
  }
  if (exchange.status_in_headers && (event.has_trailers || !event.data.empty())) {
    // No Trailers-Only, so those were plain headers.
    exchange.status_in_headers = false;
    exchange.status.Clear();
  }
  const bool has_data = event.charged > 0 || !event.data.empty();
  if (event.has_headers && !event.end_stream && (!has_data || exchange.messages != nullptr)) {
    exchange.call->TellHeaders();
    // Who was told may have cancelled it.
    if (!exchange.Carries(event.stream)) {
      if (has_data) http2().Consume(event.stream, event.charged);
      return;
    }
  }
  if (has_data && !ReadData(event, exchange)) return;
  if (event.has_trailers) ReadTrailers(event, exchange);
  if (event.end_stream) Conclude(exchange);
}

void Http2ClientConnection::ReadHeaders(const Event& event, Exchange& exchange) {
  if (event.headers_number != 0 && event.headers_number == plain_headers_) {
    exchange.http_status = 200;
    exchange.grpc = true;
    return;
  }
  Metadata& metadata = exchange.call->response.headers;
  for (const HeaderField& field : event.headers) {
    switch (field.token) {
      case HeaderName::kStatus: exchange.http_status = ReadNumber(field.value); break;
      case HeaderName::kContentType: exchange.grpc = field.value.starts_with("application/grpc"); break;
      default:
        if (exchange.status.Take(field)) {
          exchange.status_in_headers = true;
        } else if (!wire::AddReceivedField(field, metadata)) {
          exchange.metadata_readable = false;
        }
        break;
    }
  }
  const bool plain = exchange.http_status == 200 && exchange.grpc && !exchange.status_in_headers && metadata.empty() &&
                     exchange.metadata_readable;
  if (plain) plain_headers_ = event.headers_number;
}

void Http2ClientConnection::ReadTrailers(const Event& event, Exchange& exchange) {
  wire::ReceivedStatus& status = exchange.status;
  if (event.trailers_number != 0 && event.trailers_number == plain_trailers_) {
    status.present = true;
    status.code = StatusCode::kOk;
    return;
  }
  Metadata& metadata = exchange.call->response.trailers;
  for (const HeaderField& field : event.trailers) {
    if (!status.Take(field) && !wire::AddReceivedField(field, metadata)) exchange.metadata_readable = false;
  }
  const bool plain = event.trailers.size() == 1 && status.present && status.code == StatusCode::kOk && metadata.empty();
  if (plain) plain_trailers_ = event.trailers_number;
}

bool Http2ClientConnection::ReadData(const Event& event, Exchange& exchange) {
  if (!exchange.grpc || exchange.http_status != 200) {
    // Some proxy's page; what counts is its status.
    http2().Consume(exchange.stream, event.charged);
    return true;
  }
  if (!exchange.call->request.server_streams) return ReadReply(event, exchange);
  exchange.messages->Arrived(event.data, event.charged, false);
  return exchange.Carries(event.stream);
}

bool Http2ClientConnection::ReadReply(const Event& event, Exchange& exchange) {
  std::string_view data = event.data;
  const std::size_t limit = exchange.call->request.max_receive_message;
  const auto abandon = [&](StatusCode code, std::string_view message) {
    http2().Consume(exchange.stream, event.charged);
    Abandon(exchange, code, message);
    return false;
  };
  const auto deliver = [&](std::string_view message) {
    exchange.has_message = true;
    return exchange.call->OnMessage(message) ||
           abandon(StatusCode::kInternal, "the reply of " + std::to_string(message.size()) + " bytes cannot be parsed");
  };
  if (!exchange.has_message && !exchange.reader.in_message()) {
    if (const std::optional<std::string_view> whole = wire::WholeMessage(data, limit)) {
      if (!deliver(*whole)) return false;
      place_.budget.Arrived(exchange.share, event.charged, 0);
      return true;
    }
  }
  while (true) {
    const MessageReader::Result result = exchange.reader.Next(data, limit);
    switch (result.outcome) {
      case MessageReader::Outcome::kNeedMore:
        place_.budget.Arrived(exchange.share, event.charged, exchange.reader.held());
        return true;
      case MessageReader::Outcome::kTooLarge:
        return abandon(StatusCode::kResourceExhausted, "the reply of " + std::to_string(result.size) +
                                                           " bytes is larger than the limit of " +
                                                           std::to_string(limit));
      case MessageReader::Outcome::kCompressed:
        return abandon(StatusCode::kInternal, "the reply is compressed, but names no grpc-encoding");
      case MessageReader::Outcome::kMessage: break;
    }
    if (exchange.has_message) {
      return abandon(StatusCode::kUnimplemented, "the call has one reply, and the server sent more");
    }
    if (!deliver(result.message)) return false;
  }
}

void Http2ClientConnection::OnReset(const Event& event) {
  Exchange& exchange = ExchangeAt(event.stream.slot);
  if (exchange.call == nullptr) return;
  std::string what =
      event.initiator == http2::Initiator::kRemote ? "the server reset the stream with " : "the stream was reset with ";
  what += Name(event.error);
  if (!event.data.empty()) what.append(" (").append(event.data).append(")");
  StatusCode code = event.unprocessed ? StatusCode::kUnavailable : wire::StatusFromReset(event.error);
  // A server that resets the stream when the deadline passes may be a little ahead of the timer here.
  if (code == StatusCode::kCancelled && exchange.call->request.deadline <= link_.loop().Now()) {
    code = StatusCode::kDeadlineExceeded;
  }
  Error error(code, Describe(*exchange.call, what), Origin::kLibrary);
  if (!event.unprocessed || !IsRepeatable(exchange)) return Finish(exchange, std::move(error));
  ClientCall& call = Detach(exchange);
  owner_.OnUnprocessed(call, std::move(error));
}

bool Http2ClientConnection::IsRepeatable(const Exchange& exchange) {
  // A server that has begun to answer has seen it, whatever it says; and the caller has heard of that.
  if (exchange.http_status != 0) return false;
  const WrittenRequests* const written = exchange.call->written();
  return written == nullptr || written->complete();
}

void Http2ClientConnection::Conclude(Exchange& exchange) {
  if (exchange.status_in_headers) {
    // Trailers-Only: headers that nothing followed are trailers.
    ClientCall::Response& response = exchange.call->response;
    response.trailers = std::exchange(response.headers, {});
  }
  std::optional<Error> error = FinalError(exchange);
  // What has arrived before the status can still be read.
  if (exchange.messages != nullptr) exchange.messages->Close(true);
  Finish(exchange, std::move(error));
}

std::optional<Error> Http2ClientConnection::FinalError(Exchange& exchange) const {
  wire::ReceivedStatus& status = exchange.status;
  const auto found = [&](StatusCode code, std::string_view what) {
    return Error(code, Describe(*exchange.call, what), Origin::kLibrary);
  };
  if (!status.present) {
    if (exchange.http_status != 200) {
      return found(wire::StatusFromHttp(exchange.http_status),
                   "the answer has HTTP status " + std::to_string(exchange.http_status) + " and no grpc-status");
    }
    if (!exchange.grpc) return found(StatusCode::kUnknown, "the answer's content-type is not gRPC's");
    return found(StatusCode::kUnknown, "the answer ended without a readable grpc-status");
  }
  if (status.code != StatusCode::kOk) {
    Error error(status.code, status.message, Origin::kRemote);
    error.SetDetails(status.details);
    error.SetMetadata(exchange.call->response.trailers);
    return error;
  }
  if (exchange.http_status != 200 || !exchange.grpc) {
    return found(StatusCode::kUnknown, "the answer says OK, but its HTTP status or content-type is not gRPC's");
  }
  if (!exchange.metadata_readable) return found(StatusCode::kInternal, "a \"-bin\" header of the answer is not base64");
  if (exchange.call->request.server_streams) {
    // Nobody could be told of it any more once the call is done.
    const std::optional<Error> wrong = exchange.messages->WrongEnd();
    if (!wrong) return std::nullopt;
    return found(wrong->code(), wrong->message());
  }
  if (exchange.reader.in_message()) return found(StatusCode::kInternal, "the reply ended in the middle of a message");
  if (!exchange.has_message) {
    return found(StatusCode::kUnimplemented, "the call has one reply, and the server sent none");
  }
  return std::nullopt;
}

void Http2ClientConnection::Abandon(Exchange& exchange, StatusCode code, std::string_view message) {
  http2().Reset(exchange.stream, http2::ErrorCode::kCancel);
  link_.SendSoon();
  Finish(exchange, Error(code, Describe(*exchange.call, message), Origin::kLibrary));
}

ClientCall& Http2ClientConnection::Detach(Exchange& exchange) {
  // Nothing of it is left, unless it was closed before.
  if (exchange.messages != nullptr) std::exchange(exchange.messages, nullptr)->CloseUnlessClosed();
  place_.budget.Leave(exchange.share);
  http2().Release(exchange.stream);
  ClientCall& call = *std::exchange(exchange.call, nullptr);
  call.holder = nullptr;
  exchange.reader.Reset();
  exchange.status.Clear();
  exchange.http_status = 0;
  exchange.grpc = false;
  exchange.has_message = false;
  exchange.metadata_readable = true;
  exchange.status_in_headers = false;
  --active_;
  return call;
}

void Http2ClientConnection::Finish(Exchange& exchange, std::optional<Error> error) {
  ClientCall& call = Detach(exchange);
  if (error) call.response.error = std::move(error);
  call.Finish(peer_);
  if (closing_) CloseIfDrained();
}

void Http2ClientConnection::CancelCall(ClientCall& call, Error reason) {
  Exchange& exchange = ExchangeAt(call.holder_slot);
  http2().Reset(exchange.stream, http2::ErrorCode::kCancel);
  link_.SendSoon();
  Finish(exchange, std::move(reason));
}

std::string Http2ClientConnection::WaitingFor(const ClientCall&) const { return "the answer of " + *peer_; }

void Http2ClientConnection::StartDraining(std::string_view why) {
  if (std::exchange(draining_, true)) return;
  owner_.OnDraining(why);
}

void Http2ClientConnection::Drain() {
  draining_ = true;
  closing_ = true;
  CloseIfDrained();
}

void Http2ClientConnection::CloseIfDrained() {
  if (active_ > 0 || ended_) return;
  http2().Fail(http2::ErrorCode::kNoError, "");
  link_.CloseGently();
}

void Http2ClientConnection::Abort(std::string_view why) {
  EndAll(why);
  closing_ = true;
  CloseIfDrained();
}

void Http2ClientConnection::EndAll(std::string_view cause) {
  draining_ = true;
  const std::string kept_cause(cause);
  for (std::size_t slot = 0; slot < exchanges_.size(); ++slot) {
    if (exchanges_[slot] == nullptr || exchanges_[slot]->call == nullptr) continue;
    Exchange& exchange = *exchanges_[slot];
    Finish(exchange, Error(StatusCode::kUnavailable, Describe(*exchange.call, "the connection was lost: " + kept_cause),
                           Origin::kLibrary));
  }
}

void Http2ClientConnection::OnLinkEnd(std::string_view cause) {
  ended_ = true;
  std::string whole(cause);
  if (!goodbye_.empty()) whole.append(" after GOAWAY ").append(goodbye_);
  EndAll(whole);
  owner_.OnGone(cause);
}

std::string Http2ClientConnection::Describe(const ClientCall& call, std::string_view what) const {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(link_.loop().Now() - call.started);
  std::string text(call.request.method.path);
  text.append(" to ").append(*peer_).append(" after ").append(std::to_string(took.count())).append(" us: ");
  return text.append(what);
}

}  // namespace rhei::inline v0::transport
