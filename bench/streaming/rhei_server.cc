// rhei's server of the benchmarks with streams: coroutines on one loop.
#include <malloc.h>

#include <coroutine>
#include <cstdio>
#include <memory>
#include <string>

#include "bench.rhei.h"
#include "rhei/rhei.h"
#include "support/arguments.h"
#include "support/process.h"

namespace rhei::bench {
namespace {

// Awaited, it tells how large the frame of the coroutine is.
struct FrameSize {
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> frame) {
    size = malloc_usable_size(frame.address());
    return false;
  }
  std::size_t await_resume() const noexcept { return size; }

  std::size_t size = 0;
};

class Streams final : public Bench::Service {
 public:
  explicit Streams(bool report_frame) : report_frame_(report_frame) {}

  Task<Status> Echo(ServerContext& /*context*/, Reader<Payload>& reader, Writer<Payload>& writer) override {
    if (std::exchange(report_frame_, false)) ReportFrame(co_await FrameSize());
    Payload message;
    while (co_await reader.Next(message)) {
      if (!co_await writer.Write(message)) break;
    }
    co_return Status();
  }

  Task<Status> Download(ServerContext& /*context*/, const Payload& request, Writer<Payload>& writer) override {
    // A variable, because GCC 12 lays the frame out wrongly where a coroutine has none and a condition awaits (106188).
    bool wanted = true;
    while (wanted) wanted = co_await writer.Write(request);
    co_return Status();
  }

 private:
  static void ReportFrame(std::size_t size) {
    std::printf("handler frame %zu\n", size);
    std::fflush(stdout);
  }

  bool report_frame_;
};

int Main(int argc, char** argv) {
  std::int64_t max_streams = Limits().max_concurrent_streams;
  std::int64_t report_frame = 0;
  const ServerArguments arguments = StartServer(argc, argv, "rhei, server with streams.", [&](Flags& flags) {
    flags.Add("--max-streams", &max_streams, "streams at once on one connection");
    flags.Add("--report-frame", &report_frame, "1: at the first Echo, say \"handler frame BYTES\" on standard output");
  });
  const TerminationSignal termination;
  Streams streams(report_frame == 1);
  Limits limits;
  limits.max_concurrent_streams = static_cast<std::uint32_t>(max_streams);
  Server server(ServerOptions().UseLimits(limits).UseRuntime(
      std::make_shared<Runtime>(RuntimeOptions().Loops(1).BusyPoll(std::chrono::microseconds(arguments.busy_poll)))));
  server.Add(streams).Listen("127.0.0.1:" + std::to_string(arguments.port));
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
