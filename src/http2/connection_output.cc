// What goes out.
#include <algorithm>
#include <utility>

#include "http2/connection.h"
#include "http2/frame/continuation.h"
#include "http2/frame/headers.h"
#include "http2/frame/window_update.h"

namespace rhei::inline v0::http2 {
namespace {

// Queued DATA moves into the output up to this size: enough for one write, and for a message of 64 KiB with all that
// goes around it; and not so much that a frame that must leave soon waits long behind it.
constexpr std::size_t kMoveLimit = 68 * 1024;
// DATA frames carry at least this much, or all that is left, so that a peer that opens its windows byte by byte does
// not get byte-sized frames (CVE-2019-9511); after the patience, what the windows allow.
constexpr std::int64_t kWorthSending = 1024;
constexpr Duration kSmallDataPatience = std::chrono::milliseconds(100);
// DATA leaves from where it lies, when a frame has at least this much of it in one piece: less is cheaper to copy than
// to hand to the system on its own.
constexpr std::size_t kWorthReferring = 4 * 1024;
// Credit is given when it makes a quarter of the window: with what is not given yet, the peer then has three of them to
// go on with in a round trip, which is more than the two thirds by which BdpEstimator sees that it is held back. But
// the first credit of a stream is half, so that a small message makes none.
constexpr int kParts = 4;
constexpr int kFirstParts = 2;
// Scratch memory above this is not kept.
constexpr std::size_t kKeptScratch = 1024;

}  // namespace

void Connection::SendHeaderBlock(StreamId stream, HeaderTemplate prefix, std::span<const HeaderField> extra,
                                 bool end_stream) {
  payload_sent_ = true;
  if (const std::string_view known = extra.empty() ? encoder_.Encoded(prefix) : std::string_view(); !known.empty()) {
    // The usual case: a few bytes that were encoded before.
    CountPayload(kFrameHeaderSize + known.size());
    char* const out = output_.Reserve(kFrameHeaderSize + known.size());
    std::copy(known.begin(), known.end(), WriteHeadersHeader(out, stream, known.size(), end_stream, true));
    return;
  }
  encoded_.clear();
  encoder_.Encode(prefix, extra, encoded_);
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
  const std::int64_t credit = receive_window_.Consume(static_cast<std::int64_t>(bytes), connection_window_, kParts);
  if (credit != 0) WriteWindowUpdate(output_.Reserve(kWindowUpdateSize), 0, static_cast<std::uint32_t>(credit));
}

void Connection::ConsumeStream(StreamRecord& record, std::size_t bytes) {
  // A peer that has said everything needs no window.
  if (!record.state.may_receive()) return LeaveWindowPool(record);
  const int parts = record.in_window_pool ? kParts : kFirstParts;
  std::int64_t credit = record.receive_window.Consume(static_cast<std::int64_t>(bytes), stream_window_, parts);
  if (credit == 0) return;
  bdp_.Want();
  credit += ResizeWindow(record, credit);
  if (credit == 0) return;
  WriteWindowUpdate(output_.Reserve(kWindowUpdateSize), record.id, static_cast<std::uint32_t>(credit));
}

void Connection::LeaveWindowPool(StreamRecord& record) {
  if (!record.in_window_pool) [[likely]]
    return;
  record.in_window_pool = false;
  window_pool_.Leave(record.receive_window.extra());
}

// A stream is given credit: its window may change with it. Returns by how much.
std::int64_t Connection::ResizeWindow(StreamRecord& record, std::int64_t credit) {
  if (limits_.max_stream_window <= stream_window_) return 0;
  const std::int64_t most = std::min({bdp_.window(), std::int64_t{limits_.max_stream_window}, kMaxWindow});
  if (!std::exchange(record.in_window_pool, true)) window_pool_.Join();
  const std::int64_t change = window_pool_.Adapt(record.receive_window.extra(), most - stream_window_, credit);
  record.receive_window.Resize(change);
  return change;
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
  while (scheduler_.has_ready()) {
    if (SendQueuedData(scheduler_.Next())) continue;
    // Of small data too, all has left that the connection's window allows: the next has to wait anew.
    if (connection_blocked_) small_data_allowed_ = false;
    return;
  }
  small_data_allowed_ = false;
}

// The turn of a stream that has left the line: one DATA frame, or two or more whose sizes add up to one where the
// connection's window cuts it into pieces, so that turns are worth the same whenever that opens. Where nobody else is
// in line the frame is as large as the peer allows. False when the window is the obstacle, or the output is full: then
// the stream stays the first in line.
bool Connection::SendQueuedData(std::uint32_t slot) {
  StreamRecord& record = streams_[slot];
  const auto waiting = static_cast<std::int64_t>(record.queue->size());
  const bool alone = !scheduler_.has_ready() && largest_sent_ > kLargestFrame;
  const auto turn = std::min<std::int64_t>(waiting, alone ? largest_sent_ : record.queue->turn_left());
  const std::int64_t worth = std::min(waiting, small_data_allowed_ ? 1 : kWorthSending);
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
    scheduler_.PutBack(slot);
    connection_blocked_ = true;
    return false;
  }
  const std::int64_t allowed = waiting == 0 ? 0 : std::min(turn, stream_window);
  const std::int64_t size = std::min(allowed, std::max<std::int64_t>(connection_window, 0));
  if (!output_.empty() && output_.size() + kFrameHeaderSize + static_cast<std::size_t>(size) > kMoveLimit) {
    scheduler_.PutBack(slot);
    return false;
  }
  WriteQueuedData(record, static_cast<std::size_t>(size), record.queue->end_stream() && size == waiting);
  if (record.queue->size() == 0) {
    FinishQueue(slot);
  } else if (size < allowed && !alone) {
    record.queue->CutTurn(record.queue->turn_left() - static_cast<std::size_t>(size));
    scheduler_.PutBack(slot);
  } else {
    record.queue->EndTurn();
    scheduler_.Add(slot);
  }
  return true;
}

// A stream waits for windows. How long that may be is a server's concern: a client's calls have deadlines.
void Connection::WatchStalls() {
  if (role_ != Role::kServer || timers_.running(Timer::kStalls)) return;
  timers_.StartByCommand(Timer::kStalls, StallTime() / kStallChecks);
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
    const bool refer = piece.size() >= kWorthReferring;
    refer ? output_.Refer(piece) : output_.Append(piece);
    size -= piece.size();
    PooledBytes memory = record.queue->Pop(piece.size(), refer);
    if (!memory.empty()) output_.Keep(std::move(memory));
  }
}

// Everything queued has left; trailers follow, if there are any.
void Connection::FinishQueue(std::uint32_t slot) {
  StreamRecord& record = streams_[slot];
  const std::unique_ptr<SendQueue> queue = std::move(record.queue);
  --queued_streams_;
  if (const QueuedTrailers* trailers = queue->trailers()) {
    record.state.SendHeaders(true);
    SendHeaderBlock(record.id, trailers->prefix(), trailers->fields(), true);
  }
  if (record.state.send_ended()) OnEndStream(record);
  Pending().drained.push_back({.slot = slot, .id = record.id});
}

}  // namespace rhei::inline v0::http2
