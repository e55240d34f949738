// The client of docs/moving_from_grpc.md, by rhei. Usage: rhei_client TARGET
#include <future>
#include <iostream>
#include <string>

#include "hello.rhei.h"
#include "rhei/rhei.h"

namespace {

void Blocking(const hello::Greeter::Stub& stub, const hello::HelloRequest& request) {
  const auto options = rhei::CallOptions().Metadata("x-word", "Hello").WaitForReady();
  const rhei::Result<hello::HelloReply> reply = stub.SayHello(request, options).Wait();
  if (reply.ok()) {
    std::cout << reply->message() << '\n';
  } else {
    std::cout << static_cast<int>(reply.code()) << ": " << reply.error().message() << '\n';
  }
}

void Callback(const hello::Greeter::Stub& stub, const hello::HelloRequest& request) {
  std::promise<void> done;
  const auto options = rhei::CallOptions().Metadata("x-word", "Hello");
  // Nothing has to outlive this statement but what the callback uses itself.
  stub.SayHello(request, options).Then([&](const rhei::Result<hello::HelloReply>& reply) {
    std::cout << (reply.ok() ? reply->message() : reply.error().message()) << '\n';
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const hello::Greeter::Stub stub(rhei::Connect(argv[1]));
  hello::HelloRequest request;
  Blocking(stub, request);
  request.set_name("Ann");
  Blocking(stub, request);
  Callback(stub, request);
}
