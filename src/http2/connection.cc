#include "http2/connection.h"

#include <algorithm>
#include <array>

#include "http2/frame/goaway.h"
#include "http2/frame/ping.h"
#include "http2/frame/window_update.h"
#include "http2/preface.h"

namespace rhei::inline v0::http2 {
namespace {

// What a client assumes of a server that has not said anything yet (RFC 9113 §6.5.2: no less than 100).
constexpr std::uint32_t kAssumedMaxStreams = 100;
// Of the PING behind the first GOAWAY of a drain. An owner's ping of the same number is answered no less.
constexpr std::uint64_t kDrainPing = 0x7268'6569'6472'6e21;
constexpr Duration kDrainPingTimeout = std::chrono::seconds(1);
// Debug data is for people.
constexpr std::size_t kMaxDebugData = 512;

HpackDecoder::Limits DecoderLimits(const Limits& limits) {
  return {.table_size = limits.hpack_decoder_table,
          .list_soft = limits.header_list_soft,
          .list_hard = limits.header_list_hard,
          .max_fields = limits.max_header_fields};
}

// The largest window that is to be found out: that of whichever may grow.
std::int64_t GrowthLimit(const Limits& limits) {
  std::int64_t limit = 0;
  if (limits.max_stream_window > limits.stream_window) limit = limits.max_stream_window;
  if (limits.max_connection_window > limits.connection_window) {
    limit = std::max<std::int64_t>(limit, limits.max_connection_window);
  }
  return std::min(limit, kMaxWindow);
}

std::uint32_t WithinWindows(std::uint32_t size, std::int64_t least) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(size, least, kMaxWindow));
}

Abuse KindOf(ErrorCode code) {
  if (code == ErrorCode::kFlowControlError) return Abuse::kFlowControlError;
  if (code == ErrorCode::kCompressionError) return Abuse::kCompressionError;
  return Abuse::kProtocolError;
}

ErrorCode CodeOf(Abuse limit) {
  switch (limit) {
    case Abuse::kHandshakeTimeout:
    case Abuse::kSettingsTimeout: return ErrorCode::kSettingsTimeout;
    case Abuse::kKeepaliveTimeout: return ErrorCode::kNoError;
    default: return ErrorCode::kEnhanceYourCalm;
  }
}

}  // namespace

Connection::Connection(Role role, const Limits& limits, BlockPool& blocks, TimePoint now)
    : role_(role),
      limits_(limits),
      timers_(now),
      phase_(role == Role::kServer ? Phase::kPreface : Phase::kSettings),
      decoder_(DecoderLimits(limits)),
      peer_max_streams_(kAssumedMaxStreams),
      largest_received_(role == Role::kServer ? kLargestDataFrame : kLargestFrame),
      // Until the peer has acknowledged our SETTINGS it may go by the initial value of RFC 9113 §6.9.2.
      local_initial_window_(std::max<std::int64_t>(kDefaultWindow, limits.stream_window)),
      stream_window_(WithinWindows(limits.stream_window, 0)),
      connection_window_(WithinWindows(limits.connection_window, kDefaultWindow)),
      bdp_(stream_window_, GrowthLimit(limits)),
      reset_budget_(limits, now),
      control_budget_(limits, now),
      empty_data_budget_(limits.max_empty_data_frames),
      ping_policy_(limits),
      answers_(limits.max_queued_control_frames),
      received_at_(now),
      output_(blocks),
      encoder_(limits.hpack_encoder_table) {
  SendPreface();
  timers_.Start(Timer::kHandshake, limits_.handshake_timeout);
  if (role_ == Role::kServer) timers_.Start(Timer::kKeepalive, limits_.keepalive_time);
}

Connection::~Connection() = default;

// RFC 9113 §3.4. The connection's window cannot be set by SETTINGS (§6.9.2), so it is raised by WINDOW_UPDATE.
void Connection::SendPreface() {
  if (role_ == Role::kClient) output_.Append(kClientPreface);
  std::array<Setting, 6> settings{};
  std::size_t count = 0;
  if (role_ == Role::kClient) {
    settings[count++] = {SettingId::kEnablePush, 0};
  } else {
    settings[count++] = {SettingId::kMaxConcurrentStreams, limits_.max_concurrent_streams};
  }
  if (stream_window_ != kDefaultWindow) {
    settings[count++] = {SettingId::kInitialWindowSize, stream_window_};
  }
  constexpr std::uint32_t kDefaultTable = 4096;
  if (limits_.hpack_decoder_table != kDefaultTable) {
    settings[count++] = {SettingId::kHeaderTableSize, limits_.hpack_decoder_table};
  }
  if (largest_received_ != kLargestFrame) settings[count++] = {SettingId::kMaxFrameSize, largest_received_};
  settings[count++] = {SettingId::kMaxHeaderListSize, static_cast<std::uint32_t>(limits_.header_list_soft)};
  WriteSettings(output_.Reserve(kFrameHeaderSize + kSettingSize * count), std::span(settings).first(count));

  const std::int64_t raise = connection_window_ - kDefaultWindow;
  if (raise == 0) return;
  receive_window_.Raise(raise);
  WriteWindowUpdate(output_.Reserve(kWindowUpdateSize), 0, static_cast<std::uint32_t>(raise));
}

