#include "runtime/simulation/pipe.h"

#include <array>

namespace rhei::inline v0::runtime {

std::size_t Pipe::Send(std::span<const std::string_view> slices, TimePoint now, TimePoint due) {
  std::size_t sent = 0;
  for (std::string_view slice : slices) {
    slice = slice.substr(0, space());
    bytes_.Append(slice);
    sent += slice.size();
  }
  in_flight_ += sent;
  if (sent == 0) return 0;
  // Writes of the same moment travel together, and are cut without regard to where one ends.
  if (!arrivals_.empty() && arrivals_.back().kind == Arrival::Kind::kBytes && arrivals_.back().sent == now) {
    arrivals_.back().bytes += sent;
  } else {
    Push({Arrival::Kind::kBytes, sent, now, due});
  }
  return sent;
}

void Pipe::Push(Arrival arrival) {
  if (!arrivals_.empty()) arrival.due = std::max(arrival.due, arrivals_.back().due);
  arrivals_.push_back(arrival);
}

void Pipe::ArriveBytes(std::size_t bytes, TimePoint rest_due) {
  in_flight_ -= bytes;
  Arrival& next = arrivals_.front();
  next.bytes -= bytes;
  next.due = rest_due;
  if (next.bytes == 0) arrivals_.pop_front();
}

void Pipe::DropNext() {
  std::size_t bytes = arrivals_.front().bytes;
  arrivals_.pop_front();
  in_flight_ -= bytes;
  // They are the oldest in the ring, since nobody reads any more and what had arrived was dropped.
  std::array<char, 1024> sink{};
  while (bytes > 0) bytes -= bytes_.Take(std::span(sink).first(std::min(bytes, sink.size())));
}

void Pipe::Cut(std::size_t kept) {
  bytes_.Truncate(unread() + kept);
  in_flight_ = 0;
  arrivals_.clear();
}

void Pipe::DropUnread() {
  std::array<char, 1024> sink{};
  while (unread() > 0) Read(sink);
}

}  // namespace rhei::inline v0::runtime
