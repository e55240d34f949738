// gRPC C++'s server of the benchmark `overload`, by its callback API: a handler that computes.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "bench.grpc.pb.h"
#include "support/arguments.h"
#include "support/process.h"

namespace rhei::bench {
namespace {

class ComputingService final : public Bench::CallbackService {
 public:
  explicit ComputingService(std::int64_t microseconds) : work_(microseconds) {}

 private:
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, const Payload* request,
                                  Payload* reply) override {
    SpinCpu(work_);
    reply->set_body(request->body());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  const std::chrono::microseconds work_;
};

int Main(int argc, char** argv) {
  std::int64_t work = 200;
  const ServerArguments arguments =
      StartServer(argc, argv, "gRPC C++ server that computes, callback API.",
                  [&](Flags& flags) { flags.Add("--work", &work, "microseconds of CPU that a call takes"); });
  RefuseBusyPoll(arguments.busy_poll, "gRPC C++");
  const TerminationSignal termination;

  ComputingService service(work);
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
