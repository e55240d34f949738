// One direction of a simulated connection: bytes in flight, bytes that have arrived, and how it ends.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>

#include "rhei/time.h"
#include "runtime/simulation/byte_ring.h"

namespace rhei::inline v0::runtime {

// Knows the order of things and their times; whoever owns it has the clock and the die. Not thread-safe.
class Pipe {
 public:
  // What travels, in order.
  struct Arrival {
    enum class Kind : std::uint8_t {
      kBytes,
      kEnd,    // no more will come
      kReset,  // the connection is broken
    };
    Kind kind = Kind::kBytes;
    std::size_t bytes = 0;  // for kBytes
    TimePoint sent;
    TimePoint due;
  };

  // `capacity` bounds the bytes in flight and unread together.
  explicit Pipe(std::size_t capacity) : capacity_(capacity) {}

  std::size_t space() const { return capacity_ - bytes_.size(); }
  std::size_t unread() const { return bytes_.size() - in_flight_; }
  std::size_t in_flight() const { return in_flight_; }

  // Sends what fits; it arrives at `due`, or when what was sent before has, whichever is later. Tells how much it was.
  std::size_t Send(std::span<const std::string_view> slices, TimePoint now, TimePoint due);
  void SendEnd(TimePoint now, TimePoint due) { Push({Arrival::Kind::kEnd, 0, now, due}); }
  void SendReset(TimePoint now, TimePoint due) { Push({Arrival::Kind::kReset, 0, now, due}); }

  // What arrives next.
  const Arrival* next() const { return arrivals_.empty() ? nullptr : &arrivals_.front(); }
  // The next has arrived, or, of bytes, the first `bytes` of it; the rest is due at `rest_due`.
  void ArriveBytes(std::size_t bytes, TimePoint rest_due);
  void ArriveMark() { arrivals_.pop_front(); }
  // The next bytes are lost: nobody is there to read them.
  void DropNext();

  // Everything in flight is lost but the first `kept` bytes, which arrive now.
  void Cut(std::size_t kept);

  // Moves out bytes that have arrived.
  std::size_t Read(std::span<char> buffer) { return bytes_.Take(buffer.first(std::min(buffer.size(), unread()))); }
  // What has arrived will not be read.
  void DropUnread();

 private:
  void Push(Arrival arrival);

  const std::size_t capacity_;
  ByteRing bytes_;
  std::size_t in_flight_ = 0;
  std::deque<Arrival> arrivals_;
};

}  // namespace rhei::inline v0::runtime
