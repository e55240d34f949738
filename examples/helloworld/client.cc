#include <iostream>

#include "hello.rhei.h"
#include "rhei/rhei.h"

int main(int argc, char** argv) {
  auto reply = hello::Greeter::Stub(rhei::Connect(argc > 1 ? argv[1] : "localhost:50051")).SayHello({}).Wait();
  std::cout << (reply.ok() ? reply->message() : reply.error().ToString()) << '\n';
  return reply.ok() ? 0 : 1;
}
