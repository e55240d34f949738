// The client of docs/moving_from_grpc.md, by gRPC C++. Usage: grpc_client TARGET
#include <grpcpp/grpcpp.h>

#include <future>
#include <iostream>
#include <memory>
#include <string>

#include "hello.grpc.pb.h"

namespace {

void Blocking(hello::Greeter::Stub& stub, const hello::HelloRequest& request) {
  grpc::ClientContext context;
  context.AddMetadata("x-word", "Hello");
  context.set_wait_for_ready(true);
  hello::HelloReply reply;
  const grpc::Status status = stub.SayHello(&context, request, &reply);
  if (status.ok()) {
    std::cout << reply.message() << '\n';
  } else {
    std::cout << status.error_code() << ": " << status.error_message() << '\n';
  }
}

void Callback(hello::Greeter::Stub& stub, const hello::HelloRequest& request) {
  std::promise<void> done;
  grpc::ClientContext context;
  context.AddMetadata("x-word", "Hello");
  hello::HelloReply reply;
  // All three must live until the callback.
  stub.async()->SayHello(&context, &request, &reply, [&](const grpc::Status& status) {
    std::cout << (status.ok() ? reply.message() : status.error_message()) << '\n';
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto stub = hello::Greeter::NewStub(grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials()));
  hello::HelloRequest request;
  Blocking(*stub, request);
  request.set_name("Ann");
  Blocking(*stub, request);
  Callback(*stub, request);
}
