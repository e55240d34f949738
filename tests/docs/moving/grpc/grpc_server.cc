// The server of docs/moving_from_grpc.md, by gRPC C++. Prints its port.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <string>

#include "hello.grpc.pb.h"

class Greeter final : public hello::Greeter::Service {
  grpc::Status SayHello(grpc::ServerContext* context, const hello::HelloRequest* request,
                        hello::HelloReply* reply) override {
    if (request->name().empty()) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "whom shall I greet?"};
    }
    const auto& metadata = context->client_metadata();
    if (const auto word = metadata.find("x-word"); word != metadata.end()) {
      reply->set_message(std::string(word->second.data(), word->second.size()));
    }
    context->AddTrailingMetadata("x-greeter", "1");
    reply->set_message(reply->message() + " " + request->name());
    return grpc::Status::OK;
  }
};

int main() {
  Greeter service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;  // why, is in the log
  std::cout << port << std::endl;
  server->Wait();
}
