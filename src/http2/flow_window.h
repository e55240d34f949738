// Flow-control windows (RFC 9113 §5.2, §6.9).
#pragma once

#include <cstdint>

namespace rhei::inline v0::http2 {

inline constexpr std::int64_t kMaxWindow = 0x7fffffff;
inline constexpr std::int64_t kDefaultWindow = 65535;

// What a sender may still send. A stream's window is kept as its distance from SETTINGS_INITIAL_WINDOW_SIZE, which is
// passed in: so a change of that setting reaches all streams without touching one (§6.9.2), and may make windows
// negative. The connection's window does not depend on the setting: its `initial` is kDefaultWindow.
class FlowWindow {
 public:
  std::int64_t available(std::int64_t initial) const { return initial + distance_; }

  void Use(std::int64_t bytes) { distance_ -= bytes; }

  // False, and unchanged, when the window would pass 2^31-1 (§6.9.1).
  bool Open(std::int64_t increment, std::int64_t initial) {
    if (available(initial) + increment > kMaxWindow) return false;
    distance_ += increment;
    return true;
  }

 private:
  std::int64_t distance_ = 0;
};

// The receiver's side of a window: what the peer may still send, and what its owner has used up and may be given back.
class ReceiveWindow {
 public:
  // False, and unchanged, when the peer sends more than it may. What is empty it always may, also when the window is
  // below zero (§6.9.1).
  bool Receive(std::int64_t bytes, std::int64_t initial) {
    if (bytes > window_.available(initial) && bytes != 0) return false;
    window_.Use(bytes);
    return true;
  }

  // `bytes` have been used up. Returns the increment to announce now, or 0: small pieces are saved up until they make
  // one of `parts` of what the window is, so that WINDOW_UPDATEs stay rare. `size`: what it was at first.
  std::int64_t Consume(std::int64_t bytes, std::int64_t size, int parts) {
    consumed_ += bytes;
    if (consumed_ * parts < size + extra_ || consumed_ == 0) return 0;
    const std::int64_t increment = consumed_;
    consumed_ = 0;
    window_.Use(-increment);
    return increment;
  }

  // The window becomes larger, or smaller, than it was at first. The caller adds `change` to what it announces.
  void Resize(std::int64_t change) {
    extra_ += change;
    window_.Use(-change);
  }
  std::int64_t extra() const { return extra_; }

  // The window is made larger from the start, as the connection's has to be by WINDOW_UPDATE.
  void Raise(std::int64_t increment) { window_.Use(-increment); }

  std::int64_t available(std::int64_t initial) const { return window_.available(initial); }

 private:
  FlowWindow window_;
  std::int64_t consumed_ = 0;
  std::int64_t extra_ = 0;
};

}  // namespace rhei::inline v0::http2
