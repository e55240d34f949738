// The client of the benchmark `overload`: calls at a rate, whether or not the server keeps up (an open loop). The same
// for all servers.
#include <cstdio>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench.rhei.h"
#include "overload/phases.h"
#include "rhei/rhei.h"
#include "runtime/loop.h"
#include "support/arguments.h"

namespace rhei::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

class Client {
 public:
  Client(const ClientArguments& arguments, const std::vector<Phase>& phases)
      : schedule_(phases),
        counts_(phases.size(), std::chrono::milliseconds(arguments.deadline)),
        runtime_(std::make_shared<Runtime>(RuntimeOptions().Loops(1))),
        timer_([this] { SendDue(); }) {
    request_.set_body(std::string(static_cast<std::size_t>(arguments.payload), 'x'));
    options_.Timeout(std::chrono::milliseconds(arguments.deadline));
    for (std::int64_t i = 0; i < arguments.connections; ++i) {
      stubs_.emplace_back(
          Connect("127.0.0.1:" + std::to_string(arguments.port), ChannelOptions().UseRuntime(runtime_)));
    }
  }

  std::string Run() {
    for (const Bench::Stub& stub : stubs_) static_cast<void>(stub.Unary(request_).Wait());  // connects
    runtime_->loop(0).Post([this] {
      begin_ = Clock::now();
      SendDue();
    });
    over_.get_future().wait();
    return counts_.ToJson();
  }

 private:
  // What is due by now, and again when the next one is, or a little later: calls may be due closer than timers fire.
  void SendDue() {
    const nanoseconds now = Clock::now() - begin_;
    for (; schedule_.due() && *schedule_.due() <= now; schedule_.Next()) Send(schedule_.phase(), *schedule_.due());
    if (schedule_.due()) {
      runtime_->loop(0).Arm(timer_, begin_ + std::max(*schedule_.due(), now + kBetweenTimers));
    } else if (active_ == 0) {
      over_.set_value();
    }
  }

  void Send(std::size_t phase, nanoseconds due) {
    counts_.Sent(phase, due);
    ++active_;
    stubs_[next_++ % stubs_.size()].Unary(request_, options_).Then([this, phase, due](const Result<Payload>& reply) {
      counts_.Ended(phase, due, Clock::now() - begin_ - due, HowEnded(reply));
      if (--active_ == 0 && !schedule_.due()) over_.set_value();
    });
  }

  PhaseCounts::End HowEnded(const Result<Payload>& reply) {
    if (reply.ok()) return PhaseCounts::End::kAnswered;
    if (reply.error().code() == StatusCode::kDeadlineExceeded) return PhaseCounts::End::kExpired;
    if (reply.error().origin() == Origin::kRemote && reply.error().code() == StatusCode::kUnavailable) {
      return PhaseCounts::End::kRefused;
    }
    if (!std::exchange(told_, true)) std::fprintf(stderr, "%s\n", reply.error().ToString().c_str());
    return PhaseCounts::End::kFailed;
  }

  static constexpr std::chrono::microseconds kBetweenTimers{100};

  Schedule schedule_;
  PhaseCounts counts_;
  const std::shared_ptr<Runtime> runtime_;
  std::vector<Bench::Stub> stubs_;
  Payload request_;
  CallOptions options_;
  runtime::Timer timer_;
  Clock::time_point begin_;
  std::size_t next_ = 0;
  std::int64_t active_ = 0;
  bool told_ = false;
  std::promise<void> over_;
};

int Main(int argc, char** argv) {
  std::string text;
  const ClientArguments arguments =
      StartClient(argc, argv, "A client that sends calls at a rate, whether or not the server keeps up.",
                  [&](Flags& flags) { flags.Add("--phases", &text, "calls a second and seconds, as 2500:1,20000:5"); });
  const std::optional<std::vector<Phase>> phases = ParsePhases(text);
  RequireArgument(phases.has_value(), "--phases must be like 2500:1,20000:5");
  RequireArgument(arguments.deadline > 0, "--deadline must be positive");
  std::printf("%s\n", Client(arguments, *phases).Run().c_str());
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
