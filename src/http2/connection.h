// An HTTP/2 connection (RFC 9113) without I/O: bytes and the time go in; events, bytes and the next timeout come out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/abuse_counters.h"
#include "base/block_pool.h"
#include "http2/abuse/answer_queue.h"
#include "http2/abuse/control_budget.h"
#include "http2/abuse/empty_data_budget.h"
#include "http2/abuse/ping_policy.h"
#include "http2/abuse/reset_budget.h"
#include "http2/bdp_estimator.h"
#include "http2/closed_streams.h"
#include "http2/error_code.h"
#include "http2/flow_window.h"
#include "http2/frame/data.h"
#include "http2/frame/frame_header.h"
#include "http2/frame/goaway.h"
#include "http2/frame/settings.h"
#include "http2/header_validation.h"
#include "http2/hpack/decoder.h"
#include "http2/hpack/encoder.h"
#include "http2/hpack/header_field.h"
#include "http2/output.h"
#include "http2/repeated_block.h"
#include "http2/stream_table.h"
#include "http2/timers.h"
#include "http2/window_pool.h"
#include "http2/write_scheduler.h"
#include "rhei/limits.h"
#include "rhei/pooled.h"
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

// Something that arrived. Views point into the input given to Receive or into memory of the connection, and are valid
// until the next call of Next.
struct Event {
  enum class Kind : std::uint8_t {
    // Part of a message of `stream`, in this order: `headers` (if has_headers), `data`, `trailers` (if has_trailers).
    // Frames of one stream that lie side by side in the input may come as one event: a whole unary request or
    // response is one event. Interim responses (1xx) are validated and never handed up.
    // On a server, has_headers announces a new stream; its owner must Release it in the end.
    kMessage,
    // `stream` was ended by RST_STREAM from the peer, by an error of the peer's that concerns this stream alone, or,
    // on a client, by a GOAWAY that excludes it. Follows no other event of this stream. The owner still releases it.
    // So is a server's stream whose queue drains too slowly (CANCEL, by kLibrary; Limits::stalled_stream_timeout).
    // A header list over the soft limit is such an error too, with ENHANCE_YOUR_CALM; but a request of that kind is
    // answered by the connection itself (see SetRefusal), and never announced. Nor are malformed and refused ones.
    kReset,
    // `stream` has sent everything that was queued on it; see SendData.
    kDrained,
    kSettings,  // the peer's SETTINGS have been applied; the first one completes the handshake
    kPong,      // the answer to Ping(opaque), or to a PING of its own that asked whether the peer is there
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
  Initiator initiator = Initiator::kRemote;  // kReset
  ErrorCode error = ErrorCode::kNoError;     // kReset, kGoAway
  StreamId last_stream = 0;                  // kGoAway
  std::uint64_t opaque = 0;                  // kPong
  std::span<const HeaderField> headers;
  std::span<const HeaderField> trailers;
  // Where a connection's `headers` have the number of others before, they are the same, and so for `trailers`: what
  // was made of them holds still. 0: not known to be.
  std::uint32_t headers_number = 0;
  std::uint32_t trailers_number = 0;
  std::string_view data;    // also the debug data of kGoAway, and for kReset the reason in words where known
  std::size_t charged = 0;  // what `data` costs of the windows, to be given back by Consume (padding is not in it)
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
  // Limits and blocks outlive it.
  Connection(Role role, const Limits& limits, BlockPool& blocks, TimePoint now);
  Connection(Role role, const Limits&& limits, BlockPool& blocks, TimePoint now) = delete;
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // --- input -------------------------------------------------------------------------------------------------------
  void Receive(std::string_view input, TimePoint now);
  // The next event, or null when the input holds no whole frame more, or when too many control frames wait to be
  // written (reading_paused() tells: write first, then go on).
  const Event* Next();
  std::size_t unread() const { return static_cast<std::size_t>(end_ - cursor_); }
  // Of unread bytes that Next has left: how many more it takes for the frame that they begin to be whole. 0 when it is,
  // or when that cannot be told yet.
  std::size_t MissingOf(std::string_view unread) const;
  bool reading_paused() const { return answers_.full(); }

