// HEADERS, CONTINUATION and DATA: the frames that carry messages.
#include "http2/connection.h"
#include "http2/frame/continuation.h"
#include "http2/frame/headers.h"

namespace rhei::inline v0::http2 {

Connection::Step Connection::OnHeaders(const FrameHeader& header, std::string_view payload) {
  HeadersFrame frame;
  if (const FrameError error = Parse(header, payload, frame); !error.ok()) return Violation(error.code, error.reason);
  CountPayload(kFrameHeaderSize + payload.size());
  if (frame.end_headers) return OnHeaderBlock(header.stream, frame.fragment, frame.end_stream);
  block_ = {.stream = header.stream,
            .end_stream = frame.end_stream,
            .continuations = 0,
            .bytes = std::string(frame.fragment)};
  if (!timers_.running(Timer::kHeaderBlock)) timers_.Start(Timer::kHeaderBlock, limits_.header_block_timeout);
  return Step::kNothing;
}

Connection::Step Connection::OnContinuation(const FrameHeader& header, std::string_view payload) {
  ContinuationFrame frame;
  if (const FrameError error = Parse(header, payload, frame); !error.ok()) return Violation(error.code, error.reason);
  if (block_.stream == 0) return Violation(ErrorCode::kProtocolError, "CONTINUATION outside of a header block");
  CountPayload(kFrameHeaderSize + payload.size());
  // Frames are counted too: empty ones cost work as well (CVE-2026-33871). No honest encoder makes a block longer than
  // the list it stands for.
  if (++block_.continuations > limits_.max_continuations ||
      block_.bytes.size() + frame.fragment.size() > limits_.header_list_hard) {
    return Violation(Abuse::kContinuationFlood);
  }
  block_.bytes.append(frame.fragment);
  if (!frame.end_headers) return Step::kNothing;
  const StreamId stream = block_.stream;
  block_.stream = 0;
  return OnHeaderBlock(stream, block_.bytes, block_.end_stream);
}

// A whole header block. Whatever becomes of it, it is decoded, because HPACK's state goes on (RFC 9113 §4.3).
Connection::Step Connection::OnHeaderBlock(StreamId stream, std::string_view block, bool end_stream) {
  timers_.Stop(Timer::kHeaderBlock);
  DecodeOutcome outcome = DecodeOutcome::kOk;
  repeated_ = head_block_.Matches(block, decoder_.table().version());
  if (!repeated_) {
    ForgetFields();
    if (!DecodeBlock(block, outcome)) return Step::kNothing;
    head_size_ = fields_.size();
  }
  if (const std::uint32_t slot = streams_.Find(stream); slot != StreamTable::kNone && stream <= highest_) {
    return OnMoreHeaders(slot, block, outcome, end_stream);
  }
  if (stream > highest_ && role_ == Role::kServer) return OnRequest(stream, block, outcome, end_stream);
  if (IsIdle(stream)) return Violation(ErrorCode::kProtocolError, "HEADERS on an idle stream");
  return OnHeadersOfGone(closed_.Find(stream, highest_));
}

// What the fields of a head say: those of a repeated block are known.
HeaderFacts Connection::CheckHead(HeaderListKind kind, std::string_view block) {
  if (repeated_ && head_block_.kind() == kind) return head_block_.facts();
  const HeaderFacts facts = validator_.Check(kind, std::span(fields_).first(head_size_));
  if (facts.malformed == nullptr) head_block_.Remember(block, decoder_.table().version(), kind, facts);
  return facts;
}

// The fields of the last message are used no more.
void Connection::ForgetFields() {
  fields_.clear();
  decoder_.NextMessage();
  head_block_.Forget();
  trailers_block_.Forget();
  head_size_ = 0;
}

// False, after failing, when the connection cannot go on.
bool Connection::DecodeBlock(std::string_view block, DecodeOutcome& outcome) {
  outcome = decoder_.Decode(block, fields_);
  if (outcome == DecodeOutcome::kCompressionError) {
    Violation(ErrorCode::kCompressionError, "broken header block");
    return false;
  }
  if (outcome == DecodeOutcome::kWayTooLarge) {
    Violation(Abuse::kHeaderListTooLarge);
    return false;
  }
  return true;
}

// On a server: a new stream.
Connection::Step Connection::OnRequest(StreamId stream, std::string_view block, DecodeOutcome outcome,
                                       bool end_stream) {
  if ((stream & 1) == 0) return Violation(ErrorCode::kProtocolError, "HEADERS on an even stream");
  closed_.Open(highest_, stream);
  highest_ = stream;
  if (stream > sent_last_stream_) {
    // The client will learn from our GOAWAY that this is not processed (§6.8).
    closed_.Close(stream, StreamEnd::kResetByUs, highest_);
    return Step::kNothing;
  }
  if (outcome == DecodeOutcome::kTooLarge) return RefuseTooLarge(stream, end_stream);
  const HeaderFacts facts = CheckHead(HeaderListKind::kRequest, block);
  const bool length_lies = end_stream && facts.content_length > 0;
  if (facts.malformed != nullptr || length_lies) return RefuseStream(stream, ErrorCode::kProtocolError);
  if (streams_.size() >= limits_.max_concurrent_streams) return RefuseStream(stream, ErrorCode::kRefusedStream);

  const std::uint32_t slot = streams_.Add(stream);
  StreamRecord& record = streams_[slot];
  record.state.RecvHeaders(end_stream);
  record.content_left = facts.content_length;
  StartMessage(slot);
  event_.has_headers = true;
  event_.end_stream = end_stream;
  event_.headers = std::span(fields_).first(head_size_);
  event_.headers_number = head_block_.number();
  MergeFollowing(slot);
  return Step::kEvent;
}

// A response, or trailers of either side.
Connection::Step Connection::OnMoreHeaders(std::uint32_t slot, std::string_view block, DecodeOutcome outcome,
                                           bool end_stream) {
  StreamRecord& record = streams_[slot];
  if (record.state.reset()) return OnHeadersOfGone(record.state.end());
  const bool trailers = record.state.headers_received();
  HeaderFacts facts;
  if (outcome == DecodeOutcome::kOk) {
    facts = CheckHead(trailers ? HeaderListKind::kTrailers : HeaderListKind::kResponse, block);
  }
  const bool interim = !trailers && facts.malformed == nullptr && facts.interim();
  // An interim response neither ends a stream nor switches protocols (§8.1, §8.6).
  if (interim && (end_stream || facts.status == 101)) facts.malformed = "malformed interim response";
  StreamState next = record.state;
  const ErrorCode error = interim ? next.RecvInterimHeaders() : next.RecvHeaders(end_stream);
  if (error == ErrorCode::kStreamClosed) return Violation(error, "HEADERS after END_STREAM");
  if (error != ErrorCode::kNoError) return StreamError(slot, error, "trailers without END_STREAM");
  if (outcome == DecodeOutcome::kTooLarge) {
    return StreamError(slot, ErrorCode::kEnhanceYourCalm, "header list too large");
  }
  if (facts.malformed != nullptr) return StreamError(slot, ErrorCode::kProtocolError, facts.malformed);
  if (interim) return Step::kNothing;
  if (facts.content_length >= 0) record.content_left = facts.content_length;
  if (end_stream && !ContentIsWhole(record)) {
    return StreamError(slot, ErrorCode::kProtocolError, "DATA does not add up to content-length");
  }
  record.state = next;
  if (end_stream) OnEndStream(record);
  StartMessage(slot);
  event_.end_stream = end_stream;
  (trailers ? event_.has_trailers : event_.has_headers) = true;
  (trailers ? event_.trailers : event_.headers) = std::span(fields_).first(head_size_);
  if (!trailers) event_.headers_number = head_block_.number();
  MergeFollowing(slot);
  return Step::kEvent;
}

// §5.1: after our own RST_STREAM the peer may not have seen it yet; of a stream that ended too long ago to remember
// how, the same is assumed. That each such block counts as a reset keeps it from being a way to make us decode for
// nothing.
Connection::Step Connection::OnHeadersOfGone(std::optional<StreamEnd> end) {
  if (end == StreamEnd::kNeverOpened) return Violation(ErrorCode::kProtocolError, "HEADERS on a lower stream id");
  if (end == StreamEnd::kFinished) return Violation(ErrorCode::kStreamClosed, "HEADERS after END_STREAM");
  if (end == StreamEnd::kResetByPeer) return Violation(ErrorCode::kStreamClosed, "HEADERS after RST_STREAM");
  ChargeReset();
  return Step::kNothing;
}

// The answer of RFC 6585 §5 to a request whose list is over the soft limit: no handler hears of it.
Connection::Step Connection::RefuseTooLarge(StreamId stream, bool end_stream) {
  Count(Abuse::kHeadersTooLarge);
  const HeaderField status{.name = ":status", .value = "431", .token = HeaderName::kStatus};
  const std::span<const HeaderField> refusal = refusal_.empty() ? std::span(&status, 1) : refusal_;
  SendHeaderBlock(stream, HeaderTemplate::kNone, refusal, true);
  if (end_stream) {
    answers_.Queued(output_.appended());
    closed_.Close(stream, StreamEnd::kFinished, highest_);
  } else {
    SendRstStream(stream, ErrorCode::kNoError, true);
    closed_.Close(stream, StreamEnd::kResetByUs, highest_);
  }
  ChargeReset();
  return Step::kNothing;
}

// A new stream that its owner never hears of.
Connection::Step Connection::RefuseStream(StreamId stream, ErrorCode code) {
  Count(code == ErrorCode::kRefusedStream ? Abuse::kStreamRefused : Abuse::kMalformedRequest);
  SendRstStream(stream, code, true);
  closed_.Close(stream, StreamEnd::kResetByUs, highest_);
  // A client that has not seen our limit yet may honestly exceed it (§5.1.2).
  if (code != ErrorCode::kRefusedStream || settings_acknowledged_) ChargeReset();
  return Step::kNothing;
}

Connection::Step Connection::OnData(const FrameHeader& header, std::string_view payload) {
  DataFrame frame;
  if (const FrameError error = Parse(header, payload, frame); !error.ok()) return Violation(error.code, error.reason);
  if (IsIdle(header.stream)) return Violation(ErrorCode::kProtocolError, "DATA on an idle stream");
  CountPayload(kFrameHeaderSize + payload.size());
  if (!frame.data.empty()) {
    empty_data_budget_.Payload();
  } else if (!frame.end_stream && !empty_data_budget_.Empty()) {
    return Violation(Abuse::kEmptyFramesFlood);
  }
  const auto size = static_cast<std::int64_t>(payload.size());
  if (!receive_window_.Receive(size, kDefaultWindow)) {
    return Violation(ErrorCode::kFlowControlError, "DATA beyond the connection's window");
  }
  const std::uint32_t slot = streams_.Find(header.stream);
  if (slot == StreamTable::kNone) return OnDataOfGone(closed_.Find(header.stream, highest_), payload.size());
  StreamRecord& record = streams_[slot];
  if (record.state.reset()) return OnDataOfGone(record.state.end(), payload.size());
  StreamState next = record.state;
  const ErrorCode error = next.RecvData(frame.end_stream);
  if (error == ErrorCode::kStreamClosed) return Violation(error, "DATA after END_STREAM");
  if (!record.receive_window.Receive(size, local_initial_window_)) {
    return Violation(ErrorCode::kFlowControlError, "DATA beyond the stream's window");
  }
  const char* wrong = nullptr;
  if (error != ErrorCode::kNoError) wrong = "DATA before HEADERS";
  if (!CountContent(record, frame.data.size()) || (frame.end_stream && !ContentIsWhole(record))) {
    wrong = "DATA does not add up to content-length";
  }
  if (wrong != nullptr) {
    ConsumeConnection(payload.size());
    return StreamError(slot, ErrorCode::kProtocolError, wrong);
  }
  record.state = next;
  return DeliverData(slot, frame, payload.size() - frame.data.size());
}

// As OnHeadersOfGone; the connection's window opens again at once, since no one will consume these bytes.
Connection::Step Connection::OnDataOfGone(std::optional<StreamEnd> end, std::size_t size) {
  if (end == StreamEnd::kNeverOpened) return Violation(ErrorCode::kStreamClosed, "DATA on a stream never opened");
  if (end == StreamEnd::kFinished) return Violation(ErrorCode::kStreamClosed, "DATA after END_STREAM");
  if (end == StreamEnd::kResetByPeer) return Violation(ErrorCode::kStreamClosed, "DATA after RST_STREAM");
  ConsumeConnection(size);
  return Step::kNothing;
}

Connection::Step Connection::DeliverData(std::uint32_t slot, const DataFrame& frame, std::size_t padding) {
  StreamRecord& record = streams_[slot];
  if (frame.end_stream) OnEndStream(record);
  if (padding != 0) {
    ConsumeConnection(padding);
    ConsumeStream(record, padding);
  }
  if (frame.data.empty() && !frame.end_stream) return Step::kNothing;
  if (bdp_.listening() && !frame.data.empty()) [[unlikely]]
    MeasureBandwidth(frame.data.size());
  ForgetFields();
  StartMessage(slot);
  event_.data = frame.data;
  event_.charged = frame.data.size();
  event_.end_stream = frame.end_stream;
  MergeFollowing(slot);
  return Step::kEvent;
}

void Connection::StartMessage(std::uint32_t slot) {
  // Only what messages have: GCC clears the whole by an instruction that takes longer than all the rest.
  event_.kind = Event::Kind::kMessage;
  event_.stream = {.slot = slot, .id = streams_[slot].id};
  event_.has_headers = event_.has_trailers = event_.end_stream = false;
  event_.headers = {};
  event_.trailers = {};
  event_.headers_number = event_.trailers_number = 0;
  event_.data = {};
  event_.charged = 0;
}

// Adds to the current event what follows in the input on the same stream, as long as it is whole and plain. What is
// in any way unusual is left to the next call of Next.
void Connection::MergeFollowing(std::uint32_t slot) {
  while (!event_.end_stream && unread() >= kFrameHeaderSize) {
    const FrameHeader header = ParseFrameHeader(cursor_);
    if (header.stream != event_.stream.id || header.length > unread() - kFrameHeaderSize) return;
    if (header.length > kLargestFrame) return;
    if (header.type == FrameType::kHeaders) return MergeTrailers(slot, header);
    if (header.type != FrameType::kData || !MergeData(slot, header)) return;
  }
}

bool Connection::MergeData(std::uint32_t slot, const FrameHeader& header) {
  StreamRecord& record = streams_[slot];
  const bool end_stream = header.Has(kFlagEndStream);
  const auto size = static_cast<std::int64_t>(header.length);
  if (event_.charged != 0 || header.Has(kFlagPadded) || header.length == 0) return false;
  if (record.content_left != HeaderFacts::kNoContentLength || !record.state.headers_received()) return false;
  if (size > receive_window_.available(kDefaultWindow)) return false;
  if (!record.receive_window.Receive(size, local_initial_window_)) return false;
  receive_window_.Receive(size, kDefaultWindow);
  record.state.RecvData(end_stream);
  record.data_received = true;
  empty_data_budget_.Payload();
  CountPayload(kFrameHeaderSize + header.length);
  if (bdp_.listening()) [[unlikely]]
    MeasureBandwidth(header.length);
  event_.data = {cursor_ + kFrameHeaderSize, header.length};
  event_.charged = header.length;
  event_.end_stream = end_stream;
  cursor_ += kFrameHeaderSize + header.length;
  if (end_stream) OnEndStream(record);
  return true;
}

void Connection::MergeTrailers(std::uint32_t slot, const FrameHeader& header) {
  StreamRecord& record = streams_[slot];
  constexpr int kPlain = kFlagEndHeaders | kFlagEndStream;
  if (header.flags != kPlain || !record.state.headers_received() || !ContentIsWhole(record)) return;
  const std::string_view block(cursor_ + kFrameHeaderSize, header.length);
  cursor_ += kFrameHeaderSize + header.length;
  timers_.Stop(Timer::kHeaderBlock);
  CountPayload(kFrameHeaderSize + header.length);
  if (!trailers_block_.Matches(block, decoder_.table().version())) {
    fields_.resize(head_size_);
    DecodeOutcome outcome;
    const bool decoded = DecodeBlock(block, outcome);
    // The list may have moved.
    event_.headers = std::span(fields_).first(event_.headers.size());
    if (!decoded) return;
    if (outcome == DecodeOutcome::kTooLarge) {
      return StreamErrorLater(slot, ErrorCode::kEnhanceYourCalm, "header list too large");
    }
    const HeaderFacts facts = validator_.Check(HeaderListKind::kTrailers, std::span(fields_).subspan(head_size_));
    if (facts.malformed != nullptr) return StreamErrorLater(slot, ErrorCode::kProtocolError, facts.malformed);
    trailers_block_.Remember(block, decoder_.table().version(), HeaderListKind::kTrailers, facts);
  }
  record.state.RecvHeaders(true);
  OnEndStream(record);
  event_.trailers = std::span(fields_).subspan(head_size_);
  event_.trailers_number = trailers_block_.number();
  event_.has_trailers = event_.end_stream = true;
}

// False when more has come than content-length announced.
bool Connection::CountContent(StreamRecord& record, std::size_t size) {
  record.data_received |= size != 0;
  if (record.content_left == HeaderFacts::kNoContentLength) return true;
  if (static_cast<std::int64_t>(size) > record.content_left) return false;
  record.content_left -= static_cast<std::int64_t>(size);
  return true;
}

// Whether the message may end here (RFC 9113 §8.1.1). A response without content may have announced some: it answers a
// HEAD request, or is a 304 (§8.1.1); this side does not know what it has asked for.
bool Connection::ContentIsWhole(const StreamRecord& record) const {
  if (record.content_left <= 0) return true;
  return role_ == Role::kClient && !record.data_received;
}

}  // namespace rhei::inline v0::http2
