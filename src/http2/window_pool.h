// What the windows of all streams together may have beyond their initial size.
#pragma once

#include <algorithm>
#include <cstdint>

namespace rhei::inline v0::http2 {

// The streams of a connection share one line, so what one stream alone needs to fill it is enough for all. Each that is
// read (and so given credit) has an equal part; a larger one that it has from quieter times shrinks by credit that is
// not given, which the peer does not see. Streams that nobody reads get no credit and nothing from here, so what a peer
// can send that nobody wants is the initial windows and this one pool.
class WindowPool {
 public:
  // A stream is given credit for the first time.
  void Join() { ++streams_; }
  // Such a stream is gone, which had `extra`.
  void Leave(std::int64_t extra) {
    --streams_;
    used_ -= extra;
  }

  // By how much the extra window of a stream that has joined, now `extra`, is to change while it is given `credit`: it
  // grows, or shrinks by at most that. `most` is what a stream alone may have; it never falls.
  std::int64_t Adapt(std::int64_t extra, std::int64_t most, std::int64_t credit) {
    const std::int64_t share = most / streams_;
    const std::int64_t change = std::max(std::min(share - extra, most - used_), -std::min(extra, credit));
    used_ += change;
    return change;
  }

  std::int64_t used() const { return used_; }

 private:
  std::int64_t used_ = 0;
  std::int64_t streams_ = 0;
};

}  // namespace rhei::inline v0::http2