  // The owner has used up `bytes` of what data events brought (their `charged`); windows open again by as much. For a
  // stream that is gone only the connection's window opens.
  void Consume(Stream stream, std::size_t bytes);
  // The same in two parts, each to be called once for the bytes that came: the connection's share may be given back as
  // they arrive, while the stream's follows when the application has read them. So a stream that nobody reads is held
  // back by its own window and does not block the others; what the owner then holds is at most that window per stream.
  void ConsumeOnConnection(std::size_t bytes);
  void ConsumeOnStream(Stream stream, std::size_t bytes);

  // --- commands ----------------------------------------------------------------------------------------------------
  // Registers header fields that will be sent often; see HpackEncoder::Register.
  HeaderTemplate RegisterHeaders(std::span<const HeaderField> fields);

  // Client: opens a stream. Nothing when the peer's limit is reached, after a GOAWAY, after failure, or when no stream
  // ids are left; can_open() tells beforehand. Streams must be used (SendHeaders) in the order in which they were
  // opened (RFC 9113 §5.1.1); headers that come after those of a later stream are not sent.
  std::optional<Stream> Open();
  bool can_open() const;
  // Stream ids left, of kMaxStreamId; and, for tests, a way to begin near the end.
  std::uint32_t ids_left() const;
  void SkipStreamIdsForTest(StreamId next);

  // Sends HEADERS (and CONTINUATION); a second call on a stream sends trailers, which requires end_stream, or on a
  // server follows an interim response.
  void SendHeaders(Stream stream, HeaderTemplate prefix, std::span<const HeaderField> extra, bool end_stream);

  // Reserves room for `size` bytes as the payload of one DATA frame in the output, to be filled before any other call.
  // Null when they cannot leave right now as one frame (windows, size, something queued on it, or other streams wait
  // for the connection's window and come first): then use SendData.
  char* ReserveData(Stream stream, std::size_t size, bool end_stream);

  // Queues bytes, which leave as the windows allow; trailers queued behind them by SendHeaders wait for them.
  // Event kDrained follows when a stream whose queue was not empty has become empty.
  void SendData(Stream stream, PooledBytes bytes, bool end_stream);
  // The same with a copy of the bytes.
  void SendData(Stream stream, std::string_view bytes, bool end_stream) {
    SendData(stream, PooledBytes(bytes), end_stream);
  }
  std::size_t queued(Stream stream) const;  // bytes that SendData holds
  // The bytes of DATA that could leave on the stream right now, in however many frames: the smaller of both windows, as
  // far as the write buffer has room; where its headers were not sent yet, as if they had been. 0 while something is
  // queued on it, after its end, while queued streams wait for the connection's window, and after failure.
  std::size_t sendable(Stream stream) const;

  // Ends the stream with RST_STREAM, unless both sides have ended it already. What was queued on it is dropped. No
  // event of it follows.
  void Reset(Stream stream, ErrorCode code);

  // The owner has no more use for the stream: its handler has ended and its buffers are free. Must be called exactly
  // once for every stream. What is still queued is dropped: who wants it sent waits for kDrained. A stream that is
  // still open is reset (CANCEL; a server that has answered in full:
  // NO_ERROR, RFC 9113 §8.1). Only now the stream no longer counts against max_concurrent_streams of a server.
  void Release(Stream stream);

  void Ping(std::uint64_t opaque);

  // Announces the end: no new streams from the peer, those that are open go on. As RFC 9113 §6.8 says, a server first
  // sends last-stream-id 2^31-1 and a PING, and on its answer, or 1 s later, the GOAWAY with the real id.
  void Drain(std::string_view debug);
  // Ends the connection: GOAWAY with this code is the last thing to be sent. Event kFailed follows.
  void Fail(ErrorCode code, std::string_view reason);

  // The fields with which a server answers a request whose header list is over the soft limit; they outlive the
  // connection. Default: status 431 (RFC 6585 §5).
  void SetRefusal(std::span<const HeaderField> fields) { refusal_ = fields; }

  // Where it counts what it stops; they outlive the connection. Default: nowhere.
  void CountAbuses(AbuseCounters& counters) { abuses_ = &counters; }
  void Count(Abuse kind) {
    if (abuses_ != nullptr) abuses_->Count(kind);
  }

