// How often a client may ping.
#pragma once

#include <cstdint>
#include <optional>

#include "rhei/limits.h"
#include "rhei/time.h"

namespace rhei::inline v0::http2 {

// gRFC A8: a ping that comes sooner after the previous one than the interval allows is a strike, and after
// `max_ping_strikes` of them the next ends the connection. HEADERS or DATA sent by the server forgive everything: a
// client may probe the line whenever something arrives on it.
class PingPolicy {
 public:
  explicit PingPolicy(const Limits& limits)
      : max_strikes_(limits.max_ping_strikes),
        interval_(limits.min_ping_interval),
        interval_idle_(limits.min_ping_interval_idle) {}

  // A ping arrived, while a stream is open or none is. False: end the connection with "too_many_pings".
  bool Ping(TimePoint now, bool stream_open) {
    const Duration interval = stream_open ? interval_ : interval_idle_;
    const bool too_early = last_ && now - *last_ < interval;
    last_ = now;
    if (too_early) ++strikes_;
    return strikes_ <= max_strikes_;
  }

  void SentHeadersOrData() {
    last_.reset();
    strikes_ = 0;
  }

 private:
  std::uint32_t max_strikes_;
  Duration interval_;
  Duration interval_idle_;
  std::uint32_t strikes_ = 0;
  std::optional<TimePoint> last_;
};

}  // namespace rhei::inline v0::http2
