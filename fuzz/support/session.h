// A connection of ours with its driver and its owner, who notes what he says and hears, and checks every event against
// it.
#pragma once

#include <memory>
#include <vector>

#include "base/block_pool.h"
#include "fuzz/support/frame_watch.h"
#include "fuzz/support/peer.h"
#include "http2/connection.h"

namespace rhei::fuzz {

class Session : public Peer {
 public:
  Session(http2::Role role, const Limits& limits);

  // --- Peer --------------------------------------------------------------------------------------------------------
  void Receive(std::string_view bytes) override;
  std::string TakeOutput(std::size_t most) override;
  void Advance(Duration duration) override;
  bool Start(std::uint8_t variant, bool end) override;
  void Write(http2::StreamId call, std::size_t size, bool end, bool direct) override;
  void Finish(http2::StreamId call) override;
  void Cancel(http2::StreamId call, http2::ErrorCode code) override;
  void Release(http2::StreamId call) override;
  void Consume(http2::StreamId call, std::size_t size) override;
  void Ping() override { connection_.Ping(++pings_); }
  void Drain() override { connection_.Drain("drained by the script"); }
  std::string AnnounceWindow(std::uint32_t size) override;
  std::string failure() const override { return connection_.failed() ? connection_.failure().reason : std::string(); }
  std::size_t Queued(http2::StreamId call) const override { return connection_.queued(calls_.at(call).stream); }
  std::int64_t SendWindow(http2::StreamId call) const override { return watch_.send_window(call); }
  std::int64_t ConnectionSendWindow() const override { return watch_.connection_send_window(); }
  void CheckNothingIsLeft() override;

  // --- more, for hostile peers -------------------------------------------------------------------------------------
  // Adds to the input without looking at it.
  void Offer(std::string_view bytes);
  // Asks for at most `most` events. Returns how many there were.
  int Pump(int most);
  // The same as a server's answer: head, body and trailers at once.
  void Answer(http2::StreamId call, std::size_t size);
  void Fail(http2::ErrorCode code);

  http2::Connection& connection() { return connection_; }
  const FrameWatch& watch() const { return watch_; }
  const Limits& limits() const { return limits_; }
  bool failure_heard() const { return failure_heard_; }
  std::optional<http2::StreamId> goaway_received() const { return goaway_received_; }
  // Calls whose owner has not released them.
  std::size_t live() const { return live_; }
  // Everything that must hold whenever no event is being looked at.
  void CheckInvariants();

 private:
  void OnEvent(const http2::Event& event);
  void OnMessage(const http2::Event& event);
  void OnNewCall(const http2::Event& event);
  void OnReset(const http2::Event& event);
  void OnDrained(const http2::Event& event);
  void OnGoAway(const http2::Event& event);
  void OnFailed(const http2::Event& event);
  void CheckOutOfEvents();
  void CheckOutputGrowth(std::size_t before) const;
  // Tells the watch what has been taken from the input.
  void NoteTaken();
  void SendHead(Call& call, bool end);
  Call& Known(http2::Stream stream);

  const http2::Role role_;
  const Limits limits_;
  BlockPool blocks_;
  TimePoint now_{std::chrono::hours(1)};
  http2::Connection connection_;
  FrameWatch watch_;
  http2::HeaderTemplate request_template_;

  // The input, in memory of exactly its size; the watch has been told of what lies before `noted_`.
  std::unique_ptr<char[]> input_;
  std::size_t input_size_ = 0;
  std::size_t noted_ = 0;

  std::size_t live_ = 0;
  http2::StreamId highest_ = 0;
  std::uint64_t pings_ = 0;
  bool failure_heard_ = false;
  std::optional<http2::StreamId> goaway_received_;
};

}  // namespace rhei::fuzz
