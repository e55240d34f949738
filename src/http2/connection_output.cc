// What goes out.
#include <algorithm>

#include "http2/connection.h"
#include "http2/frame/continuation.h"
#include "http2/frame/headers.h"
#include "http2/frame/window_update.h"

namespace rhei::inline v0::http2 {
namespace {

// Queued DATA moves into the output up to this size: enough for one write, and not so much that a frame that must leave
// soon waits long behind it.
constexpr std::size_t kMoveLimit = 64 * 1024;
// DATA frames carry at least this much, or all that is left, so that a peer that opens its windows byte by byte does
// not get byte-sized frames (CVE-2019-9511); after the patience, what the windows allow.
constexpr std::int64_t kWorthSending = 1024;
constexpr Duration kSmallDataPatience = std::chrono::milliseconds(100);
// Scratch memory above this is not kept.
constexpr std::size_t kKeptScratch = 1024;

}  // namespace

void Connection::SendHeaderBlock(StreamId stream, HeaderTemplate prefix, std::span<const HeaderField> extra,
                                 bool end_stream) {
  encoded_.clear();
  encoder_.Encode(prefix, extra, encoded_);
  payload_sent_ = true;
  CountPayload(kFrameHeaderSize + encoded_.size());
  std::string_view rest(encoded_);
  std::string_view part = rest.substr(0, kLargestFrame);
  rest.remove_prefix(part.size());
  char* out = output_.Reserve(kFrameHeaderSize + part.size());
  out = WriteHeadersHeader(out, stream, part.size(), end_stream, rest.empty());
  std::copy(part.begin(), part.end(), out);
  while (!rest.empty()) {
    part = rest.substr(0, kLargestFrame);
    rest.remove_prefix(part.size());
    out = output_.Reserve(kFrameHeaderSize + part.size());
    out = WriteContinuationHeader(out, stream, part.size(), rest.empty());
    std::copy(part.begin(), part.end(), out);
  }
  if (encoded_.capacity() > kKeptScratch) std::string().swap(encoded_);
}

void Connection::ConsumeConnection(std::size_t bytes) {
  const std::uint32_t increment = receive_window_.Consume(static_cast<std::int64_t>(bytes), limits_.connection_window);
  if (increment != 0) WriteWindowUpdate(output_.Reserve(kWindowUpdateSize), 0, increment);
}

void Connection::ConsumeStream(StreamRecord& record, std::size_t bytes) {
  // A peer that has said everything needs no window.
  if (!record.state.may_receive()) return;
  const std::uint32_t increment =
      record.receive_window.Consume(static_cast<std::int64_t>(bytes), limits_.stream_window);
  if (increment != 0) WriteWindowUpdate(output_.Reserve(kWindowUpdateSize), record.id, increment);
}

std::size_t Connection::PollTransmit(std::span<std::string_view> slices) {
  if (scheduler_.has_ready() && !connection_blocked_ && !failed_) MoveQueuedData();
  if (output_.empty()) return 0;
  if (!timers_.running(Timer::kWriteStall) && !failed_)
    timers_.StartByCommand(Timer::kWriteStall, limits_.write_stall_timeout);
  return output_.Peek(slices);
}

void Connection::Transmitted(std::size_t bytes, TimePoint now) {
  timers_.SetNow(now);
  output_.Written(bytes);
  answers_.Written(output_.written());
  if (output_.empty()) {
    timers_.Stop(Timer::kWriteStall);
  } else if (bytes != 0 && !failed_) {
    timers_.Start(Timer::kWriteStall, limits_.write_stall_timeout);
  }
}

void Connection::MoveQueuedData() {
  while (output_.size() < kMoveLimit && scheduler_.has_ready()) {
    if (SendQueuedData(scheduler_.Next())) continue;
    // Of small data too, all has left that the connection's window allows: the next has to wait anew.
    small_data_allowed_ = false;
    return;
  }
  if (!scheduler_.has_ready()) small_data_allowed_ = false;
}

// Sends one DATA frame of a stream that has left the line. False when the connection's window is the obstacle.
bool Connection::SendQueuedData(std::uint32_t slot) {
  StreamRecord& record = streams_[slot];
  const auto waiting = static_cast<std::int64_t>(record.queue->size());
  const std::int64_t worth =
      small_data_allowed_ ? std::min<std::int64_t>(waiting, 1) : std::min(waiting, kWorthSending);
  const std::int64_t stream_window = record.send_window.available(peer_initial_window_);
  const std::int64_t connection_window = send_window_.available(kDefaultWindow);
  if (waiting != 0 && std::min(stream_window, connection_window) < worth) {
    if (std::min(stream_window, connection_window) > 0 && !timers_.running(Timer::kSmallData)) {
      timers_.StartByCommand(Timer::kSmallData, kSmallDataPatience);
    }
    WatchStalls();
    // While the connection's window is shut, the stream's may be too small or not: that is seen when it opens.
    if (stream_window < worth && connection_window > 0) {
      scheduler_.Block(slot);
      return true;
    }
    scheduler_.Add(slot);
    connection_blocked_ = true;
    return false;
  }
  const std::int64_t size = std::min({waiting, stream_window, connection_window, std::int64_t{kLargestFrame}});
  const bool end_stream = record.queue->end_stream() && size == waiting;
  WriteQueuedData(record, static_cast<std::size_t>(std::max<std::int64_t>(size, 0)), end_stream);
  if (record.queue->size() != 0) {
    scheduler_.Add(slot);
  } else {
    FinishQueue(slot);
  }
  return true;
}

// A stream waits for windows. How long that may be is a server's concern: a client's calls have deadlines.
void Connection::WatchStalls() {
  if (role_ != Role::kServer || timers_.running(Timer::kStalls)) return;
  timers_.StartByCommand(Timer::kStalls, limits_.stalled_stream_timeout / kStallChecks);
}

void Connection::WriteQueuedData(StreamRecord& record, std::size_t size, bool end_stream) {
  record.state.SendData(end_stream);
  record.send_window.Use(static_cast<std::int64_t>(size));
  send_window_.Use(static_cast<std::int64_t>(size));
  CountPayload(kFrameHeaderSize + size);
  payload_sent_ = true;
  queued_bytes_ -= size;
  WriteDataHeader(output_.Reserve(kFrameHeaderSize), record.id, size, end_stream);
  while (size != 0) {
    const std::string_view piece = record.queue->Front(size);
    output_.Append(piece);
    size -= piece.size();
    record.queue->Pop(piece.size());
  }
}

// Everything queued has left; trailers follow, if there are any.
void Connection::FinishQueue(std::uint32_t slot) {
  StreamRecord& record = streams_[slot];
  const std::unique_ptr<SendQueue> queue = std::move(record.queue);
  if (const QueuedTrailers* trailers = queue->trailers()) {
    record.state.SendHeaders(true);
    SendHeaderBlock(record.id, trailers->prefix(), trailers->fields(), true);
  }
  if (record.state.send_ended()) OnEndStream(record);
  Pending().drained.push_back({.slot = slot, .id = record.id});
}

}  // namespace rhei::inline v0::http2
