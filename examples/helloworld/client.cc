#include <iostream>

#include "hello.rhei.h"
#include "rhei/rhei.h"

int main(int argc, char** argv) {
  hello::HelloRequest request;
  request.set_name("world");
  const hello::Greeter::Stub greeter(rhei::Connect(argc > 1 ? argv[1] : "localhost:50051"));
  const rhei::Result<hello::HelloReply> reply = greeter.SayHello(request).Wait();
  std::cout << (reply.ok() ? reply->message() : reply.error().ToString()) << '\n';
  return reply.ok() ? 0 : 1;
}
