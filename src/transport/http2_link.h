// Http2Link: an HTTP/2 connection driven over a byte stream on a loop. What clients and servers have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http2/connection.h"
#include "runtime/byte_stream.h"
#include "runtime/loop.h"

namespace rhei::inline v0::transport {

// Reads what the stream has, hands the connection's events to the owner, and sends everything that a batch of input
// made the connection owe in one write. What is owed outside of a batch leaves at the end of the loop's turn.
// Holds no buffers while nothing is going on. For the loop's thread only.
class Http2Link final : private runtime::ByteStream::Handler {
 public:
  class Owner {
   public:
    // False: enough for this turn; the events that are left follow when the loop's other connections had theirs.
    // Must not destroy the link.
    virtual bool OnEvent(const http2::Event& event) = 0;
    // All events at hand have been handled; what the owner now sends leaves in the same write.
    virtual void OnBatchEnd() = 0;
    // Some of what was owed has been written, so that there may be room for more.
    virtual void OnSendProgress() {}
    // The link is over, and no other call follows; `cause` says why, as "Connection reset by peer". Called from the
    // loop itself, so the owner may destroy the link, and usually does.
    virtual void OnLinkEnd(std::string_view cause) = 0;
    // No stream has been open for a second or two: time to give back memory that is kept for the next one. Called
    // from the loop itself.
    virtual void OnRest() {}

   protected:
    ~Owner() = default;
  };

  // Limits and loop outlive it.
  Http2Link(http2::Role role, const Limits& limits, runtime::Loop& loop, std::unique_ptr<runtime::ByteStream> stream,
            Owner& owner);
  Http2Link(http2::Role role, const Limits&& limits, runtime::Loop& loop, std::unique_ptr<runtime::ByteStream> stream,
            Owner& owner) = delete;
  ~Http2Link() override;

  // Begins to read and write.
  void Start();

  http2::Connection& connection() { return connection_; }
  const http2::Connection& connection() const { return connection_; }
  runtime::Loop& loop() const { return loop_; }
  // When the input that is being handled was read: some of it may wait for several rounds.
  TimePoint read_at() const { return read_at_; }
  // When the round that is under way began: what of the input was late by then is known without asking the clock.
  TimePoint round_began() const { return round_began_; }
  // The socket takes nothing more for now; OnSendProgress follows when it does.
  bool write_blocked() const { return write_blocked_; }
  const runtime::Address& peer() const { return stream_->peer(); }
  const runtime::Address& local() const { return stream_->local(); }

  // To be called after commands to the connection. Inside of OnEvent and OnBatchEnd it costs next to nothing.
  void SendSoon() {
    if (!in_batch_) loop_.AtEndOfTurn(turn_end_);
  }

  // Sends what is owed, then closes: the peer has 1 s to close its side, so that a GOAWAY is not lost to a TCP reset
  // (RFC 9113 §5.4.1, RFC 9112 §9.6). OnLinkEnd follows.
  void CloseGently();
  // Closes at once. OnLinkEnd follows from the loop.
  void CloseNow(std::string_view cause);

 private:
  enum class State : std::uint8_t { kOpen, kClosing, kLingering, kEnded };

  void OnReadable() override;
  void OnWritable() override;
  void OnTurnEnd();
  void OnTimer();

  std::string_view Kept() const { return std::string_view(kept_).substr(kept_begin_); }
  // Reads once and handles what came.
  void ReadBatch();
  void BeginBatch();
  void ReadRest(std::size_t missing);
  // Hands events up until the input is used up or the owner has enough; keeps what is left of `input`.
  void HandleInput(std::string_view input);
  void Discard();
  void Flush();
  bool Write();
  void SendMuch();
  template <std::size_t kSlices>
  std::optional<runtime::IoResult> WriteSome();
  void AfterBatch();
  void WaitForInput();
  bool PeerReadsTooLittle();
  void HandleTimeout();
  void RearmTimer();
  void ArmTimer(TimePoint when);
  void End(std::string_view cause);

  runtime::Loop& loop_;
  std::unique_ptr<runtime::ByteStream> stream_;
  Owner& owner_;
  http2::Connection connection_;
  const std::size_t write_limit_;
  State state_ = State::kOpen;
  bool in_batch_ = false;
  bool write_blocked_ = false;
  bool round_ended_ = false;       // `kept_` holds input of which the owner had enough for one turn
  bool paused_ = false;            // `kept_` holds whole frames that wait until control frames have been written
  bool reads_too_little_ = false;  // what PeerReadsTooLittle last said
  bool few_others_ = false;        // had batches between this one and the last
  bool ending_ = false;            // OnLinkEnd is due at the end of the turn
  bool input_ended_ = false;
  std::string kept_;  // input that was read and not used: a part of a frame, or more after a full round
  std::size_t kept_begin_ = 0;
  TimePoint read_at_;
  TimePoint round_began_;
  std::uint64_t batch_ = 0;  // the loop's number of it
  TimePoint batch_flushed_;  // since when its answers wait; of a batch that takes several rounds
  std::string cause_;
  runtime::EndOfTurnTask turn_end_;
  runtime::Timer timer_;
  TimePoint armed_for_;  // while timer_ is armed
};

}  // namespace rhei::inline v0::transport
