// rhei's client of the benchmark `streaming`: a coroutine for each stream, all on one loop.
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "bench.rhei.h"
#include "rhei/rhei.h"
#include "runtime/loop.h"
#include "streaming/streaming_arguments.h"
#include "support/load_run.h"

namespace rhei::bench {
namespace {

class Client {
 public:
  explicit Client(const StreamingArguments& arguments)
      : arguments_(arguments),
        run_(arguments),
        runtime_(std::make_shared<Runtime>(
            RuntimeOptions().Loops(1).BusyPoll(std::chrono::microseconds(arguments.busy_poll)))) {
    request_.set_body(std::string(static_cast<std::size_t>(arguments.payload), 'x'));
    // Channels share nothing, so each has a connection of its own.
    for (std::int64_t i = 0; i < arguments.connections; ++i) {
      stubs_.emplace_back(
          Connect("127.0.0.1:" + std::to_string(arguments.port), ChannelOptions().UseRuntime(runtime_)));
    }
  }

  std::string Run() {
    runtime_->loop(0).Post([this] {
      active_ = arguments_.connections * arguments_.streams;
      for (const Bench::Stub& stub : stubs_) {
        for (std::int64_t i = 0; i < arguments_.streams; ++i) {
          Spawn(arguments_.download ? Download(stub) : EchoOnAndOn(stub));
        }
      }
    });
    over_.get_future().wait();
    return run_.ToJson();
  }

 private:
  // Replies come in the order of the requests, so a ring holds what is in flight.
  Task<void> EchoOnAndOn(const Bench::Stub& stub) {
    auto call = stub.Echo();
    std::vector<LoadRun::TimePoint> begun(static_cast<std::size_t>(arguments_.in_flight));
    for (LoadRun::TimePoint& its_time : begun) {
      its_time = run_.Begin();
      if (!co_await call.Write(request_)) break;
    }
    Payload reply;
    std::size_t oldest = 0;
    while (co_await call.Next(reply)) {
      const bool go_on = run_.End(begun[oldest], reply.body().size() == request_.body().size());
      if (!go_on) break;
      begun[oldest] = run_.Begin();
      if (++oldest == begun.size()) oldest = 0;
      if (!co_await call.Write(request_)) break;
    }
    call.WritesDone();
    while (co_await call.Next(reply)) {
    }
    EndOfStream(co_await call.Finish());
  }

  Task<void> Download(const Bench::Stub& stub) {
    auto call = stub.Download(request_);
    Payload reply;
    bool go_on = true;
    LoadRun::TimePoint begun = run_.Begin();
    while (go_on && co_await call.Next(reply)) {
      go_on = run_.End(begun, reply.body().size() == request_.body().size());
      begun = run_.Begin();
    }
    call.Cancel();
    EndOfStream(co_await call.Finish());
  }

  void EndOfStream(const Status& status) {
    if (run_.running()) {
      std::fprintf(stderr, "a stream ended early: %s\n", status.ToString().c_str());
      std::exit(1);
    }
    if (--active_ == 0) over_.set_value();
  }

  const StreamingArguments arguments_;
  LoadRun run_;
  const std::shared_ptr<Runtime> runtime_;
  std::vector<Bench::Stub> stubs_;
  Payload request_;
  std::int64_t active_ = 0;
  std::promise<void> over_;
};

int Main(int argc, char** argv) {
  const StreamingArguments arguments = StartStreamingClient(argc, argv, "rhei, client with streams.");
  RefuseCallOptions(arguments, "the benchmark of streams");
  std::printf("%s\n", Client(arguments).Run().c_str());
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
