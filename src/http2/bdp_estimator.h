// How large a flow-control window has to be for the line to be busy: the bandwidth-delay product.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "rhei/time.h"

namespace rhei::inline v0::http2 {

// A PING goes out while DATA comes in; the DATA that arrives until its acknowledgement is what the peer had on the way
// for one round trip. Where that is nearly all that the window allows, the window may be what holds the peer back, and
// becomes twice as large as the sample; where a larger window has brought no more bandwidth, it stays (as grpc-go does:
// "BDP estimation and dynamic flow control", 2017).
//
// When it measures. Small calls must not pay for what only large streams need, so nothing is counted and nothing is
// sent until a stream that the peer has not ended is given credit, which is when it has used up half of its window
// (Want). From then on the next DATA begins a measurement, and so on while samples are at least a quarter of the
// window; after a smaller one it waits for the next credit. So there is at most one PING on the way, about one for each
// quarter of a window that arrives, never one without DATA since the last acknowledgement, and none once the limit is
// reached. A server of gRPC's counts no strike for such a PING (gRFC A8): it has sent the DATA after it had answered
// the last one.
//
// After some measurements that left the window as it is, each is followed by a pause, twice as long as the last, up to
// a second: a peer that sends a large message now and then would else be asked at each of them, which costs both
// sides more system calls than the message. When the window grows the pauses begin anew.
//
// What a peer can do with it: one that never acknowledges stays with the window that it has. One that acknowledges too
// soon, or answers with a long delay, cheats about the round trip; but the window only ever follows what has really
// arrived, and never passes the limit.
class BdpEstimator {
 public:
  // The window grows from `window` to at most `limit`; where that is no larger, nothing is ever measured.
  BdpEstimator(std::int64_t window, std::int64_t limit) : window_(window), limit_(limit) {}

  // A stream is given credit.
  void Want() {
    if (state_ == State::kResting && window_ < limit_) state_ = State::kWanted;
  }

  // Whether OnData is to be called when DATA arrives.
  bool listening() const { return state_ != State::kResting; }
  // True: a PING is to leave with the next output.
  bool OnData(std::size_t bytes, TimePoint now) {
    if (state_ == State::kMeasuring) {
      sample_ += static_cast<std::int64_t>(bytes);
      return false;
    }
    if (now < moment_) return false;
    state_ = State::kMeasuring;
    sample_ = static_cast<std::int64_t>(bytes);
    moment_ = now;
    return true;
  }

  // Whether a PING is on the way.
  bool measuring() const { return state_ == State::kMeasuring; }
  // It has been acknowledged; requires measuring(). True: window() has grown.
  bool OnAcknowledged(TimePoint now) {
    const bool grows = AddSample(now - moment_);
    if (grows) window_ = std::min(sample_ * 2, limit_);
    useless_ = grows ? 0 : std::min<std::uint8_t>(useless_ + 1, kMostUseless);
    moment_ = useless_ <= kFreeUseless ? now : now + kShortestPause * (1 << (useless_ - kFreeUseless));
    state_ = window_ < limit_ && sample_ >= window_ / 4 ? State::kWanted : State::kResting;
    return grows;
  }

  std::int64_t window() const { return window_; }

 private:
  enum class State : std::uint8_t { kResting, kWanted, kMeasuring };
  static constexpr Duration kShortestPause = std::chrono::milliseconds(1);
  static constexpr std::uint8_t kFreeUseless = 4;  // without a pause: a window that grows has such samples in between
  static constexpr std::uint8_t kMostUseless = kFreeUseless + 10;  // a second

  // Whether it asks for a larger window.
  bool AddSample(Duration round_trip) {
    // The first ones are averaged, later ones count nearly alone, so that a route that has changed is soon believed.
    constexpr int kAveraged = 10;
    constexpr double kWeight = 0.9;
    constexpr double kShortest = 1e-6;  // seconds: less is the grain of the clock
    if (samples_ < kAveraged) ++samples_;
    const double seconds = std::max(std::chrono::duration<double>(round_trip).count(), kShortest);
    round_trip_ += (seconds - round_trip_) * (samples_ < kAveraged ? 1.0 / samples_ : kWeight);
    const double bandwidth = static_cast<double>(sample_) / round_trip_;
    const bool faster = bandwidth > bandwidth_;
    bandwidth_ = std::max(bandwidth_, bandwidth);
    return faster && sample_ * 3 >= window_ * 2 && sample_ * 2 > window_;
  }

  State state_ = State::kResting;
  std::uint8_t useless_ = 0;  // measurements since the window grew, as far as they make pauses longer
  int samples_ = 0;
  std::int64_t window_;
  std::int64_t limit_;
  std::int64_t sample_ = 0;  // bytes since the PING
  TimePoint moment_{};       // of the PING; where none is on the way, the end of the pause
  double round_trip_ = 0;    // seconds
  double bandwidth_ = 0;     // the highest so far, bytes a second
};

}  // namespace rhei::inline v0::http2
