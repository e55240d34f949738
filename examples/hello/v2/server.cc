// Greets, by the second version of the protocol, so that clients of the first one are content too.
// Usage: hello_v2_server ADDRESS
#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include "hello.rhei.h"
#include "rhei/rhei.h"

namespace {

using demo::hello::SayHelloRequest;
using demo::hello::SayHelloResponse;

// Whole, because handlers on the pool print at the same time.
void PrintLine(const std::string& line) { std::cout << line + "\n" << std::flush; }

class HelloServer final : public demo::hello::HelloService::Service {
 public:
  rhei::Task<rhei::Result<SayHelloResponse>> SayHello(rhei::ServerContext&, const SayHelloRequest& request) override {
    const std::string delay = std::to_string(request.delay()) + " s";
    PrintLine("received from " + request.name() + ", waiting " + delay);
    std::this_thread::sleep_for(std::chrono::seconds(request.delay()));
    PrintLine("returning to " + request.name());
    SayHelloResponse response;
    response.set_obsolete_greeting("Hello " + request.name());
    response.set_greeting("Hello " + request.name() + " after " + delay);
    return response;
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "give an address to listen on: hello_v2_server ADDRESS\n";
    return 2;
  }
  HelloServer hello;
  rhei::Server server;
  // On the pool, because this handler blocks its thread.
  server.Add(hello, rhei::RunOn::kPool).Listen(argv[1]);
  const rhei::Status status =
      server.Run([&] { PrintLine("v2 server listening on port " + std::to_string(server.port())); });
  if (!status.ok()) std::cerr << status.ToString() << '\n';
  return status.ok() ? 0 : 1;
}
