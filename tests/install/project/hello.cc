// A server and a client in one program, and what goes wrong when a library hides too many of its symbols: types and
// exceptions that are made on one side of it and looked at on the other.
#include <atomic>
#include <cstdlib>
#include <future>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "hello.rhei.h"
#include "rhei/error_details.h"
#include "rhei/rhei.h"

namespace {

class Greeter final : public hello::Greeter::Service {
  rhei::Task<rhei::Result<hello::HelloReply>> SayHello(rhei::ServerContext&,
                                                       const hello::HelloRequest& request) override {
    if (request.name().empty()) {
      rhei::rpc::BadRequest detail;
      detail.add_field_violations()->set_field("name");
      return rhei::WithDetails(rhei::Error(rhei::StatusCode::kInvalidArgument, "who is it?"), detail);
    }
    hello::HelloReply reply;
    reply.set_message("Hello, " + request.name() + "!");
    return reply;
  }
};

// Tells what the library logs first.
class FirstLine final : public rhei::Logger {
 public:
  void Write(rhei::LogLevel, std::string_view line) override {
    if (!written_.test_and_set()) line_.set_value(std::string(line));
  }
  std::string Wait() { return line_.get_future().get(); }

 private:
  std::atomic_flag written_{};
  std::promise<std::string> line_{};
};

void Require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "not so: " << what << '\n';
  std::exit(1);
}

rhei::Result<hello::HelloReply> Greet(const hello::Greeter::Stub& stub, const std::string& name) {
  hello::HelloRequest request;
  request.set_name(name);
  return stub.SayHello(request).Wait();
}

}  // namespace

int main() {
  const auto logger = std::make_shared<FirstLine>();
  const auto runtime = std::make_shared<rhei::Runtime>(rhei::RuntimeOptions().Loops(1).Log(logger));
  Require(dynamic_cast<FirstLine*>(&runtime->logger()) == logger.get(), "the library hands out the user's own type");

  Greeter greeter;
  rhei::Server server(rhei::ServerOptions().UseRuntime(runtime));
  server.Add(greeter).Listen("localhost:0");
  if (const rhei::Status started = server.Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }
  const hello::Greeter::Stub stub(
      rhei::Connect("localhost:" + std::to_string(server.port()), rhei::ChannelOptions().UseRuntime(runtime)));

  const rhei::Result<hello::HelloReply> reply = Greet(stub, "world");
  Require(reply.ok(), "a call is answered");

  const rhei::Result<hello::HelloReply> nobody = Greet(stub, "");
  Require(nobody.code() == rhei::StatusCode::kInvalidArgument, "an error comes back");
  const auto detail = rhei::FindDetail<rhei::rpc::BadRequest>(nobody.error());
  Require(detail && detail->field_violations(0).field() == "name", "a detail comes back");

  stub.SayHello(hello::HelloRequest()).Then([](rhei::Result<hello::HelloReply>) {
    throw std::out_of_range("far out");
  });
  Require(logger->Wait().find("far out") != std::string::npos, "the library catches what a callback throws");

  std::cout << reply->message() << '\n';
  return 0;
}
