// Greets, by the first version of the protocol. Usage: hello_v1_server ADDRESS
#include <iostream>

#include "hello.rhei.h"
#include "rhei/rhei.h"

namespace {

using demo::hello::SayHelloRequest;
using demo::hello::SayHelloResponse;

class HelloServer final : public demo::hello::HelloService::Service {
 public:
  rhei::Task<rhei::Result<SayHelloResponse>> SayHello(rhei::ServerContext&, const SayHelloRequest& request) override {
    std::cout << "received from " << request.neme() << std::endl;
    SayHelloResponse response;
    response.set_greeting("Hello " + request.neme());
    return response;
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "give an address to listen on: hello_v1_server ADDRESS\n";
    return 2;
  }
  HelloServer hello;
  // One event loop, so that the handlers print one line at a time.
  auto runtime = std::make_shared<rhei::Runtime>(rhei::RuntimeOptions().Loops(1));
  rhei::Server server(rhei::ServerOptions().UseRuntime(runtime));
  server.Add(hello).Listen(argv[1]);
  const rhei::Status status =
      server.Run([&] { std::cout << "v1 server listening on port " << server.port() << std::endl; });
  if (!status.ok()) std::cerr << status.ToString() << '\n';
  return status.ok() ? 0 : 1;
}