  // --- output ------------------------------------------------------------------------------------------------------
  // Fills `slices` with views of what to write next, and returns how many it used (0: nothing to write). Also moves
  // queued DATA into the output, stream by stream in turn, as far as the windows and about 64 KiB of output allow. What
  // lies in large pieces is not copied: the slices show the strings that SendData was given.
  std::size_t PollTransmit(std::span<std::string_view> slices);
  // The first `bytes` of them have been written.
  void Transmitted(std::size_t bytes, TimePoint now);
  std::size_t output_size() const { return output_.size(); }      // bytes that wait to be written
  std::size_t queued_size() const { return queued_bytes_; }       // that SendData holds, on all streams
  std::size_t queued_streams() const { return queued_streams_; }  // whose bytes these are
  // Both.
  std::size_t unsent_size() const { return output_.size() + queued_bytes_; }
  // Server: while others wait for what the queues hold, a stream that stalls has only Limits::write_stall_timeout.
  void HurryStalls(bool hurry);
  bool wants_to_write() const {
    return !output_.empty() || (scheduler_.has_ready() && !connection_blocked_ && !failed_);
  }

  // --- time --------------------------------------------------------------------------------------------------------
  // When HandleTimeout is to be called. May lie in the past: commands are given without the time, so when one has
  // started a timer, the time is asked for first. Spurious calls of HandleTimeout do nothing.
  std::optional<TimePoint> NextTimeout() const { return timers_.Next(); }
  void HandleTimeout(TimePoint now);
  // No stream is open, none has been for a second or two (after the first few streams: for a moment), and memory that
  // only makes the next one cheaper has been given back by HandleTimeout. Ends when the next stream has been released.
  bool resting() const { return resting_; }

  // --- state -------------------------------------------------------------------------------------------------------
  Role role() const { return role_; }
  bool failed() const { return failed_; }
  const Failure& failure() const { return *failure_; }                                   // requires failed()
  bool draining() const { return drain_started_ || received_last_stream_.has_value(); }  // GOAWAY sent or received
  // A server's Drain has come to the GOAWAY with the real id: what the peer opens from now on is refused, and it knows.
  bool drain_announced() const { return drain_started_ && !timers_.running(Timer::kDrainPing); }
  bool handshake_done() const { return phase_ == Phase::kFrames; }  // the peer's SETTINGS have arrived
  std::size_t open_streams() const { return streams_.size(); }      // not yet released
  // Before the peer's SETTINGS have arrived: 100, as RFC 9113 §6.5.2 recommends.
  std::uint32_t peer_max_concurrent_streams() const { return peer_max_streams_; }
  // What the peer may send in all, and on a stream, before it is given more. Both grow while large streams are read:
  // see BdpEstimator for when and how far, WindowPool for how streams share it. A stream's grows with the credit that
  // its owner gives, by WINDOW_UPDATE and not by SETTINGS_INITIAL_WINDOW_SIZE: so new streams, and those that nobody
  // reads, keep the initial window, and a peer cannot make each of many hold as much as one may have, nor fill with
  // them the connection's window, without which the others would come to no end.
  std::int64_t connection_window() const { return connection_window_ + receive_window_.extra(); }
  std::int64_t stream_window(Stream stream) const;

 private:
  // What the peer owes next.
  enum class Phase : std::uint8_t { kPreface, kSettings, kFrames };
  // Whether a frame gave an event.
  enum class Step : std::uint8_t { kNothing, kEvent };

  // A header block that has begun and not ended (RFC 9113 §4.3).
  struct OpenBlock {
    StreamId stream = 0;  // 0: none is open
    bool end_stream = false;
    std::uint32_t continuations = 0;
    std::string bytes;
  };
  struct PendingReset {
    Stream stream;
    ErrorCode error;
    Initiator initiator;
    bool unprocessed;
    const char* reason;
  };
  struct PendingEvents {
    std::vector<PendingReset> resets;
    std::size_t next_reset = 0;
    std::vector<Stream> drained;
    std::size_t next_drained = 0;
  };

  // connection.cc
  void SendPreface();
  void FailWith(ErrorCode code, Initiator initiator, std::string_view reason);
  Step Violation(ErrorCode code, std::string_view reason);
  Step Violation(Abuse kind);
  const Event* NextPending();
  const Event* NextReset();
  const Event* NextDrained();
  PendingEvents& Pending();
  void SendGoAway(StreamId last_stream, ErrorCode code, std::string_view debug);
  bool IsDrainPing(std::uint64_t opaque) const;
  void FinishDrain();

