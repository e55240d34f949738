// gRPC C++'s server by a completion queue, to see that the callback API is no worse choice (README.md, "The peers").
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "bench.grpc.pb.h"
#include "support/arguments.h"
#include "support/process.h"

namespace rhei::bench {
namespace {

// As many calls can arrive at once without waiting for one to be asked for.
constexpr int kCallsAwaited = 1000;

// What gRPC C++ wants anew for every call.
struct CallState {
  grpc::ServerContext context;
  Payload request;
  grpc::ServerAsyncResponseWriter<Payload> writer{&context};
};

// One call after another: awaited, answered, finished, awaited again.
class Call {
 public:
  Call(Bench::AsyncService* service, grpc::ServerCompletionQueue* queue) : service_(service), queue_(queue) {}

  void Await() {
    state_.emplace();
    finishing_ = false;
    service_->RequestUnary(&state_->context, &state_->request, &state_->writer, queue_, queue_, this);
  }

  // The operation that was under way has ended.
  void Advance(bool ok) {
    if (finishing_) return Await();
    if (!ok) return;  // the server shuts down
    finishing_ = true;
    reply_.set_body(state_->request.body());
    state_->writer.Finish(reply_, grpc::Status::OK, this);
  }

 private:
  Bench::AsyncService* const service_;
  grpc::ServerCompletionQueue* const queue_;
  std::optional<CallState> state_;
  Payload reply_;
  bool finishing_ = false;
};

void Serve(Bench::AsyncService* service, grpc::ServerCompletionQueue* queue) {
  std::deque<Call> calls;
  for (int i = 0; i < kCallsAwaited; ++i) calls.emplace_back(service, queue).Await();
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) static_cast<Call*>(tag)->Advance(ok);
}

int Main(int argc, char** argv) {
  const ServerArguments arguments = StartServer(argc, argv, "gRPC C++ server, completion queue.");
  RefuseBusyPoll(arguments.busy_poll, "gRPC C++");
  const TerminationSignal termination;

  Bench::AsyncService service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(arguments.port), grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    std::fputs("gRPC C++ server: cannot start\n", stderr);
    return 1;
  }
  std::thread serving(Serve, &service, queue.get());
  AnnouncePort(port);
  termination.Wait();
  // Calls re-awaited while the server shuts down would be a misuse of the queue; nothing is lost by leaving at once.
  std::_Exit(0);
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
