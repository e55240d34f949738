// The life of one stream (RFC 9113 §5.1).
#pragma once

#include <cstdint>

#include "http2/error_code.h"

namespace rhei::inline v0::http2 {

// How a stream that is over came to its end: it decides what a late frame on it means.
enum class StreamEnd : std::uint8_t {
  kFinished,     // both sides have sent END_STREAM
  kResetByPeer,  // RST_STREAM received
  kResetByUs,    // RST_STREAM sent: frames that the peer sent before it saw it are to be ignored
  kNeverOpened,  // skipped by the peer, when it opened a higher stream (§5.1.1)
};

//                                 +--------+
//                                 |  idle  |
//                                 +--------+
//                                     |  SendHeaders / RecvHeaders
//                                     v
//              SendEnd            +--------+            RecvEnd
//           ,---------------------|  open  |---------------------.
//           v                     +--------+                     v
//    +---------------+                |                  +---------------+
//    |  half-closed  |                | SendReset /      |  half-closed  |
//    |    (local)    |                | RecvReset        |    (remote)   |
//    +---------------+                v                  +---------------+
//           |  RecvEnd,           +--------+             SendEnd, |
//           `-------------------->| closed |<--------------------'
//             Send/RecvReset      +--------+      Send/RecvReset
//
// The states "reserved" do not occur: push is forbidden in both directions. Each half of the stream also remembers
// where it stands in its message (§8.1): headers, then data, then trailers with END_STREAM.
//
// Recv transitions return what the peer's mistake is to be called, or kNoError. Send transitions tell whether they are
// allowed: a frame whose transition is not, is not sent.
class StreamState {
 public:
  enum class Progress : std::uint8_t { kNothing, kHeaders, kData, kEnded };

  // A header block arrived: the headers of the message, or its trailers, which must end the stream (§8.1).
  ErrorCode RecvHeaders(bool end_stream) {
    if (const ErrorCode error = CheckReceiving(); error != ErrorCode::kNoError) return error;
    if (receive_ != Progress::kNothing && !end_stream) return ErrorCode::kProtocolError;
    receive_ = end_stream ? Progress::kEnded : Progress::kHeaders;
    return ErrorCode::kNoError;
  }

  // An interim response arrived (1xx, §8.1): allowed only before the headers proper.
  ErrorCode RecvInterimHeaders() const {
    if (const ErrorCode error = CheckReceiving(); error != ErrorCode::kNoError) return error;
    return receive_ == Progress::kNothing ? ErrorCode::kNoError : ErrorCode::kProtocolError;
  }

  ErrorCode RecvData(bool end_stream) {
    if (const ErrorCode error = CheckReceiving(); error != ErrorCode::kNoError) return error;
    if (receive_ == Progress::kNothing) return ErrorCode::kProtocolError;
    receive_ = end_stream ? Progress::kEnded : Progress::kData;
    return ErrorCode::kNoError;
  }

  void RecvReset() { Reset(StreamEnd::kResetByPeer); }
  void SendReset() { Reset(StreamEnd::kResetByUs); }
  // Requires closed(). Where it has finished, late frames are ignored as if this side had sent RST_STREAM.
  void IgnoreRest() {
    if (reset_) return;
    reset_ = true;
    end_ = StreamEnd::kResetByUs;
  }

  // Before the first data, a second header block without END_STREAM is a server's answer after an interim response.
  bool SendHeaders(bool end_stream) {
    if (!may_send() || (send_ == Progress::kData && !end_stream)) return false;
    send_ = end_stream ? Progress::kEnded : Progress::kHeaders;
    return true;
  }

  bool SendData(bool end_stream) {
    if (!may_send() || send_ == Progress::kNothing) return false;
    send_ = end_stream ? Progress::kEnded : Progress::kData;
    return true;
  }

  bool may_send() const { return !reset_ && send_ != Progress::kEnded; }
  bool may_receive() const { return !reset_ && receive_ != Progress::kEnded; }
  bool headers_sent() const { return send_ != Progress::kNothing; }
  bool headers_received() const { return receive_ != Progress::kNothing; }
  bool send_ended() const { return send_ == Progress::kEnded; }
  bool receive_ended() const { return receive_ == Progress::kEnded; }
  bool reset() const { return reset_; }
  bool closed() const { return reset_ || (send_ended() && receive_ended()); }
  // Requires closed().
  StreamEnd end() const { return end_; }

 private:
  // §5.1: after END_STREAM or RST_STREAM from the peer nothing more of its message may come. What comes after our
  // own RST_STREAM must be ignored, and is by the connection, before it asks.
  ErrorCode CheckReceiving() const { return may_receive() ? ErrorCode::kNoError : ErrorCode::kStreamClosed; }

  void Reset(StreamEnd end) {
    if (closed()) return;
    reset_ = true;
    end_ = end;
  }

  Progress send_ = Progress::kNothing;
  Progress receive_ = Progress::kNothing;
  bool reset_ = false;
  StreamEnd end_ = StreamEnd::kFinished;
};

}  // namespace rhei::inline v0::http2
