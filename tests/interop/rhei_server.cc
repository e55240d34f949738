// The server of the interoperability tests, by rhei. Usage: interop_rhei_server [PORT]
#include <iostream>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "interop.rhei.h"
#include "rhei/rhei.h"
#include "rhei_server_streams.h"

namespace {

using interop::EchoReply;
using interop::EchoRequest;
using interop::Empty;

// Calls that are answered together.
class Meeting {
 public:
  // The task ends when `size` calls wait.
  rhei::Task<rhei::Result<EchoReply>> Join(std::size_t size, EchoReply reply) {
    rhei::Promise<EchoReply> promise;
    rhei::Task<rhei::Result<EchoReply>> answer = promise.task();
    std::vector<Guest> complete;
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back({std::move(promise), std::move(reply)});
      if (waiting_.size() >= size) complete.swap(waiting_);
    }
    for (Guest& guest : complete) guest.promise.Set(std::move(guest.reply));
    return answer;
  }

 private:
  struct Guest {
    rhei::Promise<EchoReply> promise;
    EchoReply reply;
  };

  std::mutex mutex_;
  std::vector<Guest> waiting_;
};

class InteropServer final : public StreamService {
  rhei::Task<rhei::Result<Empty>> Nothing(rhei::ServerContext&, const Empty&) override { return Empty(); }

  rhei::Task<rhei::Result<EchoReply>> Echo(rhei::ServerContext& context, const EchoRequest& request) override {
    for (const auto [key, value] : context.metadata()) {
      if (!key.starts_with("x-")) continue;
      context.headers().Add(key, value);
      context.trailers().Add(key, value);
    }
    if (request.failure().code() != 0) return ToError(request.failure());
    EchoReply reply;
    reply.set_payload(request.payload());
    if (request.reply_size() > 0) reply.mutable_payload()->resize(request.reply_size());
    reply.set_peer(std::string(context.peer()));
    if (request.meeting() > 0) return meeting_.Join(request.meeting(), std::move(reply));
    return reply;
  }

  Meeting meeting_;
};

int Fail(const rhei::Status& status) {
  std::cerr << status.ToString() << '\n';
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  InteropServer service;
  rhei::Server server;
  server.Add(service).Listen(std::string("127.0.0.1:") + (argc > 1 ? argv[1] : "0"));
  const rhei::Status ended = server.Run([&] { std::cout << "listening on " << server.port() << std::endl; });
  return ended.ok() ? 0 : Fail(ended);
}
