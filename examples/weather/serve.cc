#include "serve.h"

#include <iostream>
#include <string>

namespace weather {
namespace {

int Fail(const rhei::Error& error) {
  std::cerr << error.ToString() << '\n';
  return 1;
}

}  // namespace

int Serve(std::initializer_list<std::reference_wrapper<rhei::Service>> services, std::uint16_t port) {
  rhei::Server server;
  for (rhei::Service& service : services) server.Add(service);
  const rhei::Status started = server.Listen("127.0.0.1:" + std::to_string(port)).Start();
  if (!started.ok()) return Fail(started.error());
  std::cout << "listening on " << server.port() << std::endl;
  const rhei::Status ended = server.Run();
  return ended.ok() ? 0 : Fail(ended.error());
}

}  // namespace weather
