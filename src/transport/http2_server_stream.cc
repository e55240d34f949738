#include "transport/http2_server_stream.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "transport/answer_check.h"
#include "transport/http2_server_connection.h"
#include "transport/server_context_writer.h"

namespace rhei::inline v0::transport {
namespace {

using http2::HeaderTemplate;
using wire::MessageReader;

// How long before its deadline a call that is cancelled counts as one whose deadline has passed.
constexpr Duration kMessageTime = std::chrono::milliseconds(5);

}  // namespace

Http2ServerStream::Http2ServerStream(Http2ServerConnection& connection) : connection_(connection) {
  ServerContextWriter::SetCall(context_, *this);
}

void Http2ServerStream::OnMessagePart(const http2::Event& event) {
  if (event.has_headers) Begin(event);
  arrived_ += event.charged;
  const bool begun = state_ == State::kRunning || state_ == State::kHeld;
  if (streams_ && stream_ == event.stream && !unwanted_ && begun) {
    return messages_->Arrived(event.data, event.charged, event.end_stream);
  }
  if (state_ != State::kReceiving || stream_ != event.stream) {
    // The answer is on its way already; what still comes is of no interest.
    if (event.charged > 0) connection_.http2().Consume(event.stream, event.charged);
    return;
  }
  if (grpc_) {
    ReceiveMessage(event.data, event.charged, event.end_stream);
  } else {
    ReceiveHttp(event.data, event.charged, event.end_stream);
  }
}

void Http2ServerStream::Begin(const http2::Event& event) {
  state_ = State::kReceiving;
  arrived_ = 0;
  headers_sent_ = false;
  unwanted_ = false;
  streams_ = false;
  stream_ = event.stream;
  ServerContextWriter::Reset(context_);
  const RequestHead& head = connection_.request_reader().Read(event.headers, event.headers_number,
                                                              ServerContextWriter::metadata(context_), own_);
  grpc_ = head.grpc;
  handler_ = head.route.handler;
  // The last call's are mostly the same, and so the counting of references is saved.
  if (facts_ != head.facts) facts_ = head.facts;
  ServerContextWriter::SetFacts(context_, head.path, *facts_);
  SetDeadline(head);
  CheckHead(head);
}

void Http2ServerStream::CheckHead(const RequestHead& head) {
  if (!grpc_) {
    if (connection_.router().http_handler() == nullptr) {
      Refuse(415, "this server speaks gRPC: content-type must be application/grpc\n");
    }
  } else if (!head.post) {
    Refuse(405, "a gRPC call is a POST\n");
  } else if (!head.te_trailers) {
    Fail(Error(StatusCode::kInternal, "the request lacks \"te: trailers\": a proxy on its way does not support gRPC",
               Origin::kLibrary));
  } else if (!head.metadata_readable) {
    Fail(Error(StatusCode::kInternal, "a \"-bin\" header of the request is not base64", Origin::kLibrary));
  } else if (!head.timeout_readable) {
    Fail(Error(StatusCode::kInternal, "the request's grpc-timeout is not one to eight digits and a unit",
               Origin::kLibrary));
  } else if (handler_ == nullptr) {
    Fail(Error(StatusCode::kUnimplemented, connection_.router().WhyNotFound(head.path), Origin::kLibrary));
  } else if (!head.identity_encoding) {
    SendStatus(Error(StatusCode::kUnimplemented, "the request's grpc-encoding is not supported", Origin::kLibrary),
               Metadata{{"grpc-accept-encoding", "identity"}}, {});
    Answered();
  } else if (ServerContextWriter::scope(context_).deadline() <= connection_.link().round_began()) {
    OnDeadline();
  } else if (connection_.LacksMemoryForCall()) {
    FailForMemory();
  } else if (handler_->client_streams()) {
    Messages();
    if (connection_.held_calls().MustWait()) return Hold({}, 0);
    RunStreaming();
  }
}

void Http2ServerStream::FailForMemory() {
  connection_.http2().Count(Abuse::kMemoryShortage);
  Fail(Error(StatusCode::kResourceExhausted, "the server is short of memory", Origin::kLibrary));
}

void Http2ServerStream::SetDeadline(const RequestHead& head) {
  runtime::Loop& loop = connection_.loop();
  timeout_ = head.timeout == CallRouter::kNoTimeout ? head.route.timeout : head.timeout;
  TimePoint deadline = kNoDeadline;
  if (grpc_ && timeout_ != CallRouter::kNoTimeout) {
    // Its time began when it came, and not when the calls before it left room.
    deadline = AddSaturated(connection_.read_at(), timeout_);
    if (deadline_ == nullptr) deadline_ = std::make_unique<runtime::Timer>([this] { OnDeadline(); });
    loop.Arm(*deadline_, deadline);
  }
  if (!ServerContextWriter::HasFreshScope(context_)) {
    ServerContextWriter::SetScope(context_, new CallScope(loop.clock(), logger()));
  }
  ServerContextWriter::scope(context_).Begin(deadline);
}

void Http2ServerStream::OnDeadline() {
  const auto timeout = std::chrono::duration_cast<std::chrono::microseconds>(timeout_);
  Error error(StatusCode::kDeadlineExceeded,
              "the deadline of " + std::to_string(timeout.count()) + " us passed on the server", Origin::kLibrary);
  if (state_ == State::kReceiving || state_ == State::kHeld) return Fail(error);
  AnswerEarly(std::move(error));
}

void Http2ServerStream::Break(Error error) {
  if (state_ == State::kRunning && !unwanted_) AnswerEarly(std::move(error));
}

// What the handler may be writing into the context just now is left alone.
void Http2ServerStream::AnswerEarly(Error error) {
  unwanted_ = true;
  SendStatus(error, {}, {});
  connection_.link().SendSoon();
  ServerContextWriter::scope(context_).Cancel(std::move(error));
  EndMessages();
}

void Http2ServerStream::EndMessages() {
  // The handler may have ended by being told.
  if (streams_ && state_ == State::kRunning) messages_->CloseAndTell();
}

bool Http2ServerStream::IsAboutDeadline() const {
  const TimePoint deadline = ServerContextWriter::scope(context_).deadline();
  if (deadline == kNoDeadline) return false;
  // What a message takes to get here, and what clients round their timeouts up by.
  return deadline - connection_.loop().Now() <= kMessageTime + timeout_ / 100;
}

void Http2ServerStream::ReceiveMessage(std::string_view data, std::size_t charged, bool end_stream) {
  const std::size_t limit = connection_.limits().max_receive_message;
  if (collected_ == nullptr && end_stream) {
    if (const std::optional<std::string_view> message = wire::WholeMessage(data, limit)) {
      if (connection_.held_calls().MustWait()) [[unlikely]]
        return Hold(*message, charged);
      if (charged > 0) connection_.http2().Consume(stream_, charged);
      return Run(*message);
    }
  }
  Collected& collected = Collect();
  while (true) {
    const MessageReader::Result result = collected.reader.Next(data, limit);
    if (result.outcome == MessageReader::Outcome::kNeedMore) break;
    if (result.outcome == MessageReader::Outcome::kTooLarge) {
      connection_.http2().Count(Abuse::kMessageTooLarge);
      connection_.http2().Consume(stream_, charged);
      return Fail(Error(StatusCode::kResourceExhausted,
                        "the request of " + std::to_string(result.size) + " bytes is larger than the limit of " +
                            std::to_string(limit),
                        Origin::kLibrary));
    }
    if (result.outcome == MessageReader::Outcome::kCompressed) {
      connection_.http2().Consume(stream_, charged);
      return Fail(
          Error(StatusCode::kInternal, "the request is compressed, but names no grpc-encoding", Origin::kLibrary));
    }
    if (collected.has_message) {
      connection_.http2().Consume(stream_, charged);
      return Fail(
          Error(StatusCode::kUnimplemented, "a unary call has one request, and more were sent", Origin::kLibrary));
    }
    collected.has_message = true;
    if (end_stream && data.empty()) {
      connection_.budget().Arrived(collected.share, charged, 0);
      return RunInTurn(result.message);
    }
    collected.message = PooledBytes(result.message);
  }
  connection_.budget().Arrived(collected.share, charged, collected.reader.held() + collected.message.size());
  if (!end_stream && connection_.LacksMemory()) return FailForMemory();
  if (!end_stream) return connection_.WatchRequests();
  if (collected.reader.in_message()) {
    return Fail(Error(StatusCode::kInternal, "the request ended in the middle of a message", Origin::kLibrary));
  }
  if (!collected.has_message) {
    return Fail(Error(StatusCode::kUnimplemented, "a unary call has one request, and none was sent", Origin::kLibrary));
  }
  RunInTurn(collected.message.view());
}

void Http2ServerStream::RunInTurn(std::string_view message) {
  if (!connection_.held_calls().MustWait()) return Run(message);
  connection_.budget().Leave(collected_->share);
  Hold(message, 0);
}

void Http2ServerStream::Hold(std::string_view message, std::size_t charged) {
  if (!streams_) {
    Collected& collected = Collect();
    // `message` may lie in it.
    if (collected.message.view().data() != message.data()) collected.message = PooledBytes(message);
    connection_.budget().Waits(message.size(), charged);
  }
  state_ = State::kHeld;
  connection_.held_calls().Add(*this);
}

void Http2ServerStream::StartHeld() {
  state_ = State::kReceiving;
  if (streams_) return RunStreaming();
  connection_.budget().WaitsNoMore(collected_->message.size());
  grpc_ ? Run(collected_->message.view()) : AnswerHttp(collected_->message.view());
}

void Http2ServerStream::EndHeld() {
  connection_.held_calls().Remove(*this);
  if (streams_) return messages_->CloseUnlessClosed();
  connection_.budget().WaitsNoMore(collected_->message.size());
}

Http2ServerStream::Collected& Http2ServerStream::Collect() {
  if (collected_ == nullptr) {
    collected_ = std::make_unique<Collected>();
    collected_->share.stream = stream_;
  }
  return *collected_;
}

bool Http2ServerStream::CheckRequest(TimePoint now) {
  const bool collects = state_ == State::kReceiving;
  const bool reads = state_ == State::kRunning && streams_ && !unwanted_ && !messages_->peer_ended();
  if (!collects && !reads) return false;
  // Between messages a client may be silent for as long as it likes.
  const bool owes = collects || messages_->waits_inside_message();
  if (!owes || connection_.budget().Withholds(collects ? Collect().share : messages_->share())) {
    watch_.reset();
    return true;
  }
  const Limits& limits = connection_.limits();
  if (watch_ != nullptr) {
    const Duration time = now - watch_->since;
    if (time < limits.stalled_stream_timeout) return true;
    const double least = limits.min_stream_rate * std::chrono::duration<double>(time).count();
    // While the line is busy with other requests, this one has to wait its turn: clients may send one after the other.
    const auto on_connection = static_cast<double>(connection_.arrived() - watch_->arrived_on_connection);
    if (on_connection < least) {
      EndSlowRequest(time, arrived_ - watch_->arrived);
      return false;
    }
  } else {
    watch_ = std::make_unique<Watch>();
  }
  watch_->since = now;
  watch_->arrived = arrived_;
  watch_->arrived_on_connection = connection_.arrived();
  return true;
}

void Http2ServerStream::EndSlowRequest(Duration time, std::size_t bytes) {
  connection_.http2().Count(Abuse::kSlowRequest);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  Error error(
      StatusCode::kCancelled,
      "the request arrives too slowly: " + std::to_string(bytes) + " bytes in " + std::to_string(seconds) + " s",
      Origin::kLibrary);
  if (state_ == State::kReceiving) return Fail(error);
  AnswerEarly(std::move(error));
}

void Http2ServerStream::Run(std::string_view message) {
  // `message` may lie in it.
  const std::unique_ptr<Collected> collected = std::move(collected_);
  if (collected != nullptr) connection_.budget().Leave(collected->share);
  state_ = State::kRunning;
  connection_.HandlerStarted();
  const InstallContext install(&ServerContextWriter::scope(context_));
  // May answer, and so end this call, before it returns.
  handler_->Handle(*this, message);
}

void Http2ServerStream::RunStreaming() {
  state_ = State::kRunning;
  connection_.HandlerStarted();
  connection_.WatchRequests();
  const InstallContext install(&ServerContextWriter::scope(context_));
  handler_->Handle(*this, {});
}

Http2MessageStream& Http2ServerStream::Messages() {
  if (!std::exchange(streams_, true)) {
    Http2MessageStream::Owner& owner = *this;
    messages_ = std::make_unique<Http2MessageStream>(connection_.place(), stream_,
                                                     connection_.limits().max_receive_message, owner, nullptr);
    if (unwanted_) messages_->Close(false);
  }
  return *messages_;
}

MessageStream& Http2ServerStream::OpenStream(MessageStream::Listener& listener) {
  Messages().SetListener(listener);
  return *messages_;
}

bool Http2ServerStream::OnSend() {
  if (!headers_sent_) {
    CheckHandlersMetadata();
    if (refusal_) {
      Break(*std::exchange(refusal_, std::nullopt));
      return false;
    }
    headers_sent_ = true;
    WriteHeaders(context_.headers());
  }
  return true;
}

void Http2ServerStream::SendHeaders(const Metadata& headers) {
  if (unwanted_ || std::exchange(headers_sent_, true)) return;
  // Headers that must not be sent wait for the answer, which will say so.
  if (CheckAnswer(headers, connection_.limits())) {
    headers_sent_ = false;
    return;
  }
  WriteHeaders(headers);
  connection_.link().SendSoon();
}

void Http2ServerStream::WriteHeaders(const Metadata& headers) {
  wire::FieldList& fields = connection_.fields();
  fields.Clear();
  if (!headers.empty()) fields.AddMetadata(headers);
  connection_.http2().SendHeaders(stream_, connection_.templates().reply_headers, fields.fields(), false);
}

void Http2ServerStream::CheckHandlersMetadata() {
  if (context_.headers().empty() && context_.trailers().empty()) return;
  refusal_ = CheckAnswer(context_.headers(), connection_.limits());
  if (!refusal_) refusal_ = CheckAnswer(context_.trailers(), connection_.limits());
}

char* Http2ServerStream::ReserveReply(std::size_t size) {
  http2::Connection& http2 = connection_.http2();
  const std::size_t framed = wire::kMessagePrefix + size;
  CheckHandlersMetadata();
  char* room = nullptr;
  if (!unwanted_ && !refusal_) {
    if (!std::exchange(headers_sent_, true)) WriteHeaders(context_.headers());
    room = http2.ReserveData(stream_, framed, false);
  }
  if (room == nullptr) {
    unsent_ = PooledBytes(framed);
    room = unsent_.data();
  }
  wire::WriteMessagePrefix(size, room);
  return room + wire::kMessagePrefix;
}

void Http2ServerStream::ReplyInPieces(MessagePieces reply) {
  CheckHandlersMetadata();
  if (!unwanted_ && !refusal_ && !std::exchange(headers_sent_, true)) WriteHeaders(context_.headers());
  wire::WriteMessagePrefix(reply.size(), reply.first.data());
  unsent_ = std::move(reply.first);
  FinishReply(reply.further);
}

void Http2ServerStream::FinishReply(std::span<const PooledBytes> further) {
  if (unwanted_ || refusal_) {
    unsent_ = PooledBytes();
    if (!unwanted_) SendStatus(*refusal_, {}, {});
    refusal_.reset();
    return Answered();
  }
  http2::Connection& http2 = connection_.http2();
  if (!unsent_.empty()) {
    if (connection_.held_calls().TooManyAnswers() && connection_.LacksMemory()) {
      unsent_ = PooledBytes();
      return FailForMemory();
    }
    http2.SendData(stream_, std::move(unsent_), false);
    for (const PooledBytes& piece : further) http2.SendData(stream_, piece, false);
  }
  wire::FieldList& fields = connection_.fields();
  fields.Clear();
  if (!context_.trailers().empty()) fields.AddMetadata(context_.trailers());
  http2.SendHeaders(stream_, connection_.templates().ok_trailers, fields.fields(), true);
  Answered();
}

void Http2ServerStream::Succeed() {
  if (!unwanted_ && !headers_sent_) OnSend();
  // Trailers may have come to it since.
  if (!unwanted_) CheckHandlersMetadata();
  Reply();
}

void Http2ServerStream::Fail(const Error& error) {
  if (unwanted_) return Answered();
  CheckHandlersMetadata();
  if (!refusal_) refusal_ = CheckAnswer(error.metadata(), connection_.limits());
  if (refusal_) {
    refusal_->SetMessage(refusal_->message() + "; its error was " + error.ToString());
    SendStatus(*refusal_, {}, {});
    refusal_.reset();
  } else {
    SendStatus(error, context_.headers(), context_.trailers());
  }
  Answered();
}

void Http2ServerStream::SendStatus(const Error& error, const Metadata& headers, const Metadata& trailers) {
  http2::Connection& http2 = connection_.http2();
  wire::FieldList& fields = connection_.fields();
  // Without headers of the handler's, one block says everything: Trailers-Only.
  HeaderTemplate head = connection_.templates().reply_headers;
  if (!headers.empty() && !headers_sent_) {
    WriteHeaders(headers);
    headers_sent_ = true;
  }
  if (headers_sent_) head = HeaderTemplate::kNone;
  fields.Clear();
  fields.AddError(error);
  fields.AddMetadata(trailers);
  fields.AddMetadata(error.metadata());
  http2.SendHeaders(stream_, head, fields.fields(), true);
}

void Http2ServerStream::ReceiveHttp(std::string_view data, std::size_t charged, bool end_stream) {
  Collected& collected = Collect();
  std::string& body = collected.body;
  if (body.size() + data.size() > connection_.limits().max_receive_message) {
    connection_.http2().Count(Abuse::kMessageTooLarge);
    connection_.http2().Consume(stream_, charged);
    return Refuse(413, "the request is too large\n");
  }
  const bool whole = end_stream && body.empty();
  body.append(data);
  connection_.budget().Arrived(collected.share, charged, whole ? 0 : body.size());
  if (!end_stream) return connection_.WatchRequests();
  connection_.budget().Leave(collected.share);
  if (connection_.held_calls().MustWait()) return Hold(std::exchange(body, {}), 0);
  AnswerHttp(body);
}

void Http2ServerStream::AnswerHttp(std::string_view body) {
  connection_.HandlerStarted();
  const HttpRequest request{HttpMethod(), path(), context_.authority(), context_.metadata(), body};
  HttpResponse response;
  try {
    response = connection_.router().http_handler()->Handle(request);
  } catch (...) {
    return Refuse(500, "the handler of this page failed\n");
  }
  SendHttp(response.status, response.headers, std::move(response.body));
}

std::string_view Http2ServerStream::HttpMethod() const {
  // Behind the path.
  return own_.view().substr(path().size());
}

void Http2ServerStream::Refuse(int http_status, std::string_view body) {
  SendHttp(http_status, Metadata{{"content-type", "text/plain"}}, std::string(body));
}

void Http2ServerStream::SendHttp(int status, const Metadata& headers, std::string body) {
  std::array<char, 16> number{};
  const auto written = std::to_chars(number.data(), number.data() + number.size(), status);
  wire::FieldList& fields = connection_.fields();
  fields.Clear();
  fields.Add(":status", {number.data(), static_cast<std::size_t>(written.ptr - number.data())});
  fields.AddMetadata(headers);
  const bool without_body = body.empty() || (!grpc_ && HttpMethod() == "HEAD");
  connection_.http2().SendHeaders(stream_, HeaderTemplate::kNone, fields.fields(), without_body);
  if (!without_body) connection_.http2().SendData(stream_, body, true);
  Answered();
}

void Http2ServerStream::Answered() {
  if (state_ == State::kHeld) EndHeld();
  state_ = State::kSending;
  if (streams_) messages_->CloseUnlessClosed();
  ServerContextWriter::End(context_);
  if (deadline_ != nullptr) connection_.loop().Cancel(*deadline_);
  connection_.link().SendSoon();
  // A stream that still waits for a window keeps its slot.
  if (connection_.http2().queued(stream_) == 0) Done();
}

void Http2ServerStream::OnDrained() {
  if (streams_ && state_ == State::kRunning) messages_->OnDrained();
  if (state_ == State::kSending && connection_.http2().queued(stream_) == 0) Done();
}

void Http2ServerStream::Cancel(StatusCode code, std::string_view why) {
  if (state_ == State::kIdle) return;
  if (state_ == State::kHeld) EndHeld();
  if (state_ != State::kRunning) return Done();
  // The slot waits for the handler.
  unwanted_ = true;
  if (IsAboutDeadline()) {
    ServerContextWriter::scope(context_).Cancel(
        Error(StatusCode::kDeadlineExceeded, "the client gave up when the deadline passed", Origin::kLibrary));
  } else {
    ServerContextWriter::scope(context_).Cancel(Error(code, why, Origin::kLibrary));
  }
  EndMessages();
}

void Http2ServerStream::Done() {
  if (deadline_ != nullptr) connection_.loop().Cancel(*deadline_);
  if (collected_ != nullptr) connection_.budget().Leave(collected_->share);
  connection_.http2().Release(stream_);
  state_ = State::kIdle;
  collected_.reset();
  watch_.reset();
  own_ = PooledBytes();
  connection_.StreamDone(*this);
}

Executor& Http2ServerStream::executor() { return connection_.loop(); }
runtime::Loop& Http2ServerStream::loop() { return connection_.loop(); }
std::size_t Http2ServerStream::loop_index() const { return connection_.loop_index(); }
Logger& Http2ServerStream::logger() { return connection_.router().logger(); }
TimePoint Http2ServerStream::read_at() const { return connection_.read_at(); }
std::size_t Http2ServerStream::max_send_message() const {
  return std::min<std::size_t>(connection_.limits().max_send_message, wire::kLargestMessage);
}

}  // namespace rhei::inline v0::transport
