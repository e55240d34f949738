// gRPC C++'s server by its callback API, the faster one (README.md, "The peers").
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <memory>
#include <string>

#include "bench.grpc.pb.h"
#include "support/arguments.h"
#include "support/process.h"

namespace rhei::bench {
namespace {

class EchoService final : public Bench::CallbackService {
 public:
  explicit EchoService(std::int64_t metadata) : metadata_(metadata) {}

 private:
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, const Payload* request,
                                  Payload* reply) override {
    for (std::int64_t i = 0; i < metadata_; ++i) context->AddInitialMetadata(MetadataKey(i), kMetadataValue);
    reply->set_body(request->body());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  const std::int64_t metadata_;
};

int Main(int argc, char** argv) {
  const ServerArguments arguments = StartServer(argc, argv, "gRPC C++ server, callback API.");
  RefuseBusyPoll(arguments.busy_poll, "gRPC C++");
  const TerminationSignal termination;

  EchoService service(arguments.metadata);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(arguments.port), grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    std::fputs("gRPC C++ server: cannot start\n", stderr);
    return 1;
  }
  AnnouncePort(port);
  termination.Wait();
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
