// gRPC C++'s server with streams by a completion queue, on one thread.
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "bench.grpc.pb.h"
#include "support/arguments.h"
#include "support/process.h"

namespace rhei::bench {
namespace {

// A call; the queue's tag. One operation of it is under way at any time.
class Call {
 public:
  virtual ~Call() = default;
  virtual void Advance(bool ok) = 0;
};

struct Server {
  Bench::AsyncService service;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
};

// Answers each message before it reads the next one. Makes its successor when it begins, and ends itself.
class EchoCall final : public Call {
 public:
  explicit EchoCall(Server* server) : server_(server) {
    server->service.RequestEcho(&context_, &stream_, server->queue.get(), server->queue.get(), this);
  }

  void Advance(bool ok) override {
    if (state_ == State::kEnding || (state_ == State::kAwaited && !ok)) {
      delete this;
    } else if (!ok) {
      state_ = State::kEnding;
      stream_.Finish(grpc::Status::OK, this);
    } else if (state_ == State::kReading) {
      state_ = State::kWriting;
      stream_.Write(message_, this);
    } else {
      if (state_ == State::kAwaited) new EchoCall(server_);
      state_ = State::kReading;
      stream_.Read(&message_, this);
    }
  }

 private:
  enum class State { kAwaited, kReading, kWriting, kEnding };

  Server* const server_;
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<Payload, Payload> stream_{&context_};
  Payload message_;
  State state_ = State::kAwaited;
};

class DownloadCall final : public Call {
 public:
  explicit DownloadCall(Server* server) : server_(server) {
    server->service.RequestDownload(&context_, &message_, &writer_, server->queue.get(), server->queue.get(), this);
  }

  void Advance(bool ok) override {
    if (state_ == State::kEnding || (state_ == State::kAwaited && !ok)) {
      delete this;
    } else if (!ok) {
      state_ = State::kEnding;
      writer_.Finish(grpc::Status::OK, this);
    } else {
      if (state_ == State::kAwaited) new DownloadCall(server_);
      state_ = State::kWriting;
      writer_.Write(message_, this);
    }
  }

 private:
  enum class State { kAwaited, kWriting, kEnding };

  Server* const server_;
  grpc::ServerContext context_;
  grpc::ServerAsyncWriter<Payload> writer_{&context_};
  Payload message_;
  State state_ = State::kAwaited;
};

void Serve(Server* server) {
  new EchoCall(server);
  new DownloadCall(server);
  void* tag = nullptr;
  bool ok = false;
  while (server->queue->Next(&tag, &ok)) static_cast<Call*>(tag)->Advance(ok);
}

int Main(int argc, char** argv) {
  const ServerArguments arguments = StartServer(argc, argv, "gRPC C++ server with streams, completion queue.");
  RefuseBusyPoll(arguments.busy_poll, "gRPC C++");
  const TerminationSignal termination;

  Server server;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(arguments.port), grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&server.service);
  server.queue = builder.AddCompletionQueue();
  const std::unique_ptr<grpc::Server> started = builder.BuildAndStart();
  if (started == nullptr) {
    std::fputs("gRPC C++ server: cannot start\n", stderr);
    return 1;
  }
  std::thread serving(Serve, &server);
  AnnouncePort(port);
  termination.Wait();
  // Calls awaited anew while the server shuts down would be a misuse of the queue; nothing is lost by leaving at once.
  std::_Exit(0);
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
