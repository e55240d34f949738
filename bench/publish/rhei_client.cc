// rhei's client of the benchmark `publish`: coroutines on one loop, each with one message after the other.
#include <cstdio>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench.rhei.h"
#include "publish/publish_arguments.h"
#include "rhei/rhei.h"
#include "runtime/loop.h"
#include "support/load_run.h"

namespace rhei::bench {
namespace {

class Client {
 public:
  explicit Client(const PublishArguments& arguments)
      : arguments_(arguments),
        run_(arguments),
        data_(MessageData(arguments.payload)),
        runtime_(std::make_shared<Runtime>(
            RuntimeOptions().Loops(1).BusyPoll(std::chrono::microseconds(arguments.busy_poll)))) {
    // Channels share nothing, so each has a connection of its own.
    for (std::int64_t i = 0; i < arguments.connections; ++i) {
      stubs_.emplace_back(
          Connect("127.0.0.1:" + std::to_string(arguments.port), ChannelOptions().UseRuntime(runtime_)));
    }
  }

  std::string Run() {
    runtime_->loop(0).Post([this] {
      const LoadRun::TimePoint start = LoadRun::Clock::now();
      active_ = arguments_.connections * arguments_.in_flight;
      for (std::int64_t connection = 0; connection < arguments_.connections; ++connection) {
        std::optional<Pace> pace;
        if (arguments_.rate > 0) pace.emplace(arguments_, start, connection);
        for (std::int64_t i = 0; i < arguments_.in_flight; ++i) {
          Spawn(PublishOnAndOn(stubs_[static_cast<std::size_t>(connection)], pace));
        }
      }
    });
    over_.get_future().wait();
    return run_.ToJson();
  }

 private:
  UnaryCall<PublishReply> Publish(const Bench::Stub& stub) const {
    PublishRequest request;
    request.set_topic(kTopic);
    request.set_data(data_);
    return stub.Publish(std::move(request));
  }

  Task<void> PublishOnAndOn(const Bench::Stub& stub, std::optional<Pace> pace) {
    bool go_on = true;
    while (go_on) {
      LoadRun::TimePoint begun;
      if (pace) {
        const auto early = pace->due() - LoadRun::Clock::now();
        if (early.count() > 0) static_cast<void>(co_await Sleep(early));  // nothing cancels it
        begun = run_.BeginDue(pace->due());
        pace->Advance();
      } else {
        begun = run_.Begin();
      }
      const Result<PublishReply> reply = co_await Publish(stub);
      if (!reply.ok() && !std::exchange(told_, true)) {
        std::fprintf(stderr, "%s\n", reply.error().ToString().c_str());
      }
      go_on = run_.End(begun, reply.ok() && reply->bytes() == data_.size());
    }
    if (--active_ == 0) over_.set_value();
  }

  const PublishArguments arguments_;
  LoadRun run_;
  const std::string data_;
  const std::shared_ptr<Runtime> runtime_;
  std::vector<Bench::Stub> stubs_;
  std::int64_t active_ = 0;
  bool told_ = false;
  std::promise<void> over_;
};

int Main(int argc, char** argv) {
  const PublishArguments arguments = StartPublishClient(argc, argv, "rhei, client that publishes messages.");
  RefuseCallOptions(arguments, "the benchmark publish");
  std::printf("%s\n", Client(arguments).Run().c_str());
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
