// A proxy that knows no .proto: it passes on every call, whatever the method, as bytes.
#include <iostream>
#include <string>
#include <utility>

#include "hello.rhei.h"
#include "rhei/generic.h"
#include "rhei/rhei.h"

namespace {

// What stands behind the proxy.
class Greeter final : public hello::Greeter::Service {
 public:
  rhei::Task<rhei::Result<hello::HelloReply>> SayHello(rhei::ServerContext& context,
                                                       const hello::HelloRequest& request) override {
    context.trailers().Add("x-greeter", "1");
    if (request.name().empty()) {
      return rhei::Error(rhei::StatusCode::kInvalidArgument, "whom shall I greet?")
          .WithMetadata(rhei::Metadata{{"x-hint", "set the name"}});
    }
    hello::HelloReply reply;
    reply.set_message(std::string(context.metadata().Get("x-greeting").value_or("Hello")) + ", " + request.name());
    return reply;
  }
};

class Proxy final : public rhei::GenericService {
 public:
  explicit Proxy(rhei::Channel backend) : backend_(std::move(backend)) {}

  rhei::Task<rhei::Result<std::string>> Call(rhei::ServerContext& context, const std::string& request) override {
    std::cout << "passing on " << context.method() << ", " << request.size() << " bytes\n";
    rhei::CallOptions options;
    for (const auto [key, value] : context.metadata()) options.Metadata(key, value);
    rhei::UnaryCall<std::string> call = backend_.Call(context.method(), request, options);
    rhei::Result<std::string> reply = co_await call;
    for (const auto [key, value] : call.headers()) context.headers().Add(key, value);
    // An error has the trailers in it, and takes them along.
    if (!reply.ok()) co_return reply.error();
    for (const auto [key, value] : call.trailers()) context.trailers().Add(key, value);
    co_return *std::move(reply);
  }

 private:
  const rhei::GenericStub backend_;
};

void Greet(const hello::Greeter::Stub& greeter, const std::string& name) {
  hello::HelloRequest request;
  request.set_name(name);
  auto call = greeter.SayHello(request, rhei::CallOptions().Metadata("x-greeting", "Good day"));
  const rhei::Result<hello::HelloReply> reply = call.Wait();
  std::cout << (reply.ok() ? reply->message() : reply.error().ToString()) << '\n';
  for (const auto [key, value] : call.trailers()) std::cout << "  " << key << ": " << value << '\n';
}

}  // namespace

int main() {
  Greeter greeter;
  rhei::Server backend;
  backend.Add(greeter).Listen("127.0.0.1:0");
  if (const rhei::Status started = backend.Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }
  Proxy proxy(rhei::Connect("127.0.0.1:" + std::to_string(backend.port())));
  rhei::Server front;
  // Services that were added to the same server would be asked first.
  front.AddGeneric(proxy).Listen("127.0.0.1:0");
  if (const rhei::Status started = front.Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }
  const rhei::Channel channel = rhei::Connect("127.0.0.1:" + std::to_string(front.port()));
  const hello::Greeter::Stub stub(channel);
  Greet(stub, "Ann");
  Greet(stub, "");

  // A caller needs no .proto either: messages are bytes, and methods have names.
  const rhei::Result<std::string> unknown = rhei::GenericStub(channel).Call("/hello.Greeter/SayBye", "").Wait();
  std::cout << unknown.error().ToString() << '\n';
}
