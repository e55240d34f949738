// What travels beside the messages: the caller's metadata, and the server's in headers and trailers.
#include <iostream>
#include <string>

#include "post.rhei.h"
#include "rhei/rhei.h"

namespace {

class PostService final : public post::Post::Service {
 public:
  rhei::Task<rhei::Result<post::Receipt>> Send(rhei::ServerContext& context, const post::Letter& letter) override {
    // One value, or nothing; keys are lower case.
    if (!context.metadata().Get("x-sender")) {
      return rhei::Error(rhei::StatusCode::kUnauthenticated, "put your name into x-sender");
    }
    std::cout << "a letter from " << *context.metadata().Get("x-sender") << " with the stamps";
    // Every value of a key, in the order in which they were added.
    for (const std::string_view stamp : context.metadata().GetAll("x-stamp")) std::cout << ' ' << stamp;
    std::cout << '\n';

    // Before the reply, and behind it. The value of a key in -bin is any bytes.
    context.headers().Add("x-office", "kyiv-1");
    context.trailers().Add("x-checksum-bin", std::string_view("\x00\xff\x10", 3));
    post::Receipt receipt;
    receipt.set_pennies(static_cast<int>(letter.text().size()));
    return receipt;
  }
};

void Print(const char* where, const rhei::Metadata& metadata) {
  for (const auto [key, value] : metadata) {
    std::cout << where << ' ' << key << ": ";
    if (rhei::IsBinaryKey(key)) {
      std::cout << value.size() << " bytes\n";
    } else {
      std::cout << value << '\n';
    }
  }
}

}  // namespace

int main() {
  PostService service;
  rhei::Server server;
  server.Add(service).Listen("127.0.0.1:0");
  if (const rhei::Status started = server.Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }
  const post::Post::Stub post(rhei::Connect("127.0.0.1:" + std::to_string(server.port())));
  post::Letter letter;
  letter.set_text("Dear all");

  rhei::CallOptions options;
  options.Metadata("x-sender", "Ann").Metadata("x-stamp", "lion").Metadata("x-stamp", "lily");
  rhei::UnaryCall<post::Receipt> call = post.Send(letter, options);
  const rhei::Result<post::Receipt> receipt = call.Wait();
  // The call keeps what came beside its reply.
  std::cout << (receipt.ok() ? std::to_string(receipt->pennies()) + " pennies" : receipt.error().ToString()) << '\n';
  Print("header ", call.headers());
  Print("trailer", call.trailers());

  // Without the sender, and with a key that may not be sent.
  std::cout << post.Send(letter).Wait().error().ToString() << '\n';
  std::cout << post.Send(letter, rhei::CallOptions().Metadata("X-Sender", "Ann")).Wait().error().ToString() << '\n';
}
