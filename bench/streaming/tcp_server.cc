// Raw TCP in bulk: sends to whoever connects, in writes of one size, until the peer is gone. One at a time.
#include <cstdint>
#include <string>
#include <vector>

#include "support/arguments.h"
#include "support/process.h"
#include "support/socket.h"

namespace rhei::bench {
namespace {

int Main(int argc, char** argv) {
  std::int64_t write_size = 64 * 1024;
  std::string congestion_control;
  const ServerArguments arguments = StartServer(argc, argv, "Raw TCP in bulk, sender.", [&](Flags& flags) {
    flags.Add("--write-size", &write_size, "bytes of each write");
    flags.Add("--congestion-control", &congestion_control,
              "name of Linux's congestion control; the system's if not given");
  });
  RefuseBusyPoll(arguments.busy_poll, "raw TCP in bulk");
  RequireArgument(write_size > 0, "--write-size must be positive");
  const Socket listener = Socket::Listen(static_cast<std::uint16_t>(arguments.port));
  AnnouncePort(listener.local_port());
  const std::vector<std::byte> bytes(static_cast<std::size_t>(write_size), std::byte{'x'});
  while (true) {  // until SIGTERM ends the process
    const Socket socket = listener.Accept();
    if (!congestion_control.empty()) socket.UseCongestionControl(congestion_control);
    while (socket.Send(bytes)) {
    }
  }
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
