// rhei's server of the unary benchmark: a handler that answers at once, on one loop or as many as it is told.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench.rhei.h"
#include "rhei/rhei.h"
#include "support/arguments.h"
#include "support/process.h"

namespace rhei::bench {
namespace {

class Echo final : public Bench::Service {
 public:
  explicit Echo(std::int64_t metadata) {
    for (std::int64_t i = 0; i < metadata; ++i) keys_.push_back(MetadataKey(i));
  }

  Task<Result<Payload>> Unary(ServerContext& context, const Payload& request) override {
    for (const std::string& key : keys_) context.headers().Add(key, kMetadataValue);
    return request;
  }

 private:
  std::vector<std::string> keys_;
};

int Main(int argc, char** argv) {
  std::int64_t loops = 1;
  const ServerArguments arguments = StartServer(
      argc, argv, "rhei, server.", [&](Flags& flags) { flags.Add("--loops", &loops, "event loops, a thread each"); });
  RequireArgument(loops > 0, "--loops must be positive");
  const TerminationSignal termination;
  Echo echo(arguments.metadata);
  Server server(ServerOptions().UseRuntime(
      std::make_shared<Runtime>(RuntimeOptions()
                                    .Loops(static_cast<std::size_t>(loops))
                                    .BusyPoll(std::chrono::microseconds(arguments.busy_poll)))));
  server.Add(echo).Listen("127.0.0.1:" + std::to_string(arguments.port));
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
