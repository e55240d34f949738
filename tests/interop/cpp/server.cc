// The server of the interoperability tests, by gRPC C++. Usage: server [PORT]
#include <grpcpp/grpcpp.h>

#include <csignal>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "interop.grpc.pb.h"
#include "server_streams.h"

namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

// Calls that are answered together, once as many wait as each of them wants.
class Meeting {
 public:
  void Join(ServerUnaryReactor& reactor, std::size_t size) {
    std::vector<ServerUnaryReactor*> complete;
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(&reactor);
      if (waiting_.size() >= size) complete.swap(waiting_);
    }
    for (ServerUnaryReactor* guest : complete) guest->Finish(grpc::Status::OK);
  }

 private:
  std::mutex mutex_;
  std::vector<ServerUnaryReactor*> waiting_;
};

class InteropServer final : public StreamService {
  ServerUnaryReactor* Nothing(CallbackServerContext* context, const interop::Empty*, interop::Empty*) override {
    ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  ServerUnaryReactor* Echo(CallbackServerContext* context, const interop::EchoRequest* request,
                           interop::EchoReply* reply) override {
    for (const auto& [key, value] : context->client_metadata()) {
      if (!key.starts_with("x-")) continue;
      const std::string name(key.data(), key.size());
      const std::string text(value.data(), value.size());
      context->AddInitialMetadata(name, text);
      context->AddTrailingMetadata(name, text);
    }
    ServerUnaryReactor* const reactor = context->DefaultReactor();
    if (const interop::Failure& failure = request->failure(); failure.code() != 0) {
      reactor->Finish({static_cast<grpc::StatusCode>(failure.code()), failure.message(), failure.details()});
      return reactor;
    }
    reply->set_payload(request->payload());
    if (request->reply_size() > 0) reply->mutable_payload()->resize(request->reply_size());
    reply->set_peer(context->peer());
    if (request->meeting() > 0) {
      meeting_.Join(*reactor, request->meeting());
    } else {
      reactor->Finish(grpc::Status::OK);
    }
    return reactor;
  }

  Meeting meeting_;
};

}  // namespace

int main(int argc, char** argv) {
  // Blocked before gRPC starts its threads, so that only sigwait gets it.
  sigset_t terminate;
  sigemptyset(&terminate);
  sigaddset(&terminate, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &terminate, nullptr);

  InteropServer service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("127.0.0.1:") + (argc > 1 ? argv[1] : "0"), grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return 1;
  std::cout << "listening on " << port << std::endl;

  int signal = 0;
  sigwait(&terminate, &signal);
  server->Shutdown();
  server->Wait();
  return 0;
}
