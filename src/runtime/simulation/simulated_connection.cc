#include "runtime/simulation/simulated_connection.h"

#include <algorithm>
#include <utility>

#include "runtime/simulation/simulated_stream.h"
#include "runtime/simulation/world_state.h"

namespace rhei::inline v0::runtime {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kReset = "Connection reset by peer";
constexpr std::string_view kTimedOut = "Connection timed out";

// How TCP sends again what is not acknowledged, and when it gives up (RFC 6298 and RFC 9293 section 3.8.3).
constexpr Duration kFirstRetry = 200ms;
constexpr Duration kLongestRetry = 5s;
constexpr Duration kGiveUp = 15min;

IoResult Failed(std::string_view cause) { return {IoResult::Kind::kFailed, 0, std::string(cause)}; }

}  // namespace

SimulatedConnection::End::End(SimulatedConnection& connection, Side side, EndName end_name, std::size_t capacity)
    : name(std::move(end_name)), incoming(capacity), arrival([&connection, side] { connection.OnArrival(side); }) {}

SimulatedConnection::SimulatedConnection(std::shared_ptr<WorldState> world, EndName client, EndName server)
    : world_(std::move(world)),
      ends_{End(*this, Side::kClient, std::move(client), world_->options.buffer_size),
            End(*this, Side::kServer, std::move(server), world_->options.buffer_size)} {
  world_->network.Add(*this);
}

SimulatedConnection::~SimulatedConnection() { world_->network.Remove(*this); }

TimePoint SimulatedConnection::Now() const { return world_->scheduler.Now(); }

TimePoint SimulatedConnection::DrawArrival() const { return Now() + world_->network.DrawDelay(); }

IoResult SimulatedConnection::Read(Side side, std::span<char> buffer) {
  End& self = end(side);
  if (self.closed) return Failed("the stream is closed");
  if (self.incoming.unread() > 0) {
    const std::size_t bytes = self.incoming.Read(buffer);
    if (SimulatedStream* const writer = end(Other(side)).stream; writer != nullptr) writer->Notify();
    return {IoResult::Kind::kBytes, bytes, {}};
  }
  if (!self.failure.empty()) return Failed(self.failure);
  if (self.peer_has_ended) return {IoResult::Kind::kEnd, 0, {}};
  return {IoResult::Kind::kWouldBlock, 0, {}};
}

IoResult SimulatedConnection::Write(Side side, std::span<const std::string_view> slices) {
  End& self = end(side);
  if (self.closed) return Failed("the stream is closed");
  if (!self.failure.empty()) return Failed(self.failure);
  if (self.sends_no_more) return Failed("Broken pipe");
  if (cut_) {  // it does not know yet
    std::size_t bytes = 0;
    for (const std::string_view slice : slices) bytes += slice.size();
    return {IoResult::Kind::kBytes, bytes, {}};
  }
  Pipe& outgoing = end(Other(side)).incoming;
  if (outgoing.space() == 0) return {IoResult::Kind::kWouldBlock, 0, {}};
  const std::size_t bytes = outgoing.Send(slices, Now(), DrawArrival());
  ArmArrival(Other(side));
  return {IoResult::Kind::kBytes, bytes, {}};
}

void SimulatedConnection::ShutdownWrite(Side side) {
  End& self = end(side);
  if (std::exchange(self.sends_no_more, true) || cut_ || !self.failure.empty()) return;
  end(Other(side)).incoming.SendEnd(Now(), DrawArrival());
  ArmArrival(Other(side));
}

// As the socket API has it: what was written still goes out, and whoever leaves bytes unread resets the connection
// (RFC 9293 section 3.6.1).
void SimulatedConnection::Close(Side side) {
  End& self = end(side);
  if (std::exchange(self.closed, true)) return;
  self.stream = nullptr;
  const bool unread = self.incoming.unread() > 0;
  self.incoming.DropUnread();
  if (unread) {
    SendReset(side);
  } else {
    ShutdownWrite(side);
  }
}

bool SimulatedConnection::CanRead(Side side) const {
  const End& self = end(side);
  return !self.closed && (self.incoming.unread() > 0 || self.peer_has_ended || !self.failure.empty());
}

bool SimulatedConnection::CanWrite(Side side) const {
  const End& self = end(side);
  if (self.closed) return false;
  return self.sends_no_more || cut_ || !self.failure.empty() || end(Other(side)).incoming.space() > 0;
}