  // connection_input.cc: bytes to frames
  bool ReadPreface();
  const Event* OutOfInput();
  bool IsTooLarge(const FrameHeader& header);
  Step OnFrame(const FrameHeader& header, std::string_view payload);
  Step OnFirstFrame(const FrameHeader& header, std::string_view payload);
  template <typename Frame>
  Step OnChecked(const FrameHeader& header, std::string_view payload);

  // connection_messages.cc: HEADERS, CONTINUATION and DATA
  Step OnHeaders(const FrameHeader& header, std::string_view payload);
  Step OnContinuation(const FrameHeader& header, std::string_view payload);
  Step OnHeaderBlock(StreamId stream, std::string_view block, bool end_stream);
  Step OnRequest(StreamId stream, std::string_view block, DecodeOutcome outcome, bool end_stream);
  Step OnMoreHeaders(std::uint32_t slot, std::string_view block, DecodeOutcome outcome, bool end_stream);
  HeaderFacts CheckHead(HeaderListKind kind, std::string_view block);
  void ForgetFields();
  Step OnHeadersOfGone(std::optional<StreamEnd> end);
  Step OnData(const FrameHeader& header, std::string_view payload);
  Step OnDataOfGone(std::optional<StreamEnd> end, std::size_t size);
  Step DeliverData(std::uint32_t slot, const DataFrame& frame, std::size_t padding);
  bool DecodeBlock(std::string_view block, DecodeOutcome& outcome);
  void StartMessage(std::uint32_t slot);
  void MergeFollowing(std::uint32_t slot);
  bool MergeData(std::uint32_t slot, const FrameHeader& header);
  void MergeTrailers(std::uint32_t slot, const FrameHeader& header);
  bool CountContent(StreamRecord& record, std::size_t size);
  bool ContentIsWhole(const StreamRecord& record) const;
  Step RefuseTooLarge(StreamId stream, bool end_stream);
  Step RefuseStream(StreamId stream, ErrorCode code);

  // connection_control.cc: all other frames
  Step OnRstStream(const FrameHeader& header, std::string_view payload);
  void IgnoreWhatFollows(StreamId stream, std::uint32_t slot);
  Step OnSettings(const FrameHeader& header, std::string_view payload);
  bool ApplySetting(Setting setting);
  bool ApplyInitialWindow(std::uint32_t value);
  Step OnPing(const FrameHeader& header, std::string_view payload);
  Step OnGoAway(const FrameHeader& header, std::string_view payload);
  void ExcludeByGoAway(std::uint32_t slot, StreamRecord& record, const GoAwayFrame& frame);
  Step OnWindowUpdate(const FrameHeader& header, std::string_view payload);

  // connection_streams.cc: the ends of streams
  bool IsIdle(StreamId stream) const { return stream > highest_ || (stream & 1) == 0; }
  Step StreamError(std::uint32_t slot, ErrorCode code, const char* reason);
  void StreamErrorLater(std::uint32_t slot, ErrorCode code, const char* reason);
  bool ResetForError(std::uint32_t slot, ErrorCode code);
  void CountStreamError(ErrorCode code);
  void SendRstStream(StreamId stream, ErrorCode code, bool answer);
  void EndStream(std::uint32_t slot, ErrorCode code);
  void DropQueue(std::uint32_t slot);
  inline void OnEndStream(const StreamRecord& record);
  inline void OnReset();
  bool ChargeReset();

  // connection_output.cc
  void SendHeaderBlock(StreamId stream, HeaderTemplate prefix, std::span<const HeaderField> extra, bool end_stream);
  void ConsumeConnection(std::size_t bytes);
  void ConsumeStream(StreamRecord& record, std::size_t bytes);
  std::int64_t ResizeWindow(StreamRecord& record, std::int64_t credit);
  void LeaveWindowPool(StreamRecord& record);
  void MeasureBandwidth(std::size_t bytes);
  void GrowConnectionWindow();
  void CountPayload(std::size_t bytes) { control_budget_.Payload(bytes); }
  void MoveQueuedData();
  bool SendQueuedData(std::uint32_t slot);
  void WriteQueuedData(StreamRecord& record, std::size_t size, bool end_stream);
  void FinishQueue(std::uint32_t slot);
  void WatchStalls();