void Connection::Fail(ErrorCode code, std::string_view reason) { FailWith(code, Initiator::kUser, reason); }

// A rule of HTTP/2 was broken.
Connection::Step Connection::Violation(ErrorCode code, std::string_view reason) {
  if (!failed_) Count(KindOf(code));
  FailWith(code, Initiator::kLibrary, reason);
  return Step::kNothing;
}

// A limit was reached.
Connection::Step Connection::Violation(Abuse kind) {
  if (!failed_) Count(kind);
  FailWith(CodeOf(kind), Initiator::kLibrary, Name(kind));
  return Step::kNothing;
}

void Connection::FailWith(ErrorCode code, Initiator initiator, std::string_view reason) {
  if (failed_) return;
  failed_ = pending_ = true;
  failure_ = std::make_unique<Failure>(Failure{.code = code, .initiator = initiator, .reason = std::string(reason)});
  SendGoAway(std::min(sent_last_stream_, role_ == Role::kServer ? highest_ : 0), code, reason);
  cursor_ = end_;
  timers_.StopAll();
  streams_.ForEach([this](std::uint32_t slot, StreamRecord&) { DropQueue(slot); });
}

void Connection::SendGoAway(StreamId last_stream, ErrorCode code, std::string_view debug) {
  debug = debug.substr(0, kMaxDebugData);
  WriteGoAway(output_.Reserve(kGoAwaySize + debug.size()), {.last_stream = last_stream, .code = code, .debug = debug});
}

void Connection::Ping(std::uint64_t opaque) {
  if (failed_) return;
  WritePing(output_.Reserve(kPingSize), opaque, false);
}

void Connection::Drain(std::string_view debug) {
  if (failed_ || drain_started_) return;
  drain_started_ = true;
  if (role_ == Role::kClient) {
    sent_last_stream_ = 0;
    return SendGoAway(0, ErrorCode::kNoError, debug);
  }
  drain_debug_ = debug.substr(0, kMaxDebugData);
  SendGoAway(kMaxStreamId, ErrorCode::kNoError, drain_debug_);
  WritePing(output_.Reserve(kPingSize), kDrainPing, false);
  timers_.StartByCommand(Timer::kDrainPing, kDrainPingTimeout);
}

bool Connection::IsDrainPing(std::uint64_t opaque) const {
  return opaque == kDrainPing && timers_.running(Timer::kDrainPing);
}

void Connection::FinishDrain() {
  timers_.Stop(Timer::kDrainPing);
  sent_last_stream_ = highest_;
  SendGoAway(highest_, ErrorCode::kNoError, drain_debug_);
  std::string().swap(drain_debug_);
}

const Event* Connection::NextPending() {
  event_ = Event{};
  if (failed_) {
    if (failure_told_) return nullptr;
    failure_told_ = true;
    pending_events_.reset();
    event_.kind = Event::Kind::kFailed;
    event_.error = failure_->code;
    event_.initiator = failure_->initiator;
    event_.data = failure_->reason;
    return &event_;
  }
  if (const Event* event = NextReset()) return event;
  if (const Event* event = NextDrained()) return event;
  pending_ = false;
  return nullptr;
}

// For an event that waits.
Connection::PendingEvents& Connection::Pending() {
  if (pending_events_ == nullptr) pending_events_ = std::make_unique<PendingEvents>();
  pending_ = true;
  return *pending_events_;
}

// As NextDrained, requires that pending_events_ is there.
const Event* Connection::NextReset() {
  PendingEvents& events = *pending_events_;
  while (events.next_reset < events.resets.size()) {
    const PendingReset& reset = events.resets[events.next_reset++];
    const StreamRecord* record = streams_.Get(reset.stream.slot, reset.stream.id);
    if (record == nullptr || record->muted) continue;
    event_.kind = Event::Kind::kReset;
    event_.stream = reset.stream;
    event_.error = reset.error;
    event_.initiator = reset.initiator;
    event_.unprocessed = reset.unprocessed;
    if (reset.reason != nullptr) event_.data = reset.reason;
    return &event_;
  }
  events.resets.clear();
  events.next_reset = 0;
  return nullptr;
}

const Event* Connection::NextDrained() {
  PendingEvents& events = *pending_events_;
  while (events.next_drained < events.drained.size()) {
    const Stream stream = events.drained[events.next_drained++];
    const StreamRecord* record = streams_.Get(stream.slot, stream.id);
    if (record == nullptr || record->muted || record->state.reset()) continue;
    event_.kind = Event::Kind::kDrained;
    event_.stream = stream;
    return &event_;
  }
  events.drained.clear();
  events.next_drained = 0;
  return nullptr;
}

}  // namespace rhei::inline v0::http2
