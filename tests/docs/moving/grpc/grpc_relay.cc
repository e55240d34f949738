// The server that calls another one, of docs/moving_from_grpc.md, by gRPC C++. Usage: grpc_relay TARGET
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>

#include "hello.grpc.pb.h"

class Relay final : public hello::Greeter::CallbackService {
 public:
  explicit Relay(const std::shared_ptr<grpc::Channel>& channel) : backend_(hello::Greeter::NewStub(channel)) {}

  grpc::ServerUnaryReactor* SayHello(grpc::CallbackServerContext* context, const hello::HelloRequest* request,
                                     hello::HelloReply* reply) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    auto outgoing = std::make_shared<grpc::ClientContext>();
    outgoing->AddMetadata("x-word", "Hello");
    backend_->async()->SayHello(outgoing.get(), request, reply,
                                [reactor, outgoing](const grpc::Status& status) { reactor->Finish(status); });
    return reactor;
  }

 private:
  const std::unique_ptr<hello::Greeter::Stub> backend_;
};

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Relay service(grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials()));
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::cout << port << std::endl;
  server->Wait();
}
