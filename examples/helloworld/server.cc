#include <iostream>

#include "hello.rhei.h"
#include "rhei/rhei.h"

using hello::HelloReply;
using hello::HelloRequest;

class Greeter final : public hello::Greeter::Service {
  rhei::Task<rhei::Result<HelloReply>> SayHello(rhei::ServerContext&, const HelloRequest& request) override {
    HelloReply reply;
    reply.set_message("Hello, " + request.name() + "!");
    return reply;
  }
};

int main(int argc, char** argv) {
  Greeter greeter;
  const rhei::Status ended = rhei::Server().Add(greeter).Listen(argc > 1 ? argv[1] : "localhost:50051").Run();
  if (!ended.ok()) std::cerr << ended.ToString() << '\n';
  return ended.ok() ? 0 : 1;
}
