// What the guard measures: calls between a client and a server in a simulated world, and in the case `socket` over real
// sockets. README.md beside this file has the contract.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "bench.rhei.h"
#include "rhei/inprocess.h"
#include "rhei/rhei.h"
#include "rhei/streaming_call.h"
#include "rhei/streaming_method.h"
#include "rhei/unary_method.h"
#include "runtime/loop.h"
#include "support/flags.h"
#include "testing/fixed_message.h"
#include "testing/simulated_world.h"

namespace {

std::atomic<std::uint64_t> allocations{0};

void* Allocate(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const block = std::malloc(size)) return block;
  std::abort();
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size); }
void* operator new[](std::size_t size) { return Allocate(size); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
void operator delete[](void* block, std::size_t) noexcept { std::free(block); }

namespace rhei::bench {
namespace {

using Fixed = testing::FixedMessage;

// Calls under way at once, but for a blocking caller's. So many share what a batch of input costs, and what the
// simulated network does.
constexpr int kInFlight = 50;

constexpr std::string_view kFixedPath = "/rhei.bench.Fixed/Unary";
constexpr std::string_view kHeadedPath = "/rhei.bench.Fixed/Headed";
constexpr std::string_view kStreamPath = "/rhei.bench.Fixed/Stream";

// As the benchmark `deadlines` has them: pairs of metadata each way.
constexpr std::string_view kKeys[] = {"x-bench-key-0", "x-bench-key-1", "x-bench-key-2", "x-bench-key-3"};
constexpr std::string_view kValue = "a value of some length";

class FixedService final : public Service {
 public:
  std::string_view service_name() const override { return "rhei.bench.Fixed"; }
  void AddMethods(MethodTable& table) override {
    table.AddUnary(kFixedPath, *this, &FixedService::Unary);
    table.AddUnary(kHeadedPath, *this, &FixedService::Headed);
    table.AddBidiStreaming(kStreamPath, *this, &FixedService::Stream);
  }

 private:
  Task<Result<Fixed>> Unary(ServerContext&, const Fixed& request) { return request; }
  Task<Result<Fixed>> Headed(ServerContext& context, const Fixed& request) {
    for (const std::string_view key : kKeys) context.headers().Add(key, kValue);
    return request;
  }
  Task<Status> Stream(ServerContext&, Reader<Fixed>& reader, Writer<Fixed>& writer) {
    Fixed message;
    while (co_await reader.Next(message)) {
      if (!co_await writer.Write(message)) break;
    }
    co_return Status();
  }
};

class EchoService final : public Bench::Service {
 public:
  Task<Result<Payload>> Unary(ServerContext&, const Payload& request) override { return request; }
};

class PassOn final : public Interceptor {
 public:
  std::string_view name() const override { return "pass on"; }
  Task<Trailers> Intercept(CallInfo&, Call&, Next next) override { return next(); }
};

class Guard {
 public:
  explicit Guard(std::int64_t calls) : calls_(calls), server_(ServerOptions().UseRuntime(world_.AddRuntime())) {
    payload_.set_body(std::string(16, 'x'));
    server_.Add(fixed_).Add(echo_).Listen("10.0.0.1:80").Listen(kInProcess);
  }

  // How many calls ended as they should.
  std::int64_t Run(const std::string& way) {
    CallOptions intercepted;
    if (way.starts_with("intercepted")) {
      server_.Intercept(std::make_shared<PassOn>());
      intercepted.Intercept(std::make_shared<PassOn>());
    }
    if (!server_.Start().ok()) return 0;
    const ChannelOptions options = ChannelOptions().UseRuntime(world_.runtime());
    const Channel channel = way == "in_process" ? ConnectInProcess(server_, options) : Connect("10.0.0.1:80", options);
    const Method method = channel.FindMethod(kFixedPath);
    CallOptions with_metadata;
    for (const std::string_view key : kKeys) with_metadata.Metadata(key, kValue);
    if (way == "wait") {
      for (std::int64_t i = 0; i < calls_; ++i)
        Count(StartUnary<Fixed>(channel, method, Fixed(), CallOptions()).Wait());
    } else {
      world_.runtime()->loop(0).Post([&, this] {
        for (int i = 0; i < kInFlight; ++i) {
          if (way == "co_await" || way == "in_process") Spawn(Await(channel, method, CallOptions()));
          if (way == "deadline") Spawn(Await(channel, method, CallOptions().Timeout(std::chrono::seconds(10))));
          if (way == "metadata") Spawn(Await(channel, channel.FindMethod(kHeadedPath), with_metadata));
          if (way == "intercepted") Spawn(Await(channel, method, intercepted));
          if (way == "protobuf") Spawn(AwaitProtobuf(channel));
          if (way == "then") Then(channel, method);
          if (way == "stream") Spawn(Stream(channel, CallOptions()));
          if (way == "intercepted_stream") Spawn(Stream(channel, intercepted));
          if (way == "stream_call") Spawn(StreamCalls(channel));
        }
      });
      (void)world_.RunUntil([this] { return ended_ == calls_; });
    }
    return good_;
  }

 private:
  // Whether one more call is to be made.
  bool Begin() { return begun_++ < calls_; }

  template <typename Reply>
  void Count(const Result<Reply>& reply) {
    ++ended_;
    if (reply.ok()) ++good_;
  }

  Task<void> Await(const Channel& channel, Method method, CallOptions options) {
    while (Begin()) Count(co_await StartUnary<Fixed>(channel, method, Fixed(), options));
  }

  Task<void> AwaitProtobuf(const Channel& channel) {
    const Bench::Stub stub(channel);
    while (Begin()) Count(co_await stub.Unary(payload_));
  }

  // A message there and back counts as a call.
  Task<void> Stream(const Channel& channel, CallOptions options) {
    auto call = StartBidiStreaming<Fixed, Fixed>(channel, channel.FindMethod(kStreamPath), options);
    Fixed message;
    while (Begin()) {
      bool echoed = co_await call.Write(message);
      if (echoed) echoed = co_await call.Next(message);
      Count(echoed ? Result<Fixed>(message) : Error(StatusCode::kUnknown, "no echo"));
    }
  }

  // A stream with one message there and back, from its opening to its status.
  Task<void> StreamCalls(const Channel& channel) {
    const Method method = channel.FindMethod(kStreamPath);
    Fixed message;
    while (Begin()) {
      auto call = StartBidiStreaming<Fixed, Fixed>(channel, method, CallOptions());
      bool echoed = co_await call.Write(message);
      if (echoed) echoed = co_await call.Next(message);
      call.WritesDone();
      const Status status = co_await call.Finish();
      Count(echoed && status.ok() ? Result<Fixed>(message) : Error(StatusCode::kUnknown, "no echo"));
    }
  }

  void Then(const Channel& channel, Method method) {
    if (!Begin()) return;
    StartUnary<Fixed>(channel, method, Fixed(), CallOptions())
        .Then([this, &channel, method](const Result<Fixed>& reply) {
          Count(reply);
          Then(channel, method);
        });
  }

  const std::int64_t calls_;
  std::int64_t begun_ = 0;
  std::int64_t ended_ = 0;
  std::int64_t good_ = 0;
  testing::SimulatedWorld world_{1};
  FixedService fixed_;
  EchoService echo_;
  Payload payload_;
  Server server_;
};

// One loop with both sides of a connection over the loopback device: nothing in it belongs to a simulation.
class SocketGuard {
 public:
  explicit SocketGuard(std::int64_t calls) : calls_(calls) {}

  std::int64_t Run() {
    Server server(ServerOptions().UseRuntime(runtime_));
    FixedService service;
    server.Add(service).Listen("127.0.0.1:0");
    if (!server.Start().ok()) return 0;
    const Channel channel =
        Connect("127.0.0.1:" + std::to_string(server.port()), ChannelOptions().UseRuntime(runtime_));
    runtime_->loop(0).Post([&] {
      active_ = kInFlight;
      for (int i = 0; i < kInFlight; ++i) Spawn(Await(channel));
    });
    over_.get_future().wait();
    return good_;
  }

 private:
  Task<void> Await(const Channel& channel) {
    const Method method = channel.FindMethod(kFixedPath);
    const CallOptions options;
    while (begun_++ < calls_) {
      const Result<Fixed> reply = co_await StartUnary<Fixed>(channel, method, Fixed(), options);
      if (reply.ok()) ++good_;
    }
    if (--active_ == 0) over_.set_value();
  }

  const std::int64_t calls_;
  const std::shared_ptr<Runtime> runtime_ = std::make_shared<Runtime>(RuntimeOptions().Loops(1));
  std::int64_t begun_ = 0;
  std::int64_t good_ = 0;
  int active_ = 0;
  std::promise<void> over_;
};

int Main(int argc, char** argv) {
  std::string way = "co_await";
  std::int64_t calls = 1000;
  Flags flags("Calls in a simulated world.");
  flags.Add("--case", &way,
            "co_await, then, wait, deadline, metadata, intercepted, protobuf, in_process, stream, stream_call, "
            "intercepted_stream or socket");
  flags.Add("--calls", &calls, "how many");
  flags.Parse(argc, argv);
  const std::int64_t good = way == "socket" ? SocketGuard(calls).Run() : Guard(calls).Run(way);
  if (good != calls) {
    std::fprintf(stderr, "%lld of %lld calls ended well\n", static_cast<long long>(good),
                 static_cast<long long>(calls));
    return 1;
  }
  std::printf("{\"calls\": %lld, \"counters\": {\"allocations\": %llu}}\n", static_cast<long long>(calls),
              static_cast<unsigned long long>(allocations.load()));
  return 0;
}

}  // namespace
}  // namespace rhei::bench

int main(int argc, char** argv) { return rhei::bench::Main(argc, argv); }
