#include "serve.h"

#include <iostream>
#include <string>

namespace weather {
namespace {

int Fail(rhei::Service& service, const rhei::Error& error) {
  std::cerr << service.service_name() << ": " << error.ToString() << '\n';
  return 1;
}

}  // namespace

int Serve(rhei::Service& service, std::uint16_t port) {
  rhei::Server server;
  server.Add(service).Listen("127.0.0.1:" + std::to_string(port));
  const rhei::Status started = server.Start();
  if (!started.ok()) return Fail(service, started.error());
  std::cout << "listening on " << server.port() << std::endl;
  const rhei::Status ended = server.Run();
  return ended.ok() ? 0 : Fail(service, ended.error());
}

}  // namespace weather
