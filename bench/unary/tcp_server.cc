// The raw TCP echo's server: what the kernel alone costs. It sends back whatever comes.
#include <cstdint>
#include <vector>

#include "support/arguments.h"
#include "support/process.h"
#include "support/socket.h"
#include "support/socket_poller.h"

namespace rhei::bench {
namespace {

constexpr std::size_t kReceiveBuffer = 1024 * 1024;
constexpr std::uint32_t kListenerKey = UINT32_MAX;

// Echoes what is there. False when the peer is gone.
bool Echo(const Socket& socket, std::span<std::byte> buffer) {
  const std::ptrdiff_t received = socket.Receive(buffer);
  return received >= 0 && socket.Send(buffer.first(static_cast<std::size_t>(received)));
}

int Main(int argc, char** argv) {
  const ServerArguments arguments = StartServer(argc, argv, "Raw TCP echo, server.");
  const Socket listener = Socket::Listen(static_cast<std::uint16_t>(arguments.port));
  SocketPoller poller{std::chrono::microseconds(arguments.busy_poll)};
  poller.Watch(listener, kListenerKey);
  AnnouncePort(listener.local_port());

  std::vector<std::byte> buffer(kReceiveBuffer);
  std::vector<Socket> sockets;
  while (true) {  // until SIGTERM ends the process
    for (const epoll_event& event : poller.Wait()) {
      const std::uint32_t key = event.data.u32;
      if (key == kListenerKey) {
        sockets.push_back(listener.Accept());
        poller.Watch(sockets.back(), static_cast<std::uint32_t>(sockets.size() - 1));
      } else if (!Echo(sockets[key], buffer)) {
        sockets[key] = Socket();
      }
    }
  }
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
