// Bytes to frames, and frames to those who handle them.
#include <algorithm>
#include <cstring>

#include "http2/connection.h"
#include "http2/frame/priority.h"
#include "http2/frame/push_promise.h"
#include "http2/preface.h"

namespace rhei::inline v0::http2 {
namespace {

bool StartsWith(std::string_view bytes, std::string_view prefix) { return bytes.substr(0, prefix.size()) == prefix; }

// A guess at what a peer speaks that does not speak HTTP/2, from its first bytes.
std::string_view WhatItSpeaks(std::string_view bytes) {
  if (StartsWith(bytes, "\x16\x03") || StartsWith(bytes, "\x15\x03")) return "the peer speaks TLS, not plain HTTP/2";
  if (StartsWith(bytes, "HTTP/") || StartsWith(bytes, "GET ") || StartsWith(bytes, "POST ") ||
      StartsWith(bytes, "HEAD ") || StartsWith(bytes, "PUT ") || StartsWith(bytes, "OPTIONS ")) {
    return "the peer speaks HTTP/1, not HTTP/2";
  }
  return "no HTTP/2 preface";
}

}  // namespace

void Connection::Receive(std::string_view input, TimePoint now) {
  timers_.SetNow(now);
  if (!input.empty()) {
    received_at_ = now;
    peer_asked_ = false;
  }
  cursor_ = input.data();
  end_ = input.data() + input.size();
  if (failed_) cursor_ = end_;
}

const Event* Connection::Next() {
  for (;;) {
    if (pending_) [[unlikely]] {
      const Event* event = NextPending();
      if (event != nullptr || failed_) return event;
    }
    if (phase_ != Phase::kFrames && !ReadPreface()) {
      if (failed_) continue;
      return nullptr;
    }
    if (answers_.full() || unread() < kFrameHeaderSize) return OutOfInput();
    const FrameHeader header = ParseFrameHeader(cursor_);
    if (header.length > kLargestFrame && IsTooLarge(header)) [[unlikely]]
      continue;
    if (unread() - kFrameHeaderSize < header.length) return OutOfInput();
    const std::string_view payload(cursor_ + kFrameHeaderSize, header.length);
    cursor_ += kFrameHeaderSize + header.length;
    if (OnFrame(header, payload) == Step::kEvent) return &event_;
  }
}

// True after failing. A header block has a limit of its own, which it meets before it is there.
bool Connection::IsTooLarge(const FrameHeader& header) {
  if (header.length > largest_received_) {
    Violation(ErrorCode::kFrameSizeError, "frame larger than SETTINGS_MAX_FRAME_SIZE");
    return true;
  }
  const bool headers = header.type == FrameType::kHeaders || header.type == FrameType::kContinuation;
  if (!headers || header.length <= limits_.header_list_hard) return false;
  Violation(Abuse::kHeaderListTooLarge);
  return true;
}

std::size_t Connection::MissingOf(std::string_view unread) const {
  if (phase_ != Phase::kFrames || unread.size() < kFrameHeaderSize) return 0;
  const std::size_t whole = kFrameHeaderSize + ParseFrameHeader(unread.data()).length;
  return unread.size() < whole ? whole - unread.size() : 0;
}

// The frames that carry messages come first, because nearly all are such.
Connection::Step Connection::OnFrame(const FrameHeader& header, std::string_view payload) {
  if (block_.stream != 0 && (header.type != FrameType::kContinuation || header.stream != block_.stream)) {
    return Violation(ErrorCode::kProtocolError, "frame inside of a header block");
  }
  if (phase_ != Phase::kFrames) [[unlikely]]
    return OnFirstFrame(header, payload);
  switch (header.type) {
    case FrameType::kData: return OnData(header, payload);
    case FrameType::kHeaders: return OnHeaders(header, payload);
    case FrameType::kContinuation: return OnContinuation(header, payload);
    default: break;
  }
  if (!control_budget_.Control(kFrameHeaderSize + payload.size(), timers_.now())) {
    return Violation(Abuse::kControlFlood);
  }
  switch (header.type) {
    case FrameType::kRstStream: return OnRstStream(header, payload);
    case FrameType::kSettings: return OnSettings(header, payload);
    case FrameType::kPing: return OnPing(header, payload);
    case FrameType::kGoAway: return OnGoAway(header, payload);
    case FrameType::kWindowUpdate: return OnWindowUpdate(header, payload);
    case FrameType::kPriority: return OnChecked<PriorityFrame>(header, payload);
    case FrameType::kPushPromise: return OnChecked<PushPromiseFrame>(header, payload);
    default: return Step::kNothing;  // §4.1: unknown types are ignored
  }
}

// A frame that has no effect once it is found to be good.
template <typename Frame>
Connection::Step Connection::OnChecked(const FrameHeader& header, std::string_view payload) {
  Frame frame;
  const FrameError error = Parse(header, payload, frame);
  return error.ok() ? Step::kNothing : Violation(error.code, error.reason);
}

// §3.4: SETTINGS come first.
Connection::Step Connection::OnFirstFrame(const FrameHeader& header, std::string_view payload) {
  if (header.type != FrameType::kSettings || header.Has(kFlagAck)) {
    return Violation(ErrorCode::kProtocolError, "first frame is not SETTINGS");
  }
  const Step step = OnSettings(header, payload);
  if (failed_) return step;
  phase_ = Phase::kFrames;
  timers_.Stop(Timer::kHandshake);
  if (!settings_acknowledged_) timers_.Start(Timer::kSettingsAck, limits_.settings_ack_timeout);
  return step;
}

// Whether frames may be read: a server has taken off the preface, and to a client the bytes look like frames.
bool Connection::ReadPreface() {
  std::string_view bytes(cursor_, unread());
  if (phase_ == Phase::kPreface) {
    const std::size_t size = std::min(bytes.size(), kClientPreface.size());
    if (bytes.substr(0, size) != kClientPreface.substr(0, size)) {
      Violation(ErrorCode::kProtocolError, WhatItSpeaks(bytes));
      return false;
    }
    if (size < kClientPreface.size()) return false;
    cursor_ += size;
    bytes.remove_prefix(size);
    phase_ = Phase::kSettings;
  }
  // The length of a first frame is small, so its first byte is 0; that of other protocols never is.
  if (!bytes.empty() && bytes.front() != '\0') {
    Violation(ErrorCode::kProtocolError, WhatItSpeaks(bytes));
    return false;
  }
  return true;
}

// Called where the input holds no whole frame more. A HEADERS or CONTINUATION frame that has begun counts as a header
// block that has, so a peer cannot hold one open for ever by stopping inside a frame.
const Event* Connection::OutOfInput() {
  if (block_.stream == 0 && !block_.bytes.empty()) std::string().swap(block_.bytes);
  if (unread() > 3 && !answers_.full() && !timers_.running(Timer::kHeaderBlock)) {
    const auto type = static_cast<FrameType>(Load8(cursor_ + 3));
    if (type == FrameType::kHeaders || type == FrameType::kContinuation) {
      timers_.Start(Timer::kHeaderBlock, limits_.header_block_timeout);
    }
  }
  return nullptr;
}

}  // namespace rhei::inline v0::http2
