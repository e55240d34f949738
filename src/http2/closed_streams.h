// The memory of how streams ended.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "http2/stream_state.h"

namespace rhei::inline v0::http2 {

// How the last kRemembered client-opened streams ended (RFC 9113 §5.1 wants different answers to late frames), two bits
// each, by stream id. Nothing is allocated while all of them simply finished.
class ClosedStreams {
 public:
  static constexpr std::uint32_t kRemembered = 1024;

  // Stream `id`, the highest so far, has been opened; those between `previous` (0: none) and it are skipped for good.
  void Open(std::uint32_t previous, std::uint32_t id) {
    if (ends_ == nullptr && Index(id) == Index(previous) + (previous == 0 ? 0 : 1)) return;
    OpenSlow(previous, id);
  }

  // Stream `id` is over and no longer in the stream table; `highest` is the highest stream opened.
  void Close(std::uint32_t id, StreamEnd end, std::uint32_t highest) {
    if (end == StreamEnd::kFinished && ends_ == nullptr) return;
    if (Index(highest) - Index(id) < kRemembered) Set(id, end);
  }

  // How `id` ended, if `highest` is the highest stream opened; nothing when that is too long ago. Requires that the
  // stream is not above `highest` and is not open.
  std::optional<StreamEnd> Find(std::uint32_t id, std::uint32_t highest) const {
    if (Index(highest) - Index(id) >= kRemembered) return std::nullopt;
    if (ends_ == nullptr) return StreamEnd::kFinished;
    const std::uint32_t cell = Index(id) % kRemembered;
    return static_cast<StreamEnd>(((*ends_)[cell / 4] >> (cell % 4 * 2)) & 3);
  }

 private:
  static std::uint32_t Index(std::uint32_t id) { return id / 2; }

  void OpenSlow(std::uint32_t previous, std::uint32_t id) {
    const std::uint32_t first = previous == 0 ? 0 : Index(previous) + 1;
    const std::uint32_t skipped = std::min(Index(id) - first, kRemembered - 1);
    for (std::uint32_t i = Index(id) - skipped; i != Index(id); ++i) Set(2 * i, StreamEnd::kNeverOpened);
    Set(id, StreamEnd::kFinished);
  }

  void Set(std::uint32_t id, StreamEnd end) {
    if (ends_ == nullptr) ends_ = std::make_unique<std::array<std::uint8_t, kRemembered / 4>>();
    const std::uint32_t cell = Index(id) % kRemembered;
    std::uint8_t& byte = (*ends_)[cell / 4];
    const int shift = static_cast<int>(cell % 4 * 2);
    byte = static_cast<std::uint8_t>((byte & ~(3 << shift)) | static_cast<int>(end) << shift);
  }

  std::unique_ptr<std::array<std::uint8_t, kRemembered / 4>> ends_;
};

}  // namespace rhei::inline v0::http2
