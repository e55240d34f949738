// An HTTP/2 connection (RFC 9113) without I/O: bytes and the time go in; events, bytes and the next timeout come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/block_pool.h"
#include "http2/error_code.h"
#include "http2/hpack/encoder.h"
#include "http2/hpack/header_field.h"
#include "rhei/limits.h"
#include "rhei/time.h"

namespace rhei::inline v0::http2 {

enum class Role : std::uint8_t { kClient, kServer };
enum class Initiator : std::uint8_t { kLibrary, kUser, kRemote };

using StreamId = std::uint32_t;

// Names a stream that its owner has not released. `slot` is small and dense: an owner keeps what belongs to the stream
// in an array by slot. A slot is used again after Release; the id guards against stale handles, for which every
// command does nothing.
struct Stream {
  std::uint32_t slot = 0;
  StreamId id = 0;
  friend bool operator==(const Stream&, const Stream&) = default;
};

// Something that arrived. Views point into the input given to Receive or into memory of the connection, and are valid until
// the next call of Next.
struct Event {
  enum class Kind : std::uint8_t {
    // Part of a message of `stream`, in this order: `headers` (if has_headers), `data`, `trailers` (if has_trailers).
    // Frames of one stream that lie side by side in the input may come as one event: a whole unary request or
    // response is one event. Interim responses (1xx) are validated and never handed up.
    // On a server, has_headers announces a new stream; its owner must Release it in the end.
    kMessage,
    // `stream` was ended by RST_STREAM from the peer, by an error of the peer's that concerns this stream alone, or,
    // on a client, by a GOAWAY that excludes it. Follows no other event of this stream. The owner still releases it.
    kReset,
    // `stream` has sent everything that was queued on it; see SendData.
    kDrained,
    kSettings,  // the peer's SETTINGS have been applied; the first one completes the handshake
    kPong,      // the answer to Ping(opaque)
    kGoAway,    // the peer sends no answers to streams above last_stream; streams up to it go on
    kFailed,    // the connection is over; see failure(). No event follows; input is swallowed from now on
  };
  Kind kind;
  Stream stream{};
  bool has_headers = false;
  bool has_trailers = false;
  bool end_stream = false;  // the peer has said everything on this stream
  // kReset: the stream has not been and will not be processed by the peer, so its request may be sent again
  // (REFUSED_STREAM, or above a GOAWAY's last stream id; RFC 9113 §8.7).
  bool unprocessed = false;
  Initiator initiator = Initiator::kRemote;      // kReset
  ErrorCode error = ErrorCode::kNoError;         // kReset, kGoAway
  StreamId last_stream = 0;                      // kGoAway
  std::uint64_t opaque = 0;                      // kPong
  std::span<const HeaderField> headers;
  std::span<const HeaderField> trailers;
  std::string_view data;   // also the debug data of kGoAway, and for kReset the reason in words where known
  std::size_t charged = 0; // what `data` costs of the windows, to be given back by Consume (padding is not in it)
};

// Why a connection ended.
struct Failure {
  ErrorCode code = ErrorCode::kNoError;
  Initiator initiator = Initiator::kLibrary;
  std::string reason;  // "ping flood", "HEADERS on stream 0", ...: also sent as GOAWAY's debug data
};

// How the driver uses it, on one thread:
//
//     connection.Receive(bytes, now);
//     while (const Event* event = connection.Next()) ...;     // commands may be given in between
//     keep the last connection.unread() of the bytes, and offer them again before what arrives next
//     write what PollTransmit hands out; Transmitted(n, now)
//     wake up at NextTimeout() and call HandleTimeout(now)
//
// Decoding is lazy: Next decodes a frame (or the frames of one message) at a time, so events need no queue, and a
// driver that stops calling Next stops the peer.
class Connection {
 public:
  Connection(Role role, const Limits& limits, BlockPool& blocks, TimePoint now);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // --- input -------------------------------------------------------------------------------------------------------
  void Receive(std::string_view input, TimePoint now);
  // The next event, or null when the input holds no whole frame more, or when too many control frames wait to be
  // written (reading_paused() tells: write first, then go on).
  const Event* Next();
  std::size_t unread() const;
  bool reading_paused() const;

