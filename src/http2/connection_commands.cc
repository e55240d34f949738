// What the owner asks for.
#include <algorithm>
#include <utility>

#include "http2/connection.h"

namespace rhei::inline v0::http2 {
HeaderTemplate Connection::RegisterHeaders(std::span<const HeaderField> fields) { return encoder_.Register(fields); }

bool Connection::can_open() const {
  return role_ == Role::kClient && !failed_ && !draining() && active_ < peer_max_streams_ && next_id_ <= kMaxStreamId;
}

std::optional<Stream> Connection::Open() {
  if (!can_open()) return std::nullopt;
  const Stream stream{.slot = streams_.Add(next_id_), .id = next_id_};
  next_id_ += 2;
  ++active_;
  return stream;
}

std::uint32_t Connection::ids_left() const { return next_id_ > kMaxStreamId ? 0 : kMaxStreamId - next_id_ + 1; }

void Connection::SkipStreamIdsForTest(StreamId next) { next_id_ = std::max(next_id_, next | 1); }

void Connection::SendHeaders(Stream stream, HeaderTemplate prefix, std::span<const HeaderField> extra,
                             bool end_stream) {
  StreamRecord* record = streams_.Get(stream.slot, stream.id);
  if (record == nullptr || failed_) return;
  if (record->queue != nullptr) {
    const bool over = record->queue->end_stream() || record->queue->trailers() != nullptr;
    if (end_stream && !over) record->queue->PushTrailers(prefix, extra);
    return;
  }
  if (role_ == Role::kClient) {
    const bool first = !record->state.headers_sent();
    if (first ? stream.id <= highest_ : !end_stream) return;
  }
  if (!record->state.SendHeaders(end_stream)) return;
  if (role_ == Role::kClient && stream.id > highest_) {
    closed_.Open(highest_, stream.id);
    highest_ = stream.id;
  }
  SendHeaderBlock(stream.id, prefix, extra, end_stream);
  if (end_stream) OnEndStream(*record);
}

char* Connection::ReserveData(Stream stream, std::size_t size, bool end_stream) {
  StreamRecord* record = streams_.Get(stream.slot, stream.id);
  if (record == nullptr || failed_ || record->queue != nullptr || size > kLargestFrame) return nullptr;
  if (connection_blocked_ && size != 0) [[unlikely]]
    return nullptr;
  const auto bytes = static_cast<std::int64_t>(size);
  const std::int64_t window =
      std::min(send_window_.available(kDefaultWindow), record->send_window.available(peer_initial_window_));
  // END_STREAM alone needs no window, and no more room than RST_STREAM.
  if (size != 0 && (bytes > window || output_.size() + size > limits_.write_buffer)) return nullptr;
  if (!record->state.SendData(end_stream)) return nullptr;
  send_window_.Use(bytes);
  record->send_window.Use(bytes);
  CountPayload(kFrameHeaderSize + size);
  payload_sent_ = true;
  if (end_stream) OnEndStream(*record);
  return WriteDataHeader(output_.Reserve(kFrameHeaderSize + size), stream.id, size, end_stream);
}

void Connection::SendData(Stream stream, PooledBytes bytes, bool end_stream) {
  StreamRecord* record = streams_.Get(stream.slot, stream.id);
  if (record == nullptr || failed_ || !record->state.may_send() || !record->state.headers_sent()) return;
  if (bytes.empty() && !end_stream) return;
  if (record->queue == nullptr) {
    // END_STREAM alone needs no window.
    if (bytes.empty() && ReserveData(stream, 0, true) != nullptr) return;
    record->queue = std::make_unique<SendQueue>();
    ++queued_streams_;
  } else if (record->queue->end_stream() || record->queue->trailers() != nullptr) {
    return;
  }
  queued_bytes_ += bytes.size();
  record->queue->Push(std::move(bytes));
  if (end_stream) record->queue->PushEnd();
  scheduler_.Add(stream.slot);
}

std::size_t Connection::queued(Stream stream) const {
  const StreamRecord* record = streams_.Get(stream.slot, stream.id);
  return record == nullptr || record->queue == nullptr ? 0 : record->queue->size();
}

std::size_t Connection::sendable(Stream stream) const {
  const StreamRecord* record = streams_.Get(stream.slot, stream.id);
  if (record == nullptr || failed_ || record->queue != nullptr || connection_blocked_) return 0;
  if (!record->state.may_send() || output_.size() >= limits_.write_buffer) return 0;
  const std::int64_t window =
      std::min(send_window_.available(kDefaultWindow), record->send_window.available(peer_initial_window_));
  return window <= 0 ? 0 : std::min(static_cast<std::size_t>(window), limits_.write_buffer - output_.size());
}

std::int64_t Connection::stream_window(Stream stream) const {
  const StreamRecord* record = streams_.Get(stream.slot, stream.id);
  return record == nullptr ? 0 : stream_window_ + record->receive_window.extra();
}

void Connection::Consume(Stream stream, std::size_t bytes) {
  ConsumeOnConnection(bytes);
  ConsumeOnStream(stream, bytes);
}

void Connection::ConsumeOnConnection(std::size_t bytes) {
  if (!failed_) ConsumeConnection(bytes);
}

void Connection::ConsumeOnStream(Stream stream, std::size_t bytes) {
  if (failed_) return;
  if (StreamRecord* record = streams_.Get(stream.slot, stream.id)) ConsumeStream(*record, bytes);
}

void Connection::Reset(Stream stream, ErrorCode code) {
  StreamRecord* record = streams_.Get(stream.slot, stream.id);
  if (record == nullptr) return;
  record->muted = true;
  EndStream(stream.slot, code);
}

void Connection::Release(Stream stream) {
  const StreamRecord* record = streams_.Get(stream.slot, stream.id);
  if (record == nullptr) return;
  const bool answered = role_ == Role::kServer && record->state.send_ended();
  EndStream(stream.slot, answered ? ErrorCode::kNoError : ErrorCode::kCancel);
  // A stream that was opened and never used keeps its id from being used, and the peer never hears of it.
  if (stream.id <= highest_) closed_.Close(stream.id, streams_[stream.slot].state.end(), highest_);
  LeaveWindowPool(streams_[stream.slot]);
  streams_.Remove(stream.slot);
  if (streams_.size() == 0 && !timers_.running(Timer::kRest) && !failed_) [[unlikely]] {
    resting_ = false;
    timers_.StartByCommand(Timer::kRest, young() ? Duration::zero() : kRestInterval);
  }
}

// Ends a stream for its owner, unless it has ended.
void Connection::EndStream(std::uint32_t slot, ErrorCode code) {
  StreamRecord& record = streams_[slot];
  if (record.queue != nullptr) DropQueue(slot);
  if (record.state.closed()) return;
  record.state.SendReset();
  OnReset();
  if (!failed_ && record.id <= highest_) SendRstStream(record.id, code, false);
}

}  // namespace rhei::inline v0::http2
