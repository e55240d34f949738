// rhei's blocking client of the benchmark `blocking`: one thread that waits for each call.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "bench.rhei.h"
#include "rhei/rhei.h"
#include "support/arguments.h"
#include "support/load_run.h"

namespace rhei::bench {
namespace {

int Main(int argc, char** argv) {
  const ClientArguments arguments = StartClient(argc, argv, "rhei, client that waits for each call.");
  RequireArgument(arguments.connections == 1 && arguments.in_flight == 1, "one thread makes one call at a time");
  RefuseCallOptions(arguments, "the benchmark blocking");
  const auto runtime =
      std::make_shared<Runtime>(RuntimeOptions().Loops(1).BusyPoll(std::chrono::microseconds(arguments.busy_poll)));
  const Bench::Stub stub(Connect("127.0.0.1:" + std::to_string(arguments.port), ChannelOptions().UseRuntime(runtime)));
  Payload request;
  request.set_body(std::string(static_cast<std::size_t>(arguments.payload), 'x'));

  LoadRun run(arguments);
  bool told = false;
  for (bool go_on = true; go_on;) {
    const LoadRun::TimePoint begun = run.Begin();
    const Result<Payload> reply = stub.Unary(request).Wait();
    if (!reply.ok() && !std::exchange(told, true)) std::fprintf(stderr, "%s\n", reply.error().ToString().c_str());
    go_on = run.End(begun, reply.ok() && reply->body().size() == request.body().size());
  }
  std::puts(run.ToJson().c_str());
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
