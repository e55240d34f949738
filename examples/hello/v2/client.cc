// Asks for greetings, by the second version of the protocol. Usage: see client.h.
#include "client.h"

#include <memory>

#include "hello.rhei.h"

namespace {

// A server of the first version knows the old field only.
std::string GreetingOf(const demo::hello::SayHelloResponse& response) {
  if (response.greeting().empty()) return "OBSOLETE: " + response.obsolete_greeting();
  return response.greeting();
}

}  // namespace

int main(int argc, char** argv) {
  return demo::RunClient(argc, argv,
                         [](const rhei::Channel& channel, const demo::Asked& asked, const rhei::CallOptions& options) {
                           demo::hello::SayHelloRequest request;
                           request.set_name(asked.name);
                           request.set_delay(asked.delay);
                           auto call = std::make_shared<rhei::UnaryCall<demo::hello::SayHelloResponse>>(
                               demo::hello::HelloService::Stub(channel).SayHello(request, options));
                           return [call] {
                             const rhei::Result<demo::hello::SayHelloResponse> response = call->Wait();
                             return response.ok() ? GreetingOf(*response) : response.error().ToString();
                           };
                         });
}