void SimulatedConnection::Cut() {
  if (std::exchange(cut_, true)) return;
  for (const Side side : {Side::kClient, Side::kServer}) {
    End& self = end(side);
    const auto kept = static_cast<std::size_t>(world_->scheduler.random().Below(self.incoming.in_flight() + 1));
    self.incoming.Cut(kept);
    self.incoming.SendReset(Now(), DrawArrival());
    ArmArrival(side);
    if (self.stream != nullptr) self.stream->Notify();
  }
}

void SimulatedConnection::ArmArrival(Side to) {
  End& self = end(to);
  const Pipe::Arrival* const next = self.incoming.next();
  if (next == nullptr || self.arrival.armed()) return;
  world_->scheduler.network_timers().Arm(self.arrival, std::max(next->due, Now()));
}

void SimulatedConnection::OnArrival(Side to) {
  if (!cut_ && WaitForTheWay(to)) return;
  End& self = end(to);
  const Pipe::Arrival::Kind kind = self.incoming.next()->kind;
  world_->scheduler.Record(self.incoming.in_flight() * 4 + static_cast<std::uint64_t>(kind));
  if (!cut_ && world_->network.DrawCut()) return Cut();
  switch (kind) {
    case Pipe::Arrival::Kind::kBytes: ArriveBytes(to); break;
    case Pipe::Arrival::Kind::kEnd:
      self.incoming.ArriveMark();
      self.peer_has_ended = true;
      break;
    case Pipe::Arrival::Kind::kReset:
      self.incoming.ArriveMark();
      Break(to, kReset);
      break;
  }
  ArmArrival(to);
  if (self.stream != nullptr) self.stream->Notify();
}

void SimulatedConnection::ArriveBytes(Side to) {
  End& self = end(to);
  if (self.closed) {
    self.incoming.DropNext();
    SendReset(to);
    if (SimulatedStream* const writer = end(Other(to)).stream; writer != nullptr) writer->Notify();
    return;
  }
  RandomSource& random = world_->scheduler.random();
  const SimulationOptions& options = world_->options;
  std::size_t bytes = self.incoming.next()->bytes;
  if (bytes > 1 && random.Chance(options.split_probability)) {
    bytes = random.Chance(options.one_byte_probability) ? 1 : 1 + static_cast<std::size_t>(random.Below(bytes - 1));
  }
  self.incoming.ArriveBytes(bytes, DrawArrival());
}

// Tells whether the network is parted between the two sides; then it tries again later, and gives up at last.
bool SimulatedConnection::WaitForTheWay(Side to) {
  End& self = end(to);
  if (!world_->network.IsParted(end(Side::kClient).name.host, end(Side::kServer).name.host)) {
    self.retry = Duration(0);
    return false;
  }
  if (self.retry == Duration(0)) self.parted_since = Now();
  if (Now() - self.parted_since >= kGiveUp) {
    Break(Other(to), kTimedOut);
    if (SimulatedStream* const writer = end(Other(to)).stream; writer != nullptr) writer->Notify();
    return true;
  }
  self.retry = std::clamp(2 * self.retry, kFirstRetry, kLongestRetry);
  world_->scheduler.network_timers().Arm(self.arrival, Now() + self.retry);
  return true;
}

void SimulatedConnection::SendReset(Side from) {
  End& self = end(from);
  if (cut_ || !self.failure.empty()) return;
  self.sends_no_more = true;
  self.failure = kReset;
  end(Other(from)).incoming.SendReset(Now(), DrawArrival());
  ArmArrival(Other(from));
}

void SimulatedConnection::Break(Side side, std::string_view cause) {
  End& self = end(side);
  if (self.failure.empty()) self.failure = cause;
}

std::string SimulatedConnection::Describe() const {
  const auto waits = [](const End& self) { return self.stream == nullptr ? std::string() : self.stream->Describe(); };
  const End& client = end(Side::kClient);
  const End& server = end(Side::kServer);
  return "  connection " + client.name.address.ToString() + " to " + server.name.address.ToString() + ": " +
         std::to_string(server.incoming.in_flight()) + " bytes under way there and " +
         std::to_string(client.incoming.in_flight()) + " back, " + std::to_string(server.incoming.unread()) + " and " +
         std::to_string(client.incoming.unread()) + " unread" + waits(client) + waits(server) + "\n";
}

}  // namespace rhei::inline v0::runtime
