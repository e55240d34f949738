// rhei's client of the unary benchmark: coroutines on one loop, each with one call after the other; or, with a rate, a
// coroutine for each call that is due.
#include <algorithm>
#include <cstdio>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "bench.rhei.h"
#include "rhei/rhei.h"
#include "runtime/loop.h"
#include "support/arguments.h"
#include "support/load_run.h"
#include "unary/unary_arguments.h"

namespace rhei::bench {
namespace {

class Client {
 public:
  explicit Client(const UnaryArguments& arguments)
      : run_(arguments),
        rate_(arguments.rate),
        in_flight_(arguments.in_flight),
        runtime_(std::make_shared<Runtime>(
            RuntimeOptions().Loops(1).BusyPoll(std::chrono::microseconds(arguments.busy_poll)))) {
    request_.set_body(std::string(static_cast<std::size_t>(arguments.payload), 'x'));
    if (arguments.deadline > 0) options_.Timeout(std::chrono::milliseconds(arguments.deadline));
    for (std::int64_t i = 0; i < arguments.metadata; ++i) options_.Metadata(MetadataKey(i), kMetadataValue);
    // Channels share nothing, so each has a connection of its own.
    for (std::int64_t i = 0; i < arguments.connections; ++i) {
      stubs_.emplace_back(
          Connect("127.0.0.1:" + std::to_string(arguments.port), ChannelOptions().UseRuntime(runtime_)));
    }
  }

  std::string Run() {
    runtime_->loop(0).Post([this] {
      if (rate_ > 0) return Spawn(CallWhenDue());
      active_ = static_cast<std::int64_t>(stubs_.size()) * in_flight_;
      for (const Bench::Stub& stub : stubs_) {
        for (std::int64_t i = 0; i < in_flight_; ++i) Spawn(CallOnAndOn(stub));
      }
    });
    over_.get_future().wait();
    return run_.ToJson();
  }

 private:
  Task<void> CallOnAndOn(const Bench::Stub& stub) {
    bool go_on = true;
    while (go_on) {
      const LoadRun::TimePoint begun = run_.Begin();
      const Result<Payload> reply = co_await stub.Unary(request_, options_);
      go_on = run_.End(begun, IsGood(reply));
    }
    Leave();
  }

  Task<void> CallOnce(const Bench::Stub& stub, LoadRun::TimePoint begun) {
    const Result<Payload> reply = co_await stub.Unary(request_, options_);
    run_.End(begun, IsGood(reply));
    Leave();
  }

  // The open loop. Beyond so many calls under way others wait, and still count from when they were due.
  Task<void> CallWhenDue() {
    active_ = 1;  // this one
    const std::int64_t most = static_cast<std::int64_t>(stubs_.size()) * in_flight_;
    std::size_t next_stub = 0;
    Arrivals arrivals(rate_, LoadRun::Clock::now());
    while (run_.running()) {
      const LoadRun::TimePoint now = LoadRun::Clock::now();
      for (; arrivals.due() <= now && active_ <= most; arrivals.Advance()) {
        ++active_;
        Spawn(CallOnce(stubs_[next_stub++ % stubs_.size()], run_.BeginDue(arrivals.due())));
      }
      const Duration early = std::max<Duration>(arrivals.due() - now, std::chrono::microseconds(1));
      static_cast<void>(co_await Sleep(early));  // nothing cancels it
    }
    Leave();
  }

  bool IsGood(const Result<Payload>& reply) {
    if (!reply.ok() && !failed_) {
      failed_ = true;
      std::fprintf(stderr, "%s\n", reply.error().ToString().c_str());
    }
    return reply.ok() && reply->body().size() == request_.body().size();
  }

  void Leave() {
    if (--active_ == 0) over_.set_value();
  }

  LoadRun run_;
  const double rate_;
  const std::int64_t in_flight_;
  const std::shared_ptr<Runtime> runtime_;
  std::vector<Bench::Stub> stubs_;
  Payload request_;
  CallOptions options_;
  std::int64_t active_ = 0;
  bool failed_ = false;
  std::promise<void> over_;
};

int Main(int argc, char** argv) {
  const UnaryArguments arguments = StartUnaryClient(argc, argv, "rhei, client.");
  std::printf("%s\n", Client(arguments).Run().c_str());
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
