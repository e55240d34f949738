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
  if (const rhei::Status started = server.Start(); !started.ok()) {
    std::fprintf(stderr, "%s\n", started.ToString().c_str());
    return 1;
  }
  std::printf("listening on %d\n", server.port());
  std::fflush(stdout);
  return server.Run().ok() ? 0 : 1;
}
