// Asks for greetings, by the first version of the protocol. Usage: see client.h.
#include "client.h"

#include <memory>

#include "hello.rhei.h"

int main(int argc, char** argv) {
  return demo::RunClient(argc, argv,
                         [](const rhei::Channel& channel, const demo::Asked& asked, const rhei::CallOptions& options) {
                           demo::hello::SayHelloRequest request;
                           request.set_neme(asked.name);
                           auto call = std::make_shared<rhei::UnaryCall<demo::hello::SayHelloResponse>>(
                               demo::hello::HelloService::Stub(channel).SayHello(request, options));
                           return [call] {
                             const rhei::Result<demo::hello::SayHelloResponse> response = call->Wait();
                             return response.ok() ? response->greeting() : response.error().ToString();
                           };
                         });
}
