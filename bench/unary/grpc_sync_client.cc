// gRPC C++'s blocking client of the benchmark `blocking`: one thread that waits for each call.
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "bench.grpc.pb.h"
#include "support/arguments.h"
#include "support/grpc_channel.h"
#include "support/load_run.h"

namespace rhei::bench {
namespace {

int Main(int argc, char** argv) {
  const ClientArguments arguments = StartClient(argc, argv, "gRPC C++ client that waits for each call.");
  RequireArgument(arguments.connections == 1 && arguments.in_flight == 1, "one thread makes one call at a time");
  RefuseBusyPoll(arguments.busy_poll, "gRPC C++");
  RefuseCallOptions(arguments, "the benchmark blocking");
  const std::unique_ptr<Bench::Stub> stub = Bench::NewStub(ConnectGrpc(arguments.port));
  Payload request;
  request.set_body(std::string(static_cast<std::size_t>(arguments.payload), 'x'));

  LoadRun run(arguments);
  bool told = false;
  for (bool go_on = true; go_on;) {
    grpc::ClientContext context;
    Payload reply;
    const LoadRun::TimePoint begun = run.Begin();
    const grpc::Status status = stub->Unary(&context, request, &reply);
    if (!status.ok() && !std::exchange(told, true)) {
      std::fprintf(stderr, "first failure: %s\n", status.error_message().c_str());
    }
    go_on = run.End(begun, status.ok() && reply.body().size() == request.body().size());
  }
  std::puts(run.ToJson().c_str());
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
