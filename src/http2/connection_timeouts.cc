// What happens when time passes: the peer takes too long, or there is nothing to do.
#include <algorithm>

#include "http2/connection.h"

namespace rhei::inline v0::http2 {
namespace {

// Its answer counts as any byte does.
constexpr std::uint64_t kKeepalivePing = 0x7268'6569'206b'6121;

}  // namespace

void Connection::HandleTimeout(TimePoint now) {
  timers_.SetNow(now);
  if (failed_) return;
  if (timers_.TakeDue(Timer::kHandshake)) Violation(Abuse::kHandshakeTimeout);
  if (timers_.TakeDue(Timer::kSettingsAck)) Violation(Abuse::kSettingsTimeout);
  if (timers_.TakeDue(Timer::kHeaderBlock)) Violation(Abuse::kHeaderBlockTimeout);
  if (timers_.TakeDue(Timer::kWriteStall)) Violation(Abuse::kWriteStall);
  if (timers_.TakeDue(Timer::kDrainPing)) FinishDrain();
  if (timers_.TakeDue(Timer::kKeepalive)) CheckPeer();
  if (timers_.TakeDue(Timer::kStalls)) CheckStalls();
  if (timers_.TakeDue(Timer::kRest)) CheckRest();
  if (timers_.TakeDue(Timer::kSmallData)) {
    small_data_allowed_ = true;
    connection_blocked_ = false;
    scheduler_.UnblockAll();
  }
}

// gRFC A9. The timer is not moved with each byte that comes: it looks when it is due.
void Connection::CheckPeer() {
  if (peer_asked_) {
    Violation(Abuse::kKeepaliveTimeout);
    return;
  }
  const Duration silent = timers_.now() - received_at_;
  if (silent < limits_.keepalive_time) return timers_.Start(Timer::kKeepalive, limits_.keepalive_time - silent);
  peer_asked_ = true;
  Ping(kKeepalivePing);
  timers_.Start(Timer::kKeepalive, limits_.keepalive_timeout);
}

// Looks at the streams that have something to send, and goes on doing so while one of them waits for windows.
void Connection::CheckStalls() {
  bool waiting = false;
  // One that is ended may make room for another, but that has waited as long.
  const bool connection_blocked = connection_blocked_;
  streams_.ForEach([&](std::uint32_t slot, StreamRecord& record) {
    if (record.queue == nullptr) return;
    waiting |= CheckStall(slot, *record.queue, connection_blocked || scheduler_.blocked(slot));
  });
  if (waiting) timers_.Start(Timer::kStalls, StallTime() / kStallChecks);
}

Duration Connection::StallTime() const {
  const Duration usual = limits_.stalled_stream_timeout;
  return stalls_hurry_ ? std::min(usual, limits_.write_stall_timeout) : usual;
}

void Connection::HurryStalls(bool hurry) {
  stalls_hurry_ = hurry;
  if (timers_.running(Timer::kStalls)) timers_.StartByCommand(Timer::kStalls, StallTime() / kStallChecks);
}

// Whether a stream waits for windows; one that has done so for too long, for too little, is ended (CVE-2019-9511,
// CVE-2019-9517). What counts is what has left, not whether WINDOW_UPDATEs came. A stream that could send and waits for
// the network alone is begun anew with: that one is the write stall's.
bool Connection::CheckStall(std::uint32_t slot, SendQueue& queue, bool blocked) {
  const TimePoint now = timers_.now();
  if (!blocked) {
    queue.Unwatch();
    return false;
  }
  const std::optional<SendQueue::Drain> drain = queue.drain(now);
  if (!drain) {
    queue.Watch(now);
    return true;
  }
  if (drain->time < StallTime()) return true;
  const double seconds = std::chrono::duration<double>(drain->time).count();
  if (static_cast<double>(drain->bytes) >= limits_.min_stream_rate * seconds) {
    queue.Watch(now);
    return true;
  }
  StreamRecord& record = streams_[slot];
  Count(Abuse::kStalledStream);
  SendRstStream(record.id, ErrorCode::kCancel, false);
  record.state.SendReset();
  OnReset();
  DropQueue(slot);
  Pending().resets.push_back({.stream = {.slot = slot, .id = record.id},
                              .error = ErrorCode::kCancel,
                              .initiator = Initiator::kLibrary,
                              .unprocessed = false,
                              .reason = "stalled: the peer's windows open too slowly"});
  return false;
}

// Streams that are open, or were since the last look, put it off.
void Connection::CheckRest() {
  // The release of the last one starts the timer again.
  if (streams_.size() != 0) return;
  if (highest_ != highest_at_check_ && !young()) {
    highest_at_check_ = highest_;
    timers_.Start(Timer::kRest, kRestInterval);
    return;
  }
  resting_ = true;
  Trim();
}

// Requires that no stream is open, and that nothing looks at the last event any more.
void Connection::Trim() {
  ForgetFields();
  event_ = Event{};
  fields_ = std::vector<HeaderField>();
  decoder_.Trim();
  encoder_.Trim();
  streams_.Trim();
  if (!pending_) pending_events_.reset();
  scheduler_.Trim();
  output_.Trim();
  std::string().swap(encoded_);  // an assignment would keep the memory
}

}  // namespace rhei::inline v0::http2
