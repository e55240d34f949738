// gRPC C++'s server with streams by its callback API.
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <memory>
#include <string>

#include "bench.grpc.pb.h"
#include "support/arguments.h"
#include "support/process.h"

namespace rhei::bench {
namespace {

// Answers each message before it reads the next one.
class EchoReactor final : public grpc::ServerBidiReactor<Payload, Payload> {
 public:
  EchoReactor() { StartRead(&message_); }

 private:
  void OnReadDone(bool ok) override { ok ? StartWrite(&message_) : Finish(grpc::Status::OK); }
  void OnWriteDone(bool ok) override { ok ? StartRead(&message_) : Finish(grpc::Status::OK); }
  void OnDone() override { delete this; }

  Payload message_;
};

class DownloadReactor final : public grpc::ServerWriteReactor<Payload> {
 public:
  explicit DownloadReactor(const Payload& message) : message_(message) { StartWrite(&message_); }

 private:
  void OnWriteDone(bool ok) override { ok ? StartWrite(&message_) : Finish(grpc::Status::OK); }
  void OnDone() override { delete this; }

  const Payload& message_;  // the request, which lives as long as the call
};

class Streams final : public Bench::CallbackService {
  grpc::ServerBidiReactor<Payload, Payload>* Echo(grpc::CallbackServerContext* /*context*/) override {
    return new EchoReactor;
  }
  grpc::ServerWriteReactor<Payload>* Download(grpc::CallbackServerContext* /*context*/,
                                              const Payload* request) override {
    return new DownloadReactor(*request);
  }
};

int Main(int argc, char** argv) {
  const ServerArguments arguments = StartServer(argc, argv, "gRPC C++ server with streams, callback API.");
  RefuseBusyPoll(arguments.busy_poll, "gRPC C++");
  const TerminationSignal termination;

  Streams streams;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(arguments.port), grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&streams);
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
