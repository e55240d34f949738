// A connection in the simulated network: two ends, a pipe each way, and all that can happen to them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "runtime/address.h"
#include "runtime/byte_stream.h"
#include "runtime/simulation/pipe.h"
#include "runtime/timer_queue.h"

namespace rhei::inline v0::runtime {

class SimulatedConnection;
class SimulatedStream;
struct WorldState;

// Where one side of a connection is, and what it is called.
struct EndName {
  std::size_t host = 0;
  Address address;
};

// Owned by its streams, and before that by the connect and the listener. Driven by the world's driver only.
class SimulatedConnection {
 public:
  enum class Side : std::uint8_t { kClient = 0, kServer = 1 };
  static Side Other(Side side) { return side == Side::kClient ? Side::kServer : Side::kClient; }

  SimulatedConnection(std::shared_ptr<WorldState> world, EndName client, EndName server);
  ~SimulatedConnection();
  SimulatedConnection(const SimulatedConnection&) = delete;
  SimulatedConnection& operator=(const SimulatedConnection&) = delete;

  const Address& address(Side side) const { return end(side).name.address; }
  // Who is told of changes; may be null.
  void SetStream(Side side, SimulatedStream* stream) { end(side).stream = stream; }

  // As ByteStream has them.
  IoResult Read(Side side, std::span<char> buffer);
  IoResult Write(Side side, std::span<const std::string_view> slices);
  void ShutdownWrite(Side side);
  void Close(Side side);
  bool CanRead(Side side) const;
  bool CanWrite(Side side) const;

  // The network loses the connection: of what is in flight each way a prefix arrives, then both sides find it broken.
  void Cut();

  // "10.0.0.1:32768 to 10.0.0.2:80: 0 + 12 bytes in flight", for people.
  std::string Describe() const;

 private:
  struct End {
    End(SimulatedConnection& connection, Side side, EndName end_name, std::size_t capacity);
    EndName name;
    SimulatedStream* stream = nullptr;
    bool closed = false;
    bool sends_no_more = false;   // an end or a reset is on its way from here
    bool peer_has_ended = false;  // the end has arrived
    std::string failure;          // why it is broken; empty while it is not
    Pipe incoming;
    Timer arrival;
    Duration retry{};  // while the way is parted
    TimePoint parted_since{};
  };

  End& end(Side side) { return ends_[static_cast<std::size_t>(side)]; }
  const End& end(Side side) const { return ends_[static_cast<std::size_t>(side)]; }
  TimePoint Now() const;
  TimePoint DrawArrival() const;
  void ArmArrival(Side to);
  void OnArrival(Side to);
  void ArriveBytes(Side to);
  bool WaitForTheWay(Side to);
  void SendReset(Side from);
  void Break(Side side, std::string_view cause);

  const std::shared_ptr<WorldState> world_;
  bool cut_ = false;
  End ends_[2];
};

// One end of a connection that has no stream yet, or its stream's hold on it: destroying it closes the side.
class ConnectionEnd {
 public:
  ConnectionEnd() = default;
  ConnectionEnd(std::shared_ptr<SimulatedConnection> connection, SimulatedConnection::Side side)
      : connection_(std::move(connection)), side_(side) {}
  ConnectionEnd(ConnectionEnd&&) = default;
  ConnectionEnd& operator=(ConnectionEnd&&) = delete;
  ~ConnectionEnd() {
    if (connection_ != nullptr) connection_->Close(side_);
  }

  SimulatedConnection* connection() const { return connection_.get(); }
  SimulatedConnection::Side side() const { return side_; }

 private:
  std::shared_ptr<SimulatedConnection> connection_;
  SimulatedConnection::Side side_ = SimulatedConnection::Side::kClient;
};

}  // namespace rhei::inline v0::runtime
