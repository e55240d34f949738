// The raw TCP echo's client: units of the size that a unary call has on the wire, sent again as they come back.
#include <cstdint>
#include <cstdio>
#include <vector>

#include "support/arguments.h"
#include "support/load_run.h"
#include "support/process.h"
#include "support/socket.h"
#include "support/socket_poller.h"

namespace rhei::bench {
namespace {

constexpr std::size_t kReceiveBuffer = 1024 * 1024;
// What frames, header blocks and prefixes add to the payload, about.
constexpr std::size_t kUnitOverhead = 64;

class Connection {
 public:
  Connection(const ClientArguments& arguments, LoadRun* run)
      : socket_(Socket::Connect(static_cast<std::uint16_t>(arguments.port))),
        unit_(static_cast<std::size_t>(arguments.payload) + kUnitOverhead),
        run_(run),
        begun_(static_cast<std::size_t>(arguments.in_flight)) {}

  const Socket& socket() const { return socket_; }

  void Start() {
    for (LoadRun::TimePoint& begun : begun_) begun = run_->Begin();
    const std::vector<std::byte> units(begun_.size() * unit_);
    if (!socket_.Send(units)) Die("send");
  }

  // Counts the units that have come back whole, and returns all bytes.
  void Advance(std::span<std::byte> buffer) {
    const std::ptrdiff_t received = socket_.Receive(buffer);
    if (received < 0) Die("the server closed the connection");
    for (partial_ += static_cast<std::size_t>(received); partial_ >= unit_; partial_ -= unit_) {
      run_->End(begun_[oldest_], true);
      begun_[oldest_] = run_->Begin();
      if (++oldest_ == begun_.size()) oldest_ = 0;
    }
    if (!socket_.Send(buffer.first(static_cast<std::size_t>(received)))) Die("send");
  }

 private:
  Socket socket_;
  const std::size_t unit_;
  LoadRun* const run_;
  std::vector<LoadRun::TimePoint> begun_;  // a ring: units come back in order
  std::size_t oldest_ = 0;
  std::size_t partial_ = 0;  // bytes received beyond the last whole unit
};

int Main(int argc, char** argv) {
  const ClientArguments arguments = StartClient(argc, argv, "Raw TCP echo, client.");
  RefuseCallOptions(arguments, "raw TCP");
  LoadRun run(arguments);
  SocketPoller poller{std::chrono::microseconds(arguments.busy_poll)};
  std::vector<Connection> connections;
  for (std::int64_t i = 0; i < arguments.connections; ++i) {
    poller.Watch(connections.emplace_back(arguments, &run).socket(), static_cast<std::uint32_t>(i));
  }
  for (Connection& connection : connections) connection.Start();
  std::vector<std::byte> buffer(kReceiveBuffer);
  while (run.running()) {
    for (const epoll_event& event : poller.Wait()) connections[event.data.u32].Advance(buffer);
  }
  std::puts(run.ToJson().c_str());
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
