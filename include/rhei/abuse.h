// Abuse: what a server's limits have stopped, by kind, to be counted and shown as a metric.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rhei::inline v0 {

// Which limit was reached, or which rule of HTTP/2 was broken. docs/security.md says what the server does about each.
enum class Abuse : std::uint8_t {
  // The connection was ended. GOAWAY's debug data is the kind's name; for the last three it says which rule was broken.
  kRapidReset,
  kHeaderListTooLarge,
  kContinuationFlood,
  kHeaderBlockTimeout,
  kSettingsFlood,
  kSettingsTimeout,
  kControlFlood,
  kEmptyFramesFlood,
  kTooManyPings,
  kHandshakeTimeout,
  kWriteStall,
  kProtocolError,
  kFlowControlError,
  kCompressionError,
  // One call was ended or refused, and the connection went on. (A window that overflows on one stream alone counts as
  // kFlowControlError.)
  kStreamRefused,
  kMalformedRequest,
  kHeadersTooLarge,
  kMessageTooLarge,
  kSlowRequest,
  kStalledStream,
  // Nothing more was read until the client had taken its answers: a buffer for writing was full.
  kReadingPaused,
  // A window was kept shut because the connection's budget was full: of unfinished messages, or of unread ones.
  kWindowWithheld,
  // No call of the connection began until the client had taken some of its answers.
  kCallsHeld,
  // A new connection was closed at once: there were too many, or the process had no file descriptor left for it.
  kConnectionRefused,
  kNoDescriptor,
  // A call or a new connection was refused because memory was short.
  kMemoryShortage,
  // Nobody's fault: the client did not answer any more, or the connection had no call for long, or was old. It was
  // ended without an error.
  kKeepaliveTimeout,
  kMaxIdle,
  kMaxAge,
};
inline constexpr std::size_t kAbuseKinds = static_cast<std::size_t>(Abuse::kMaxAge) + 1;

// "rapid_reset": as it stands in GOAWAY, and good as a metric's label.
std::string_view Name(Abuse kind);

// How often each has happened, on all connections of a server since it was made. A value; see Server::Abuses.
class AbuseCounts {
 public:
  std::uint64_t operator[](Abuse kind) const { return counts_[static_cast<std::size_t>(kind)]; }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts_) sum += count;
    return sum;
  }

 private:
  friend class AbuseCounters;
  std::array<std::uint64_t, kAbuseKinds> counts_{};
};

}  // namespace rhei::inline v0
