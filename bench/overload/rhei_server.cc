// rhei's server of the benchmark `overload`: a handler that computes, on one loop, with the adaptive limit or without.
#include <cstdio>
#include <memory>
#include <string>

#include "bench.rhei.h"
#include "rhei/adaptive_limit.h"
#include "rhei/rhei.h"
#include "support/arguments.h"
#include "support/process.h"

namespace rhei::bench {
namespace {

class Computing final : public Bench::Service {
 public:
  explicit Computing(std::int64_t microseconds) : work_(microseconds) {}
  Task<Result<Payload>> Unary(ServerContext&, const Payload& request) override {
    SpinCpu(work_);
    return request;
  }

 private:
  const std::chrono::microseconds work_;
};

int Main(int argc, char** argv) {
  std::int64_t work = 200;
  std::int64_t limit = 0;
  const ServerArguments arguments = StartServer(argc, argv, "rhei, server that computes.", [&](Flags& flags) {
    flags.Add("--work", &work, "microseconds of CPU that a call takes");
    flags.Add("--limit", &limit, "1 for the adaptive limit");
  });
  const TerminationSignal termination;
  Computing service(work);
  Server server(ServerOptions().UseRuntime(std::make_shared<Runtime>(RuntimeOptions().Loops(1))));
  server.Add(service).Listen("127.0.0.1:" + std::to_string(arguments.port));
  const std::shared_ptr<AdaptiveLimit> adaptive = LimitAdaptively();
  if (limit != 0) server.Intercept(adaptive);
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
