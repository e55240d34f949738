// gRPC C++'s client by a completion queue: one thread, every connection a channel of its own. With a rate it spins for
// replies and for the time of the next call, which gRPC's timers are too coarse for.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench.grpc.pb.h"
#include "support/arguments.h"
#include "support/grpc_channel.h"
#include "support/load_run.h"
#include "unary/unary_arguments.h"

namespace rhei::bench {
namespace {

// One call after another on one stub.
struct Call {
  explicit Call(Bench::Stub* its_stub) : stub(its_stub) {}

  void Start(const Payload& request, const ClientArguments& arguments, grpc::CompletionQueue* queue, LoadRun* run,
             LoadRun::TimePoint due = {}) {
    reader.reset();  // lives in the old call's memory, which the context frees
    context.emplace();
    if (arguments.deadline > 0) {
      context->set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(arguments.deadline));
    }
    for (std::int64_t i = 0; i < arguments.metadata; ++i) context->AddMetadata(MetadataKey(i), kMetadataValue);
    begun = due == LoadRun::TimePoint{} ? run->Begin() : run->BeginDue(due);
    reader = stub->AsyncUnary(&*context, request, queue);
    reader->Finish(&reply, &status, this);
  }

  Bench::Stub* stub;
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Payload>> reader;
  Payload reply;
  grpc::Status status;
  LoadRun::TimePoint begun;
};

bool Succeeded(const Call& call, const Payload& request) {
  static bool told = false;
  if (call.status.ok() && call.reply.body().size() == request.body().size()) return true;
  if (!std::exchange(told, true)) std::fprintf(stderr, "first failure: %s\n", call.status.error_message().c_str());
  return false;
}

// The open loop. Beyond as many calls under way as there are others wait, and still count from when they were due.
void RunOpenLoop(const UnaryArguments& arguments, const Payload& request, std::deque<Call>* calls,
                 grpc::CompletionQueue* queue, LoadRun* run) {
  std::deque<Call*> idle;
  for (Call& call : *calls) idle.push_back(&call);
  Arrivals arrivals(arguments.rate, LoadRun::Clock::now());
  while (run->running()) {
    for (; !idle.empty() && arrivals.due() <= LoadRun::Clock::now(); arrivals.Advance()) {
      idle.front()->Start(request, arguments, queue, run, arrivals.due());
      idle.pop_front();
    }
    void* tag = nullptr;
    bool ok = false;
    if (queue->AsyncNext(&tag, &ok, gpr_time_0(GPR_CLOCK_MONOTONIC)) != grpc::CompletionQueue::GOT_EVENT) continue;
    auto* const call = static_cast<Call*>(tag);
    run->End(call->begun, Succeeded(*call, request));
    idle.push_back(call);
  }
}

int Main(int argc, char** argv) {
  const UnaryArguments arguments = StartUnaryClient(argc, argv, "gRPC C++ client, completion queue.");
  RefuseBusyPoll(arguments.busy_poll, "gRPC C++");

  std::vector<std::unique_ptr<Bench::Stub>> stubs;
  for (std::int64_t i = 0; i < arguments.connections; ++i) stubs.push_back(Bench::NewStub(ConnectGrpc(arguments.port)));
  Payload request;
  request.set_body(std::string(static_cast<std::size_t>(arguments.payload), 'x'));

  LoadRun run(arguments);
  grpc::CompletionQueue queue;
  std::deque<Call> calls;
  for (std::int64_t i = 0; i < arguments.in_flight; ++i) {
    for (const auto& stub : stubs) calls.emplace_back(stub.get());
  }
  if (arguments.rate > 0) {
    RunOpenLoop(arguments, request, &calls, &queue, &run);
    std::puts(run.ToJson().c_str());
    std::fflush(stdout);
    // Calls are still under way; nothing is lost by leaving at once.
    std::_Exit(0);
  }
  for (Call& call : calls) call.Start(request, arguments, &queue, &run);
  std::size_t active = calls.size();
  void* tag = nullptr;
  bool ok = false;
  while (active > 0 && queue.Next(&tag, &ok)) {
    Call& call = *static_cast<Call*>(tag);
    if (run.End(call.begun, Succeeded(call, request))) {
      call.Start(request, arguments, &queue, &run);
    } else {
      --active;
    }
  }
  std::puts(run.ToJson().c_str());
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
