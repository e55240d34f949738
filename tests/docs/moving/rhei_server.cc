// The server of docs/moving_from_grpc.md, by rhei. Prints its port.
#include <iostream>
#include <string>

#include "hello.rhei.h"
#include "rhei/rhei.h"

class Greeter final : public hello::Greeter::Service {
  rhei::Task<rhei::Result<hello::HelloReply>> SayHello(rhei::ServerContext& context,
                                                       const hello::HelloRequest& request) override {
    if (request.name().empty()) {
      return rhei::Error(rhei::StatusCode::kInvalidArgument, "whom shall I greet?");
    }
    const std::string_view word = context.metadata().Get("x-word").value_or("");
    context.trailers().Add("x-greeter", "1");
    hello::HelloReply reply;
    reply.set_message(std::string(word) + " " + request.name());
    return reply;
  }
};

int main() {
  Greeter service;
  rhei::Server server;
  server.Add(service).Listen("127.0.0.1:0");
  // Until SIGTERM, then lets the calls end.
  const rhei::Status ended = server.Run([&] { std::cout << server.port() << std::endl; });
  if (!ended.ok()) std::cerr << ended.ToString() << '\n';
  return ended.ok() ? 0 : 1;
}