  // The owner has used up `bytes` of what data events brought (their `charged`); windows open again by as much. For a
  // stream that is gone only the connection's window opens.
  void Consume(Stream stream, std::size_t bytes);

  // --- commands ----------------------------------------------------------------------------------------------------
  // Registers header fields that will be sent often; see HpackEncoder::Register.
  HeaderTemplate RegisterHeaders(std::span<const HeaderField> fields);

  // Client: opens a stream. Nothing when the peer's limit is reached, after a GOAWAY, after failure, or when no stream
  // ids are left; can_open() tells beforehand.
  std::optional<Stream> Open();
  bool can_open() const;
  // Stream ids left as a share of all, 1.0 down to 0.0; and, for tests, a way to begin near the end.
  double ids_left() const;
  void SkipStreamIdsForTest(StreamId next);

  // Sends HEADERS (and CONTINUATION); a second call on a stream sends trailers, which requires end_stream, or on a server
  // follows an interim response.
  void SendHeaders(Stream stream, HeaderTemplate prefix, std::span<const HeaderField> extra, bool end_stream);

  // Reserves room for `size` bytes as the payload of one DATA frame in the output, to be filled before any other call.
  // Null when they cannot leave right now as one frame (windows, size, something queued): then use SendData.
  char* ReserveData(Stream stream, std::size_t size, bool end_stream);

  // Queues bytes, which leave as the windows allow; trailers queued behind them by SendHeaders wait for them.
  // Event kDrained follows when a stream whose queue was not empty has become empty.
  void SendData(Stream stream, std::string bytes, bool end_stream);
  std::size_t queued(Stream stream) const;  // bytes that SendData holds

  // Ends the stream with RST_STREAM, unless both sides have ended it already. What was queued on it is dropped. No
  // event of it follows.
  void Reset(Stream stream, ErrorCode code);

  // The owner has no more use for the stream: its handler has ended and its buffers are free. Must be called exactly
  // once for every stream. A stream that is still open is reset (CANCEL; a server that has answered in full:
  // NO_ERROR, RFC 9113 §8.1). Only now the stream no longer counts against max_concurrent_streams of a server.
  void Release(Stream stream);

  void Ping(std::uint64_t opaque);

  // Announces the end: no new streams from the peer, those that are open go on. As RFC 9113 §6.8 says, a server first sends
  // last-stream-id 2^31-1 and a PING, and on its answer, or 1 s later, the GOAWAY with the real id.
  void Drain(std::string_view debug);
  // Ends the connection: GOAWAY with this code is the last thing to be sent. Event kFailed follows.
  void Fail(ErrorCode code, std::string_view reason);

  // --- output ------------------------------------------------------------------------------------------------------
  // Fills `slices` with views of what to write next, and returns how many it used (0: nothing to write). Also moves queued
  // DATA into the output, stream by stream in turn, as far as the windows and 64 KiB per call allow.
  std::size_t PollTransmit(std::span<std::string_view> slices);
  // The first `bytes` of them have been written.
  void Transmitted(std::size_t bytes, TimePoint now);
  bool wants_to_write() const;

  // --- time --------------------------------------------------------------------------------------------------------
  std::optional<TimePoint> NextTimeout() const;
  void HandleTimeout(TimePoint now);

  // --- state -------------------------------------------------------------------------------------------------------
  Role role() const;
  bool failed() const;
  const Failure& failure() const;      // requires failed()
  bool draining() const;               // a GOAWAY has been sent or received
  bool handshake_done() const;         // the peer's SETTINGS have arrived
  std::size_t open_streams() const;    // not yet released
  std::uint32_t peer_max_concurrent_streams() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace rhei::inline v0::http2
