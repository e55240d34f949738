// A server on a Unix socket: for programs of one machine, with the rights of a file instead of a port.
// Usage: unix_sockets PATH
#include <iostream>
#include <string>

#include "hello.rhei.h"
#include "rhei/rhei.h"

namespace {

class Greeter final : public hello::Greeter::Service {
 public:
  rhei::Task<rhei::Result<hello::HelloReply>> SayHello(rhei::ServerContext& context,
                                                       const hello::HelloRequest& request) override {
    hello::HelloReply reply;
    reply.set_message("Hello, " + request.name() + ", here at " + std::string(context.local()));
    return reply;
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "give the path of the socket: unix_sockets PATH\n";
    return 2;
  }
  const std::string address = std::string("unix:") + argv[1];
  Greeter greeter;
  rhei::Server server;
  // Beside it there may be ports: each Listen adds an address.
  server.Add(greeter).Listen(address).Listen("127.0.0.1:0");
  if (const rhei::Status started = server.Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }

  // For the client it is an address as any other.
  const hello::Greeter::Stub stub{rhei::Connect(address)};
  hello::HelloRequest request;
  request.set_name("neighbour");
  const rhei::Result<hello::HelloReply> reply = stub.SayHello(request).Wait();
  std::cout << (reply.ok() ? reply->message() : reply.error().ToString()) << '\n';
  return reply.ok() ? 0 : 1;
}
