// gRPC C++'s client with streams by a completion queue, on one thread.
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bench.grpc.pb.h"
#include "streaming/streaming_arguments.h"
#include "support/grpc_channel.h"
#include "support/load_run.h"

namespace rhei::bench {
namespace {

struct Load {
  explicit Load(const StreamingArguments& arguments) : run(arguments) {
    request.set_body(std::string(static_cast<std::size_t>(arguments.payload), 'x'));
  }

  bool End(LoadRun::TimePoint begun, const Payload& reply) {
    return run.End(begun, reply.body().size() == request.body().size());
  }

  LoadRun run;
  Payload request;
  grpc::CompletionQueue queue;
};

// A call; the queue's tag. One operation of it is under way at any time.
class Stream {
 public:
  virtual ~Stream() = default;
  // The operation has ended. False: so has the call, as status() says.
  virtual bool Advance(bool ok) = 0;
  const grpc::Status& status() const { return status_; }

 protected:
  grpc::Status status_;
};

// Keeps so many messages in flight: fills up first, and then writes one for each that it reads.
class EchoStream final : public Stream {
 public:
  EchoStream(Load* load, Bench::Stub* stub, std::int64_t in_flight)
      : load_(load),
        stream_(stub->AsyncEcho(&context_, &load->queue, this)),
        begun_(static_cast<std::size_t>(in_flight)) {}

  bool Advance(bool ok) override {
    if (state_ == State::kEnding) return false;
    if (!ok) {
      state_ = State::kEnding;
      stream_->Finish(&status_, this);
      return true;
    }
    switch (state_) {
      case State::kStarting: WriteNext(); break;
      case State::kWriting: ++written_ < begun_.size() ? WriteNext() : ReadNext(); break;
      case State::kReading: TakeReply(); break;
      default: ReadNext(); break;
    }
    return true;
  }

 private:
  enum class State { kStarting, kWriting, kReading, kWritesEnding, kEnding };

  void WriteNext() {
    state_ = State::kWriting;
    begun_[written_ % begun_.size()] = load_->run.Begin();
    stream_->Write(load_->request, this);
  }

  void ReadNext() {
    state_ = State::kReading;
    stream_->Read(&reply_, this);
  }

  void TakeReply() {
    if (over_) return ReadNext();
    over_ = !load_->End(begun_[written_ % begun_.size()], reply_);
    if (!over_) return WriteNext();
    state_ = State::kWritesEnding;
    stream_->WritesDone(this);
  }

  Load* const load_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<Payload, Payload>> stream_;
  Payload reply_;
  std::vector<LoadRun::TimePoint> begun_;  // a ring: replies come in the order of the requests
  std::size_t written_ = 0;
  State state_ = State::kStarting;
  bool over_ = false;
};

class DownloadStream final : public Stream {
 public:
  DownloadStream(Load* load, Bench::Stub* stub)
      : load_(load), reader_(stub->AsyncDownload(&context_, load->request, &load->queue, this)) {}

  bool Advance(bool ok) override {
    if (state_ == State::kEnding) return false;
    const bool go_on = ok && (state_ == State::kStarting || load_->End(begun_, reply_));
    if (go_on) {
      state_ = State::kReading;
      begun_ = load_->run.Begin();
      reader_->Read(&reply_, this);
    } else {
      context_.TryCancel();
      state_ = State::kEnding;
      reader_->Finish(&status_, this);
    }
    return true;
  }

 private:
  enum class State { kStarting, kReading, kEnding };

  Load* const load_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncReader<Payload>> reader_;
  Payload reply_;
  LoadRun::TimePoint begun_;
  State state_ = State::kStarting;
};

// Until all streams have ended.
void Run(Load* load, std::size_t active) {
  void* tag = nullptr;
  bool ok = false;
  while (active > 0 && load->queue.Next(&tag, &ok)) {
    Stream& stream = *static_cast<Stream*>(tag);
    if (stream.Advance(ok)) continue;
    --active;
    if (load->run.running()) {
      std::fprintf(stderr, "a stream ended early: %s\n", stream.status().error_message().c_str());
      std::exit(1);
    }
  }
}

int Main(int argc, char** argv) {
  const StreamingArguments arguments =
      StartStreamingClient(argc, argv, "gRPC C++ client with streams, completion queue.");
  RefuseBusyPoll(arguments.busy_poll, "gRPC C++");
  RefuseCallOptions(arguments, "the benchmark of streams");

  Load load(arguments);
  std::vector<std::unique_ptr<Bench::Stub>> stubs;
  for (std::int64_t i = 0; i < arguments.connections; ++i) stubs.push_back(Bench::NewStub(ConnectGrpc(arguments.port)));
  std::vector<std::unique_ptr<Stream>> streams;
  for (const auto& stub : stubs) {
    if (arguments.download) {
      streams.push_back(std::make_unique<DownloadStream>(&load, stub.get()));
    } else {
      for (std::int64_t i = 0; i < arguments.streams; ++i) {
        streams.push_back(std::make_unique<EchoStream>(&load, stub.get(), arguments.in_flight));
      }
    }
  }
  Run(&load, streams.size());
  std::puts(load.run.ToJson().c_str());
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
