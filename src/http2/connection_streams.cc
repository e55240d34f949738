// How streams end before their time, and what is kept of it.
#include "http2/connection.h"
#include "http2/frame/rst_stream.h"

namespace rhei::inline v0::http2 {

// Ends a stream for a mistake of the peer's that concerns this stream alone, and makes that the current event.
Connection::Step Connection::StreamError(std::uint32_t slot, ErrorCode code, const char* reason) {
  if (!ResetForError(slot, code)) return Step::kNothing;
  event_ = Event{};
  event_.kind = Event::Kind::kReset;
  event_.stream = {.slot = slot, .id = streams_[slot].id};
  event_.error = code;
  event_.initiator = Initiator::kLibrary;
  event_.data = reason;
  return Step::kEvent;
}

// The same, but the event waits behind the current one.
void Connection::StreamErrorLater(std::uint32_t slot, ErrorCode code, const char* reason) {
  if (!ResetForError(slot, code)) return;
  Pending().resets.push_back({.stream = {.slot = slot, .id = streams_[slot].id},
                              .error = code,
                              .initiator = Initiator::kLibrary,
                              .unprocessed = false,
                              .reason = reason});
}

// Requires that the stream is not closed. False, after failing, when the peer has made too many mistakes.
bool Connection::ResetForError(std::uint32_t slot, ErrorCode code) {
  StreamRecord& record = streams_[slot];
  CountStreamError(code);
  SendRstStream(record.id, code, true);
  record.state.SendReset();
  OnReset();
  DropQueue(slot);
  return ChargeReset();
}

void Connection::CountStreamError(ErrorCode code) {
  if (code == ErrorCode::kFlowControlError) return Count(Abuse::kFlowControlError);
  Count(code == ErrorCode::kEnhanceYourCalm ? Abuse::kHeadersTooLarge : Abuse::kMalformedRequest);
}

// `answer`: the peer made us send it.
void Connection::SendRstStream(StreamId stream, ErrorCode code, bool answer) {
  WriteRstStream(output_.Reserve(kRstStreamSize), stream, code);
  if (answer) answers_.Queued(output_.appended());
}

void Connection::DropQueue(std::uint32_t slot) {
  StreamRecord& record = streams_[slot];
  if (record.queue == nullptr) return;
  queued_bytes_ -= record.queue->size();
  if (PooledBytes memory = record.queue->TakeReferred(); !memory.empty()) output_.Keep(std::move(memory));
  record.queue.reset();
  --queued_streams_;
  scheduler_.Remove(slot);
  // Who comes next may need less of the connection's window than this one did.
  connection_blocked_ = false;
}

// A stream ended unfinished through the peer's doing. False, after failing, when that happened too often. What a server
// does to a client is not counted: it can refuse to serve anyway.
bool Connection::ChargeReset() {
  if (role_ == Role::kClient || reset_budget_.Charge(timers_.now())) return true;
  Violation(Abuse::kRapidReset);
  return false;
}

}  // namespace rhei::inline v0::http2
