// rhei's program of the benchmark `in_process`: server and client on one loop, without a socket between them.
#include <cstdio>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "bench.rhei.h"
#include "rhei/inprocess.h"
#include "rhei/rhei.h"
#include "runtime/loop.h"
#include "support/arguments.h"
#include "support/load_run.h"

namespace rhei::bench {
namespace {

class Echo final : public Bench::Service {
  Task<Result<Payload>> Unary(ServerContext&, const Payload& request) override { return request; }
};

class Caller {
 public:
  Caller(const ClientArguments& arguments, Bench::Stub stub)
      : run_(arguments), active_(arguments.in_flight), stub_(std::move(stub)) {
    request_.set_body(std::string(static_cast<std::size_t>(arguments.payload), 'x'));
  }

  std::string Run(Runtime& runtime) {
    runtime.loop(0).Post([this] {
      for (std::int64_t left = active_; left > 0; --left) Spawn(CallOnAndOn());
    });
    over_.get_future().wait();
    return run_.ToJson();
  }

 private:
  Task<void> CallOnAndOn() {
    bool go_on = true;
    while (go_on) {
      const LoadRun::TimePoint begun = run_.Begin();
      const Result<Payload> reply = co_await stub_.Unary(request_);
      if (!reply.ok() && !std::exchange(told_, true)) std::fprintf(stderr, "%s\n", reply.error().ToString().c_str());
      go_on = run_.End(begun, reply.ok() && reply->body().size() == request_.body().size());
    }
    if (--active_ == 0) over_.set_value();
  }

  LoadRun run_;
  std::int64_t active_;
  const Bench::Stub stub_;
  Payload request_;
  bool told_ = false;
  std::promise<void> over_;
};

int Main(int argc, char** argv) {
  const ClientArguments arguments = StartAlone(argc, argv, "rhei inside of a process.");
  const auto runtime = std::make_shared<Runtime>(RuntimeOptions().Loops(1));
  Echo echo;
  Server server(ServerOptions().UseRuntime(runtime));
  server.Add(echo).Listen(kInProcess);
  if (const Status started = server.Start(); !started.ok()) {
    std::fprintf(stderr, "%s\n", started.ToString().c_str());
    return 1;
  }
  Caller caller(arguments, Bench::Stub(ConnectInProcess(server, ChannelOptions().UseRuntime(runtime))));
  std::puts(caller.Run(*runtime).c_str());
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
