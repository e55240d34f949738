// gRPC C++'s client of the benchmark `publish` by a completion queue: one thread, every connection a channel of its
// own.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench.grpc.pb.h"
#include "publish/publish_arguments.h"
#include "support/grpc_channel.h"
#include "support/load_run.h"

namespace rhei::bench {
namespace {

struct Load {
  explicit Load(const PublishArguments& arguments) : run(arguments), data(MessageData(arguments.payload)) {}

  LoadRun run;
  const std::string data;
  grpc::CompletionQueue queue;
  bool told = false;
};

// One message after another on one stub; the queue's tag.
class Publisher {
 public:
  Publisher(Load* load, std::unique_ptr<Bench::Stub> stub, std::optional<Pace> pace)
      : load_(load), stub_(std::move(stub)), pace_(pace) {}

  // When the next message is due: at once without a rate, never while one is under way.
  LoadRun::TimePoint due() const {
    if (under_way_) return LoadRun::TimePoint::max();
    return pace_ ? pace_->due() : LoadRun::TimePoint::min();
  }

  void Start() {
    under_way_ = true;
    if (pace_) {
      begun_ = load_->run.BeginDue(pace_->due());
      pace_->Advance();
    } else {
      begun_ = load_->run.Begin();
    }
    PublishRequest request;
    request.set_topic(kTopic);
    request.set_data(load_->data);
    reader_.reset();  // lives in the old call's memory, which the context frees
    context_.emplace();
    reader_ = stub_->AsyncPublish(&*context_, request, &load_->queue);
    reader_->Finish(&reply_, &status_, this);
  }

  // The reply has come.
  void End() {
    under_way_ = false;
    if (!status_.ok() && !std::exchange(load_->told, true)) {
      std::fprintf(stderr, "first failure: %s\n", status_.error_message().c_str());
    }
    load_->run.End(begun_, status_.ok() && reply_.bytes() == load_->data.size());
  }

 private:
  Load* const load_;
  const std::unique_ptr<Bench::Stub> stub_;
  std::optional<Pace> pace_;
  std::optional<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<PublishReply>> reader_;
  PublishReply reply_;
  grpc::Status status_;
  LoadRun::TimePoint begun_;
  bool under_way_ = false;
};

using Publishers = std::vector<std::unique_ptr<Publisher>>;

// With as many messages under way as there can be.
void RunFlatOut(Load* load, const Publishers& publishers) {
  for (const auto& publisher : publishers) publisher->Start();
  void* tag = nullptr;
  bool ok = false;
  while (load->run.running() && load->queue.Next(&tag, &ok)) {
    auto* const publisher = static_cast<Publisher*>(tag);
    publisher->End();
    publisher->Start();
  }
}

void RunPaced(Load* load, const Publishers& publishers) {
  while (load->run.running()) {
    const LoadRun::TimePoint now = LoadRun::Clock::now();
    LoadRun::TimePoint next = now + std::chrono::seconds(1);
    for (const auto& publisher : publishers) {
      if (publisher->due() <= now) publisher->Start();
      next = std::min(next, publisher->due());
    }
    void* tag = nullptr;
    bool ok = false;
    const auto deadline =
        std::chrono::system_clock::now() + std::chrono::duration_cast<std::chrono::system_clock::duration>(next - now);
    if (load->queue.AsyncNext(&tag, &ok, deadline) == grpc::CompletionQueue::GOT_EVENT) {
      static_cast<Publisher*>(tag)->End();
    }
  }
}

int Main(int argc, char** argv) {
  const PublishArguments arguments =
      StartPublishClient(argc, argv, "gRPC C++ client that publishes messages, completion queue.");
  RefuseBusyPoll(arguments.busy_poll, "gRPC C++");
  RefuseCallOptions(arguments, "the benchmark publish");

  Load load(arguments);
  Publishers publishers;
  const LoadRun::TimePoint start = LoadRun::Clock::now();
  for (std::int64_t connection = 0; connection < arguments.connections; ++connection) {
    const auto channel = ConnectGrpc(arguments.port);
    std::optional<Pace> pace;
    if (arguments.rate > 0) pace.emplace(arguments, start, connection);
    for (std::int64_t i = 0; i < arguments.in_flight; ++i) {
      publishers.push_back(std::make_unique<Publisher>(&load, Bench::NewStub(channel), pace));
    }
  }
  arguments.rate > 0 ? RunPaced(&load, publishers) : RunFlatOut(&load, publishers);
  std::puts(load.run.ToJson().c_str());
  std::fflush(stdout);
  // Messages are still under way; nothing is lost by leaving at once.
  std::_Exit(0);
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
