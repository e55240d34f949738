// The hello server of the footprint, by rhei.
#include <cstdio>

#include "hello.rhei.h"
#include "rhei/rhei.h"

namespace {

class Greeter final : public hello::Greeter::Service {
  rhei::Task<rhei::Result<hello::HelloReply>> SayHello(rhei::ServerContext&,
                                                       const hello::HelloRequest& request) override {
    hello::HelloReply reply;
    reply.set_message("Hello, " + request.name() + "!");
    return reply;
  }
};

}  // namespace

int main() {
  Greeter greeter;
  rhei::Server server;
  server.Add(greeter).Listen("127.0.0.1:0");
  return rhei::ExitCode(server.Run([&] {
    std::printf("listening on %d\n", server.port());
    std::fflush(stdout);
  }));
}
