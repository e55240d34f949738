#include "hello.rhei.h"
#include "rhei/rhei.h"

class Greeter final : public hello::Greeter::Service {
  rhei::Task<rhei::Result<hello::HelloReply>> SayHello(rhei::ServerContext&, const hello::HelloRequest& from) override {
    hello::HelloReply reply;
    reply.set_message("Hello, " + (from.name().empty() ? "world" : from.name()) + "!");
    return reply;
  }
};

int main(int argc, char** argv) {
  Greeter greeter;
  return rhei::ExitCode(rhei::Server().Add(greeter).Listen(argc > 1 ? argv[1] : "localhost:50051").Run());
}
