// Raw TCP under the benchmark `publish`: takes units of one size and answers each with a few bytes. What the kernel
// costs.
#include <cstdint>
#include <vector>

#include "publish/tcp_units.h"
#include "support/arguments.h"
#include "support/process.h"
#include "support/socket.h"
#include "support/socket_poller.h"

namespace rhei::bench {
namespace {

constexpr std::size_t kReceiveBuffer = 256 * 1024;
constexpr std::uint32_t kListenerKey = UINT32_MAX;

struct Connection {
  Socket socket;
  std::size_t partial = 0;  // bytes received beyond the last whole unit
};

// Answers what has come whole. False when the peer is gone.
bool Serve(Connection& connection, std::size_t unit, std::span<std::byte> buffer) {
  const std::ptrdiff_t received = connection.socket.Receive(buffer);
  if (received < 0) return false;
  for (connection.partial += static_cast<std::size_t>(received); connection.partial >= unit;
       connection.partial -= unit) {
    if (!connection.socket.Send(kUnitReply)) return false;
  }
  return true;
}

int Main(int argc, char** argv) {
  std::int64_t unit = 50'000;
  const ServerArguments arguments = StartServer(argc, argv, "Raw TCP, server of units to publish.", [&](Flags& flags) {
    flags.Add("--unit", &unit, "bytes of each unit");
  });
  RequireArgument(unit > 0, "--unit must be positive");
  const Socket listener = Socket::Listen(static_cast<std::uint16_t>(arguments.port));
  SocketPoller poller{std::chrono::microseconds(arguments.busy_poll)};
  poller.Watch(listener, kListenerKey);
  AnnouncePort(listener.local_port());

  std::vector<std::byte> buffer(kReceiveBuffer);
  std::vector<Connection> connections;
  while (true) {  // until SIGTERM ends the process
    for (const epoll_event& event : poller.Wait()) {
      const std::uint32_t key = event.data.u32;
      if (key == kListenerKey) {
        connections.push_back({listener.Accept()});
        poller.Watch(connections.back().socket, static_cast<std::uint32_t>(connections.size() - 1));
      } else if (!Serve(connections[key], static_cast<std::size_t>(unit), buffer)) {
        connections[key].socket = Socket();
      }
    }
  }
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
