// gRPC C++'s server by its synchronous API, for the benchmark `blocking`.
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <memory>
#include <string>

#include "bench.grpc.pb.h"
#include "support/arguments.h"
#include "support/process.h"

namespace rhei::bench {
namespace {

class EchoService final : public Bench::Service {
  grpc::Status Unary(grpc::ServerContext*, const Payload* request, Payload* reply) override {
    reply->set_body(request->body());
    return grpc::Status::OK;
  }
};

int Main(int argc, char** argv) {
  const ServerArguments arguments = StartServer(argc, argv, "gRPC C++ server, synchronous API.");
  RefuseBusyPoll(arguments.busy_poll, "gRPC C++");
  const TerminationSignal termination;

  EchoService service;
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
