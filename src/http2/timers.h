// All timers of a connection.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "rhei/time.h"

namespace rhei::inline v0::http2 {

enum class Timer : std::uint8_t {
  kHandshake,    // the peer owes its preface and SETTINGS
  kSettingsAck,  // the peer owes the acknowledgement of our SETTINGS
  kHeaderBlock,  // a header block has begun to arrive and is not whole
  kDrainPing,    // a drain has been announced, and the peer has not answered the PING behind it
  kWriteStall,   // output waits, and none of it could be written
  kSmallData,    // DATA is held back because the windows allow only a dribble
  kStalls,       // streams wait for their windows: time to look how fast they drain
  kKeepalive,    // server: the peer was silent, or owes the answer to the PING that asks whether it is there
  kRest,         // the last stream has been released: time to look whether that is for long
};

// Deadlines by timer. Commands come without the time, so the newest time known may be old when one of them starts a
// timer. Such a timer is due at once, which makes the driver tell the time, and begins to run only then.
class Timers {
 public:
  explicit Timers(TimePoint now) : now_(now) { deadlines_.fill(kNever); }

  TimePoint now() const { return now_; }

  void SetNow(TimePoint now) {
    if (fresh_ != 0) [[unlikely]] {
      PutOff(now > now_ ? now - now_ : Duration::zero());
    }
    if (now > now_) now_ = now;
  }

  // Starts a timer while input or a timeout is being handled, so that the time is known.
  void Start(Timer timer, Duration duration) {
    if (duration > kLongest) return Stop(timer);
    deadlines_[Index(timer)] = now_ + duration;
    fresh_ &= ~Bit(timer);
  }
  // Starts a timer inside of a command.
  void StartByCommand(Timer timer, Duration duration) {
    Start(timer, duration);
    if (running(timer)) fresh_ |= Bit(timer);
  }
  void Stop(Timer timer) {
    deadlines_[Index(timer)] = kNever;
    fresh_ &= ~Bit(timer);
  }
  void StopAll() {
    deadlines_.fill(kNever);
    fresh_ = 0;
  }
  bool running(Timer timer) const { return deadlines_[Index(timer)] != kNever; }

  // Stops `timer` and returns true, when it is due.
  bool TakeDue(Timer timer) {
    if (deadlines_[Index(timer)] > now_) return false;
    Stop(timer);
    return true;
  }

  std::optional<TimePoint> Next() const {
    if (fresh_ != 0) return now_;
    TimePoint next = kNever;
    for (const TimePoint deadline : deadlines_) next = deadline < next ? deadline : next;
    return next == kNever ? std::nullopt : std::optional(next);
  }

 private:
  static constexpr std::size_t kCount = 9;
  static constexpr TimePoint kNever = TimePoint::max();
  // Longer means never.
  static constexpr Duration kLongest = std::chrono::hours(24 * 365);
  static std::size_t Index(Timer timer) { return static_cast<std::size_t>(timer); }
  static std::uint32_t Bit(Timer timer) { return std::uint32_t{1} << Index(timer); }

  void PutOff(Duration duration) {
    for (std::size_t i = 0; i < kCount; ++i) {
      if ((fresh_ >> i & 1) != 0) deadlines_[i] += duration;
    }
    fresh_ = 0;
  }

  TimePoint now_;
  std::array<TimePoint, kCount> deadlines_;
  std::uint32_t fresh_ = 0;  // timers started by commands since the time was last told
};

}  // namespace rhei::inline v0::http2
