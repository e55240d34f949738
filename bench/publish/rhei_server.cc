// rhei's server of the benchmark `publish`: a handler that answers at once, on one loop.
#include <cstdio>
#include <memory>
#include <string>

#include "bench.rhei.h"
#include "rhei/rhei.h"
#include "support/arguments.h"
#include "support/process.h"

namespace rhei::bench {
namespace {

class Publisher final : public Bench::Service {
 public:
  Task<Result<PublishReply>> Publish(ServerContext& /*context*/, const PublishRequest& request) override {
    PublishReply reply;
    reply.set_bytes(request.data().size());
    return reply;
  }
};

int Main(int argc, char** argv) {
  const ServerArguments arguments = StartServer(argc, argv, "rhei, server of messages to publish.");
  const TerminationSignal termination;
  Publisher publisher;
  Server server(ServerOptions().UseRuntime(
      std::make_shared<Runtime>(RuntimeOptions().Loops(1).BusyPoll(std::chrono::microseconds(arguments.busy_poll)))));
  server.Add(publisher).Listen("127.0.0.1:" + std::to_string(arguments.port));
  if (const Status started = server.Start(); !started.ok()) {
    std::fprintf(stderr, "%s\n", started.ToString().c_str());
    return 1;
  }
  AnnouncePort(server.port());
  termination.Wait();
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
