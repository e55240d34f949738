#include "fuzz/support/frame_watch.h"

#include <algorithm>

#include "fuzz/check.h"
#include "http2/frame/continuation.h"
#include "http2/frame/data.h"
#include "http2/frame/goaway.h"
#include "http2/frame/headers.h"
#include "http2/frame/ping.h"
#include "http2/frame/rst_stream.h"
#include "http2/frame/settings.h"
#include "http2/frame/window_update.h"
#include "http2/preface.h"

namespace rhei::fuzz {
namespace {

using namespace http2;

std::size_t PrefaceOf(Role role) { return role == Role::kClient ? kClientPreface.size() : 0; }
Role Other(Role role) { return role == Role::kClient ? Role::kServer : Role::kClient; }

template <typename Frame>
Frame Parsed(const FrameHeader& header, std::string_view payload) {
  Frame frame;
  Check(Parse(header, payload, frame).ok(), "what is written can be parsed");
  return frame;
}

}  // namespace

FrameWatch::FrameWatch(Role role, const Limits& limits)
    : role_(role),
      largest_stream_window_(std::max<std::int64_t>(kDefaultWindow, limits.stream_window) + limits.max_stream_window),
      largest_connection_window_(
          std::max<std::int64_t>({kDefaultWindow, limits.connection_window, limits.max_connection_window})),
      heard_(PrefaceOf(Other(role))),
      written_(PrefaceOf(role)) {}

std::int64_t FrameWatch::send_window(StreamId stream) const {
  const auto found = streams_.find(stream);
  return initial_window_ + (found == streams_.end() ? 0 : found->second.send_distance);
}

void FrameWatch::Heard(std::string_view bytes) {
  heard_.Read(bytes, [this](const FrameHeader& header, std::string_view payload) { OnHeard(header, payload); });
}

void FrameWatch::Wrote(std::string_view bytes) {
  written_.Read(bytes, [this](const FrameHeader& header, std::string_view payload) { OnWritten(header, payload); });
}

// What is broken the connection refuses, after which it says nothing that depends on it.
void FrameWatch::OnHeard(const FrameHeader& header, std::string_view payload) {
  switch (header.type) {
    case FrameType::kHeaders: streams_[header.stream].heard = true; break;
    case FrameType::kData:
      receive_window_ -= header.length;
      streams_[header.stream].receive_distance -= header.length;
      break;
    case FrameType::kPing: answers_owed_ += header.Has(kFlagAck) ? 0 : 1; break;
    case FrameType::kSettings: {
      SettingsFrame frame;
      if (!Parse(header, payload, frame).ok() || frame.ack) break;
      ++answers_owed_;
      for (std::size_t i = 0; i < frame.size(); ++i) {
        if (frame[i].id == SettingId::kInitialWindowSize) initial_window_ = frame[i].value;
        // Frames that were on their way before a smaller value have been written already.
        if (frame[i].id == SettingId::kMaxFrameSize) peer_max_frame_ = std::max(peer_max_frame_, frame[i].value);
        highest_initial_window_ = std::max(highest_initial_window_, initial_window_);
      }
      break;
    }
    case FrameType::kWindowUpdate: {
      WindowUpdateFrame frame;
      if (!Parse(header, payload, frame).ok()) break;
      (header.stream == 0 ? send_window_ : streams_[header.stream].send_distance) += frame.increment;
      break;
    }
    default: break;
  }
}

void FrameWatch::OnWritten(const FrameHeader& header, std::string_view payload) {
  Check(
      header.length <= (header.type == FrameType::kData ? std::min(peer_max_frame_, kLargestDataFrame) : kLargestFrame),
      "no frame is larger than all may be, DATA none than the peer allows");
  Check((open_block_ != 0) == (header.type == FrameType::kContinuation), "header blocks are whole");
  if (!settings_written_) Check(header.type == FrameType::kSettings && !header.Has(kFlagAck), "SETTINGS come first");
  settings_written_ = true;
  last_type_ = header.type;
  switch (header.type) {
    case FrameType::kData: return OnData(header, payload);
    case FrameType::kHeaders: return OnHeaders(header, payload);
    case FrameType::kRstStream: return OnRstStream(header, payload);
    case FrameType::kSettings: return OnSettings(header, payload);
    case FrameType::kPing: return OnPing(header, payload);
    case FrameType::kGoAway: return OnGoAway(header, payload);
    case FrameType::kWindowUpdate: return OnWindowUpdate(header, payload);
    case FrameType::kContinuation:
      Check(header.stream == open_block_, "header blocks go on on their stream");
      if (Parsed<ContinuationFrame>(header, payload).end_headers) open_block_ = 0;
      return;
    default: Check(false, "no other frame is ever written");
  }
}

void FrameWatch::OnHeaders(const FrameHeader& header, std::string_view payload) {
  const auto frame = Parsed<HeadersFrame>(header, payload);
  StreamWatch& stream = streams_[header.stream];
  if (role_ == Role::kClient && !stream.headers) {
    Check(header.stream % 2 == 1 && header.stream > highest_, "a client's streams are odd, and grow");
    highest_ = header.stream;
  }
  if (role_ == Role::kServer) Check(stream.heard, "a server answers what it was asked");
  Check(!stream.ended && !stream.reset, "no HEADERS on a stream that has ended");
  stream.headers = true;
  stream.ended = frame.end_stream;
  open_block_ = frame.end_headers ? 0 : header.stream;
}

void FrameWatch::OnData(const FrameHeader& header, std::string_view payload) {
  const auto frame = Parsed<DataFrame>(header, payload);
  StreamWatch& stream = streams_[header.stream];
  Check(stream.headers && !stream.ended && !stream.reset, "DATA on a stream that may send");
  stream.ended = frame.end_stream;
  stream.send_distance -= header.length;
  send_window_ -= header.length;
  if (header.length == 0) return;
  Check(send_window_ >= 0, "DATA keeps to the connection's window");
  // The window may have been made smaller after the frame was made.
  Check(highest_initial_window_ + stream.send_distance >= 0, "DATA keeps to the stream's window");
}

void FrameWatch::OnRstStream(const FrameHeader& header, std::string_view payload) {
  Parsed<RstStreamFrame>(header, payload);
  StreamWatch& stream = streams_[header.stream];
  Check(stream.heard || stream.headers, "RST_STREAM on a stream that was opened");
  Check(!stream.reset, "one RST_STREAM a stream");
  stream.reset = true;
}

void FrameWatch::OnSettings(const FrameHeader& header, std::string_view payload) {
  const auto frame = Parsed<SettingsFrame>(header, payload);
  if (frame.ack) {
    Check(answers_owed_ > 0, "what is acknowledged was asked for");
    --answers_owed_;
  }
  for (std::size_t i = 0; i < frame.size(); ++i) {
    if (frame[i].id == SettingId::kInitialWindowSize) own_initial_window_ = frame[i].value;
  }
}

void FrameWatch::OnPing(const FrameHeader& header, std::string_view payload) {
  if (!Parsed<PingFrame>(header, payload).ack) return;
  Check(answers_owed_ > 0, "what is acknowledged was asked for");
  --answers_owed_;
}

void FrameWatch::OnGoAway(const FrameHeader& header, std::string_view payload) {
  const auto frame = Parsed<GoAwayFrame>(header, payload);
  Check(frame.last_stream <= last_stream_, "a later GOAWAY promises no more");
  last_stream_ = frame.last_stream;
  last_goaway_ = frame.code;
}

void FrameWatch::OnWindowUpdate(const FrameHeader& header, std::string_view payload) {
  const auto frame = Parsed<WindowUpdateFrame>(header, payload);
  Check(frame.increment > 0, "a window opens by something");
  if (header.stream == 0) {
    receive_window_ += frame.increment;
    Check(receive_window_ <= largest_connection_window_, "the connection's window is not opened too far");
    return;
  }
  StreamWatch& stream = streams_[header.stream];
  Check(stream.heard || stream.headers, "WINDOW_UPDATE on a stream that was opened");
  Check(!stream.reset, "no WINDOW_UPDATE behind RST_STREAM");
  stream.receive_distance += frame.increment;
  Check(own_initial_window_ + stream.receive_distance <= largest_stream_window_, "no window is opened too far");
}

}  // namespace rhei::fuzz
