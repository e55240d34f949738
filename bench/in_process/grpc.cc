// gRPC C++'s program of the benchmark `in_process`: a server by the callback API, a client by a completion queue, and
// between them gRPC's own channel inside of a process.
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bench.grpc.pb.h"
#include "support/arguments.h"
#include "support/load_run.h"

namespace rhei::bench {
namespace {

class EchoService final : public Bench::CallbackService {
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, const Payload* request,
                                  Payload* reply) override {
    reply->set_body(request->body());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

// One call after another; the queue's tag.
struct Call {
  void Start(Bench::Stub* stub, const Payload& request, grpc::CompletionQueue* queue, LoadRun* run) {
    reader.reset();  // lives in the old call's memory, which the context frees
    context.emplace();
    begun = run->Begin();
    reader = stub->AsyncUnary(&*context, request, queue);
    reader->Finish(&reply, &status, this);
  }

  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Payload>> reader;
  Payload reply;
  grpc::Status status;
  LoadRun::TimePoint begun;
};

void RunLoad(const ClientArguments& arguments, Bench::Stub* stub, LoadRun* run) {
  Payload request;
  request.set_body(std::string(static_cast<std::size_t>(arguments.payload), 'x'));
  grpc::CompletionQueue queue;
  std::deque<Call> calls(static_cast<std::size_t>(arguments.in_flight));
  for (Call& call : calls) call.Start(stub, request, &queue, run);
  std::size_t active = calls.size();
  void* tag = nullptr;
  bool ok = false;
  while (active > 0 && queue.Next(&tag, &ok)) {
    Call& call = *static_cast<Call*>(tag);
    if (run->End(call.begun, call.status.ok() && call.reply.body().size() == request.body().size())) {
      call.Start(stub, request, &queue, run);
    } else {
      --active;
    }
  }
}

int Main(int argc, char** argv) {
  const ClientArguments arguments = StartAlone(argc, argv, "gRPC C++ inside of a process.");
  EchoService service;
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    std::fputs("gRPC C++ server: cannot start\n", stderr);
    return 1;
  }
  const std::unique_ptr<Bench::Stub> stub = Bench::NewStub(server->InProcessChannel(grpc::ChannelArguments()));
  LoadRun run(arguments);
  RunLoad(arguments, stub.get(), &run);
  std::puts(run.ToJson().c_str());
  std::fflush(stdout);
  // Taking both ends down in order would measure nothing more.
  std::_Exit(0);
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
