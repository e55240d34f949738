// The official interoperability server, by rhei. README.md has the flags.
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "flags.h"
#include "rhei/rhei.h"
#include "test_service.h"

namespace {

using interop::Flag;
using interop::Flags;

const std::vector<Flag> kFlags = {
    {"port", Flag::Kind::kNumber, "0", "where to listen; 0: where there is room"},
    {"address_type", Flag::Kind::kText, "IPV4_IPV6", "IPV4, IPV6 or IPV4_IPV6"},
    {"max_concurrent_streams", Flag::Kind::kNumber, "0", "calls at once on one connection; 0: rhei's own limit"},
    {"use_tls", Flag::Kind::kBool, "false", "TLS", "TLS"},
    {"use_alts", Flag::Kind::kBool, "false", "ALTS", "ALTS"},
};

std::string ListenAddress(const Flags& flags) {
  const std::string& type = flags.Text("address_type");
  const std::string port = std::to_string(flags.Number("port"));
  if (type == "IPV4") return "0.0.0.0:" + port;
  if (type == "IPV6" || type == "IPV4_IPV6") return "[::]:" + port;
  throw interop::FlagError("--address_type=" + type + ": expected IPV4, IPV6 or IPV4_IPV6");
}

rhei::ServerOptions OptionsFor(const Flags& flags) {
  rhei::Limits limits;
  if (const int streams = flags.Number("max_concurrent_streams"); streams > 0) {
    limits.max_concurrent_streams = static_cast<std::uint32_t>(streams);
  }
  return rhei::ServerOptions().UseLimits(limits);
}

int Fail(const rhei::Status& status) {
  std::cerr << "interop_server: " << status.ToString() << '\n';
  return 1;
}

int Serve(const Flags& flags) {
  interop::TestService service("rhei " + std::to_string(std::random_device()()));
  rhei::Server server(OptionsFor(flags));
  server.Add(service).Listen(ListenAddress(flags));
  const rhei::Status ended = server.Run([&] { std::cout << "listening on " << server.port() << std::endl; });
  return ended.ok() ? 0 : Fail(ended);
}

}  // namespace

// Serves until SIGTERM. 1: it could not listen, or did not end well; 2: the command line is wrong.
int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    std::cout << interop::Usage("interop_server", kFlags);
    return 0;
  }
  try {
    return Serve(Flags(kFlags, argc, argv));
  } catch (const interop::FlagError& error) {
    std::cerr << "interop_server: " << error.what() << '\n';
    return 2;
  }
}
