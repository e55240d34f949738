// The server that calls another one, of docs/moving_from_grpc.md, by rhei. Usage: rhei_relay TARGET
#include <iostream>
#include <utility>

#include "hello.rhei.h"
#include "rhei/rhei.h"

class Relay final : public hello::Greeter::Service {
 public:
  explicit Relay(rhei::Channel channel) : backend_(std::move(channel)) {}

  rhei::Task<rhei::Result<hello::HelloReply>> SayHello(rhei::ServerContext&,
                                                       const hello::HelloRequest& request) override {
    const auto options = rhei::CallOptions().Metadata("x-word", "Hello");
    co_return co_await backend_.SayHello(request, options);
  }

 private:
  const hello::Greeter::Stub backend_;
};

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Relay service(rhei::Connect(argv[1]));
  rhei::Server server;
  server.Add(service).Listen("127.0.0.1:0");
  const rhei::Status ended = server.Run([&] { std::cout << server.port() << std::endl; });
  if (!ended.ok()) std::cerr << ended.ToString() << '\n';
  return ended.ok() ? 0 : 1;
}