  // connection_timeouts.cc
  void CheckPeer();
  void CheckStalls();
  Duration StallTime() const;
  bool CheckStall(std::uint32_t slot, SendQueue& queue, bool blocked);
  bool young() const { return highest_ < 2 * kYoungStreams; }
  void CheckRest();
  void Trim();

  // Stalled streams are looked for so often within the time that they have.
  static constexpr int kStallChecks = 6;
  // A connection without a stream rests after once or twice this time; but one that has had so few streams rests at
  // once, because nothing says yet that it is a busy one.
  static constexpr Duration kRestInterval = std::chrono::seconds(1);
  static constexpr StreamId kYoungStreams = 4;

  const Role role_;
  const Limits& limits_;
  Timers timers_;

  // Input
  const char* cursor_ = nullptr;
  const char* end_ = nullptr;
  Phase phase_;
  OpenBlock block_;
  HpackDecoder decoder_;
  HeaderValidator validator_;
  // Of the current event: `head_size_` of the block that came first, then those of trailers merged into it. They stay
  // for the next message, in case it has the same.
  std::vector<HeaderField> fields_;
  std::size_t head_size_ = 0;
  std::span<const HeaderField> refusal_;
  RepeatedBlock head_block_;
  RepeatedBlock trailers_block_;
  Event event_{};
  bool repeated_ = false;  // the current head is the remembered one

  // Events that no frame brings, or that wait behind one that a frame has brought
  bool pending_ = false;
  bool failed_ = false;
  bool failure_told_ = false;
  std::unique_ptr<Failure> failure_;
  std::unique_ptr<PendingEvents> pending_events_;  // from the first one on, until it rests

  // Streams
  StreamTable streams_;
  ClosedStreams closed_;
  StreamId highest_ = 0;           // opened by the client, so far
  StreamId next_id_ = 1;           // client: of the next Open
  std::uint32_t active_ = 0;       // client: streams that count against the peer's limit
  StreamId highest_at_check_ = 0;  // `highest_`, when kRest was due last
  bool resting_ = false;
  WriteScheduler scheduler_;

  // Settings and windows
  std::uint32_t peer_max_streams_;
  std::uint32_t largest_received_;              // frame that this side allows
  std::uint32_t largest_sent_ = kLargestFrame;  // DATA frame that the peer allows
  std::int64_t peer_initial_window_ = kDefaultWindow;
  std::int64_t local_initial_window_;
  std::int64_t highest_window_distance_ = 0;  // no stream's send window is further above the initial one
  bool settings_acknowledged_ = false;
  FlowWindow send_window_;
  ReceiveWindow receive_window_;
  const std::uint32_t stream_window_;      // at first
  const std::uint32_t connection_window_;  // at first
  BdpEstimator bdp_;
  WindowPool window_pool_;

  // The peer's good behaviour
  AbuseCounters* abuses_ = nullptr;
  ResetBudget reset_budget_;
  ControlBudget control_budget_;
  EmptyDataBudget empty_data_budget_;
  PingPolicy ping_policy_;
  AnswerQueue answers_;
  bool payload_sent_ = false;  // HEADERS or DATA, since the last PING arrived
  bool peer_asked_ = false;    // whether it is there, and it has said nothing since
  TimePoint received_at_;      // the last of its bytes

  // Going away
  bool drain_started_ = false;
  std::string drain_debug_;
  StreamId sent_last_stream_ = kMaxStreamId;  // of our last GOAWAY: streams above it are ignored
  std::optional<StreamId> received_last_stream_;

  // Output
  Output output_;
  HpackEncoder encoder_;
  std::string encoded_;              // the header block being sent
  std::size_t queued_bytes_ = 0;     // in the queues of all streams
  bool connection_blocked_ = false;  // queued DATA waits for the connection's window
  bool small_data_allowed_ = false;  // the wait for larger windows is over
  bool stalls_hurry_ = false;
  std::uint32_t queued_streams_ = 0;  // that have a queue
};

// One side has sent END_STREAM.
inline void Connection::OnEndStream(const StreamRecord& record) {
  if (!record.state.closed()) return;
  if (role_ == Role::kClient) {
    --active_;
  } else {
    reset_budget_.Completed();
  }
}

// An open stream has been reset by either side.
inline void Connection::OnReset() {
  if (role_ == Role::kClient) --active_;
}

}  // namespace rhei::inline v0::http2
