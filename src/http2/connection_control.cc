// The frames that govern streams and the connection.
#include <algorithm>

#include "http2/connection.h"
#include "http2/frame/ping.h"
#include "http2/frame/rst_stream.h"
#include "http2/frame/window_update.h"

namespace rhei::inline v0::http2 {
namespace {

// Of the PING that measures. An owner's ping of the same number is answered no less.
constexpr std::uint64_t kBdpPing = 0x7268'6569'2062'6470;

}  // namespace

Connection::Step Connection::OnRstStream(const FrameHeader& header, std::string_view payload) {
  RstStreamFrame frame;
  if (const FrameError error = Parse(header, payload, frame); !error.ok()) return Violation(error.code, error.reason);
  if (IsIdle(header.stream)) return Violation(ErrorCode::kProtocolError, "RST_STREAM on an idle stream");
  const std::uint32_t slot = streams_.Find(header.stream);
  if (slot == StreamTable::kNone || streams_[slot].state.closed()) {
    if (role_ == Role::kClient) IgnoreWhatFollows(header.stream, slot);
    return Step::kNothing;
  }
  StreamRecord& record = streams_[slot];
  // A client may give up the rest of its request once it has the whole answer (RFC 9113 §8.1): that is not unfinished.
  const bool answered = record.state.send_ended();
  record.state.RecvReset();
  OnReset();
  DropQueue(slot);
  if (!answered && !ChargeReset()) return Step::kNothing;
  event_ = Event{};
  event_.kind = Event::Kind::kReset;
  event_.stream = {.slot = slot, .id = header.stream};
  event_.error = frame.code;
  event_.initiator = Initiator::kRemote;
  event_.unprocessed = frame.code == ErrorCode::kRefusedStream;
  return Step::kEvent;
}

// A server of gRPC C++'s (seen with 1.51) that is so busy that a call's deadline passes before its handler is through
// sends trailers, RST_STREAM(NO_ERROR) and the trailers once more. By §5.1 the last are an error of the connection,
// which would end all its other calls. Whoever sends RST_STREAM behind its END_STREAM is let off.
void Connection::IgnoreWhatFollows(StreamId stream, std::uint32_t slot) {
  if (slot != StreamTable::kNone) {
    streams_[slot].state.IgnoreRest();
  } else if (closed_.Find(stream, highest_) == StreamEnd::kFinished) {
    closed_.Close(stream, StreamEnd::kResetByUs, highest_);
  }
}

Connection::Step Connection::OnSettings(const FrameHeader& header, std::string_view payload) {
  SettingsFrame frame;
  if (const FrameError error = Parse(header, payload, frame); !error.ok()) return Violation(error.code, error.reason);
  if (frame.ack) {
    settings_acknowledged_ = true;
    timers_.Stop(Timer::kSettingsAck);
    local_initial_window_ = stream_window_;
    decoder_.SettingsAcknowledged();
    head_block_.Forget();
    trailers_block_.Forget();
    return Step::kNothing;
  }
  if (frame.size() > limits_.max_settings_per_frame) {
    return Violation(Abuse::kSettingsFlood);
  }
  // §6.5.2: a server that does not name a limit has none.
  if (phase_ != Phase::kFrames) peer_max_streams_ = 0xffffffff;
  for (std::size_t i = 0; i < frame.size(); ++i) {
    if (!ApplySetting(frame[i])) return Step::kNothing;
  }
  WriteSettingsAck(output_.Reserve(kFrameHeaderSize));
  answers_.Queued(output_.appended());
  event_ = Event{};
  event_.kind = Event::Kind::kSettings;
  return Step::kEvent;
}

// RFC 9113 §6.5.2. False after failing.
bool Connection::ApplySetting(Setting setting) {
  const auto fail = [this](ErrorCode code, std::string_view reason) {
    Violation(code, reason);
    return false;
  };
  switch (setting.id) {
    case SettingId::kHeaderTableSize: encoder_.SetPeerTableSize(setting.value); return true;
    case SettingId::kEnablePush:
      if (setting.value > 1) return fail(ErrorCode::kProtocolError, "SETTINGS_ENABLE_PUSH is neither 0 nor 1");
      if (setting.value == 1 && role_ == Role::kClient) {
        return fail(ErrorCode::kProtocolError, "SETTINGS_ENABLE_PUSH from a server");
      }
      return true;
    case SettingId::kMaxConcurrentStreams: peer_max_streams_ = setting.value; return true;
    case SettingId::kInitialWindowSize: return ApplyInitialWindow(setting.value);
    case SettingId::kMaxFrameSize:
      if (setting.value < kLargestFrame || setting.value > 0xffffff) {
        return fail(ErrorCode::kProtocolError, "SETTINGS_MAX_FRAME_SIZE out of range");
      }
      largest_sent_ = std::min(setting.value, kLargestDataFrame);
      return true;
    // Advisory (§6.5.2), and obeying it would let a peer turn finished answers into resets (CVE-2026-50560).
    case SettingId::kMaxHeaderListSize: return true;
    default: return true;
  }
}

// §6.9.2. Streams keep the distance of their window from this value, so none is touched; only when one might come out
// too large they are looked through, after which the bound is exact again.
bool Connection::ApplyInitialWindow(std::uint32_t value) {
  if (value > kMaxWindow) {
    Violation(ErrorCode::kFlowControlError, "SETTINGS_INITIAL_WINDOW_SIZE above 2^31-1");
    return false;
  }
  if (value + highest_window_distance_ > kMaxWindow) {
    highest_window_distance_ = 0;
    streams_.ForEach([this](std::uint32_t, const StreamRecord& record) {
      if (!record.state.may_send()) return;
      highest_window_distance_ = std::max(highest_window_distance_, record.send_window.available(0));
    });
    if (value + highest_window_distance_ > kMaxWindow) {
      Violation(ErrorCode::kFlowControlError, "SETTINGS_INITIAL_WINDOW_SIZE makes a window too large");
      return false;
    }
  }
  if (value > peer_initial_window_) scheduler_.UnblockAll();
  peer_initial_window_ = value;
  return true;
}

Connection::Step Connection::OnPing(const FrameHeader& header, std::string_view payload) {
  PingFrame frame;
  if (const FrameError error = Parse(header, payload, frame); !error.ok()) return Violation(error.code, error.reason);
  if (frame.ack) {
    if (IsDrainPing(frame.opaque)) {
      FinishDrain();
      return Step::kNothing;
    }
    if (frame.opaque == kBdpPing && bdp_.measuring()) {
      if (bdp_.OnAcknowledged(timers_.now())) GrowConnectionWindow();
      return Step::kNothing;
    }
    event_ = Event{};
    event_.kind = Event::Kind::kPong;
    event_.opaque = frame.opaque;
    return Step::kEvent;
  }
  if (role_ == Role::kServer) {
    if (payload_sent_) ping_policy_.SentHeadersOrData();
    payload_sent_ = false;
    if (!ping_policy_.Ping(timers_.now(), streams_.size() != 0)) {
      return Violation(Abuse::kTooManyPings);
    }
  }
  WritePing(output_.Reserve(kPingSize), frame.opaque, true);
  answers_.Queued(output_.appended());
  return Step::kNothing;
}

// DATA has arrived while the estimator listens.
void Connection::MeasureBandwidth(std::size_t bytes) {
  if (bdp_.OnData(bytes, timers_.now())) Ping(kBdpPing);
}

void Connection::GrowConnectionWindow() {
  const std::int64_t most = std::min({bdp_.window(), std::int64_t{limits_.max_connection_window}, kMaxWindow});
  const std::int64_t raise = most - connection_window();
  if (raise <= 0) return;
  receive_window_.Resize(raise);
  WriteWindowUpdate(output_.Reserve(kWindowUpdateSize), 0, static_cast<std::uint32_t>(raise));
}

Connection::Step Connection::OnGoAway(const FrameHeader& header, std::string_view payload) {
  GoAwayFrame frame;
  if (const FrameError error = Parse(header, payload, frame); !error.ok()) return Violation(error.code, error.reason);
  // §6.8: a later GOAWAY must not promise more.
  if (received_last_stream_ && frame.last_stream > *received_last_stream_) {
    return Violation(ErrorCode::kProtocolError, "GOAWAY with a higher last stream id");
  }
  received_last_stream_ = frame.last_stream;
  if (role_ == Role::kClient) {
    streams_.ForEach([&](std::uint32_t slot, StreamRecord& record) { ExcludeByGoAway(slot, record, frame); });
  }
  event_ = Event{};
  event_.kind = Event::Kind::kGoAway;
  event_.last_stream = frame.last_stream;
  event_.error = frame.code;
  event_.data = frame.debug;
  return Step::kEvent;
}

// A stream above the last one that the server names is over, and its owner hears of it after the GOAWAY.
void Connection::ExcludeByGoAway(std::uint32_t slot, StreamRecord& record, const GoAwayFrame& frame) {
  if (record.id <= frame.last_stream || record.state.closed()) return;
  // Nothing needs to be sent: the server ignores the stream. What it had sent before is ignored here.
  record.state.SendReset();
  OnReset();
  DropQueue(slot);
  Pending().resets.push_back({.stream = {.slot = slot, .id = record.id},
                              .error = frame.code,
                              .initiator = Initiator::kRemote,
                              .unprocessed = true,
                              .reason = "excluded by GOAWAY"});
}

Connection::Step Connection::OnWindowUpdate(const FrameHeader& header, std::string_view payload) {
  WindowUpdateFrame frame;
  if (const FrameError error = Parse(header, payload, frame); !error.ok()) return Violation(error.code, error.reason);
  if (header.stream == 0) {
    if (!send_window_.Open(frame.increment, kDefaultWindow)) {
      return Violation(ErrorCode::kFlowControlError, "WINDOW_UPDATE of the connection beyond 2^31-1");
    }
    connection_blocked_ = false;
    return Step::kNothing;
  }
  if (IsIdle(header.stream)) return Violation(ErrorCode::kProtocolError, "WINDOW_UPDATE on an idle stream");
  const std::uint32_t slot = streams_.Find(header.stream);
  if (slot == StreamTable::kNone || streams_[slot].state.closed()) return Step::kNothing;
  StreamRecord& record = streams_[slot];
  if (!record.send_window.Open(frame.increment, peer_initial_window_)) {
    return StreamError(slot, ErrorCode::kFlowControlError, "WINDOW_UPDATE beyond 2^31-1");
  }
  highest_window_distance_ = std::max(highest_window_distance_, record.send_window.available(0));
  scheduler_.Unblock(slot);
  return Step::kNothing;
}

}  // namespace rhei::inline v0::http2
