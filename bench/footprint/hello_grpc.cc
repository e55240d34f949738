// The hello server of the footprint, by gRPC C++.
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <memory>

#include "hello.grpc.pb.h"

namespace {

class Greeter final : public hello::Greeter::CallbackService {
  grpc::ServerUnaryReactor* SayHello(grpc::CallbackServerContext* context, const hello::HelloRequest* request,
                                     hello::HelloReply* reply) override {
    reply->set_message("Hello, " + request->name() + "!");
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

int main() {
  Greeter greeter;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&greeter);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    std::fputs("gRPC C++ server: cannot start\n", stderr);
    return 1;
  }
  std::printf("listening on %d\n", port);
  std::fflush(stdout);
  server->Wait();
}
