// gRPC C++'s client with streams by its callback API: a reactor for each stream.
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bench.grpc.pb.h"
#include "streaming/streaming_arguments.h"
#include "support/grpc_channel.h"
#include "support/load_run.h"

namespace rhei::bench {
namespace {

// What all streams share: the callbacks come on several threads.
class Load {
 public:
  explicit Load(const StreamingArguments& arguments)
      : run_(arguments), active_(arguments.connections * arguments.streams) {
    request_.set_body(std::string(static_cast<std::size_t>(arguments.payload), 'x'));
  }

  const Payload& request() const { return request_; }

  LoadRun::TimePoint Begin() {
    const std::scoped_lock lock(mutex_);
    return run_.Begin();
  }

  bool End(LoadRun::TimePoint begun, const Payload& reply) {
    const std::scoped_lock lock(mutex_);
    return run_.End(begun, reply.body().size() == request_.body().size());
  }

  void EndOfStream(const grpc::Status& status) {
    const std::scoped_lock lock(mutex_);
    if (run_.running()) {
      std::fprintf(stderr, "a stream ended early: %s\n", status.error_message().c_str());
      std::exit(1);
    }
    if (--active_ == 0) over_.set_value();
  }

  std::string Result() {
    over_.get_future().wait();
    return run_.ToJson();
  }

 private:
  std::mutex mutex_;
  LoadRun run_;
  std::int64_t active_;
  Payload request_;
  std::promise<void> over_;
};

// Keeps so many messages in flight: fills up first, and then writes one for each that it reads.
class EchoStream final : public grpc::ClientBidiReactor<Payload, Payload> {
 public:
  EchoStream(Load* load, Bench::Stub* stub, std::int64_t in_flight)
      : load_(load), begun_(static_cast<std::size_t>(in_flight)) {
    stub->async()->Echo(&context_, this);
    WriteNext();
    StartCall();
  }

 private:
  void WriteNext() {
    begun_[written_ % begun_.size()] = load_->Begin();
    StartWrite(&load_->request());
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return;  // OnDone follows
    ++written_;
    written_ < begun_.size() ? WriteNext() : StartRead(&reply_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (!over_) over_ = !load_->End(begun_[written_ % begun_.size()], reply_);
    if (!over_) return WriteNext();
    if (!std::exchange(ended_, true)) StartWritesDone();
    StartRead(&reply_);
  }

  void OnDone(const grpc::Status& status) override { load_->EndOfStream(status); }

  Load* const load_;
  grpc::ClientContext context_;
  Payload reply_;
  std::vector<LoadRun::TimePoint> begun_;  // a ring: replies come in the order of the requests
  std::size_t written_ = 0;
  bool over_ = false;
  bool ended_ = false;
};

class DownloadStream final : public grpc::ClientReadReactor<Payload> {
 public:
  DownloadStream(Load* load, Bench::Stub* stub) : load_(load) {
    stub->async()->Download(&context_, &load->request(), this);
    begun_ = load->Begin();
    StartRead(&reply_);
    StartCall();
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (!load_->End(begun_, reply_)) return context_.TryCancel();
    begun_ = load_->Begin();
    StartRead(&reply_);
  }

  void OnDone(const grpc::Status& status) override { load_->EndOfStream(status); }

  Load* const load_;
  grpc::ClientContext context_;
  Payload reply_;
  LoadRun::TimePoint begun_;
};

int Main(int argc, char** argv) {
  const StreamingArguments arguments = StartStreamingClient(argc, argv, "gRPC C++ client with streams, callback API.");
  RefuseBusyPoll(arguments.busy_poll, "gRPC C++");
  RefuseCallOptions(arguments, "the benchmark of streams");

  Load load(arguments);
  std::vector<std::unique_ptr<Bench::Stub>> stubs;
  for (std::int64_t i = 0; i < arguments.connections; ++i) stubs.push_back(Bench::NewStub(ConnectGrpc(arguments.port)));
  std::vector<std::unique_ptr<EchoStream>> echoes;
  std::unique_ptr<DownloadStream> download;
  for (const auto& stub : stubs) {
    if (arguments.download) {
      download = std::make_unique<DownloadStream>(&load, stub.get());
    } else {
      for (std::int64_t i = 0; i < arguments.streams; ++i) {
        echoes.push_back(std::make_unique<EchoStream>(&load, stub.get(), arguments.in_flight));
      }
    }
  }
  std::puts(load.Result().c_str());
  std::fflush(stdout);
  // The last callback may not have returned yet; nothing is lost by leaving at once.
  std::_Exit(0);
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
