// Once connections and pools are warm, a unary call takes nothing from the heap, on neither side, over real sockets and
// inside of the process.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <memory>
#include <new>
#include <string>

#include "rhei/inprocess.h"
#include "rhei/rhei.h"
#include "rhei/unary_method.h"
#include "runtime/loop.h"
#include "testing/fixed_message.h"

namespace {
std::atomic<long> allocations{0};
}  // namespace

// Not inlined, or the compiler sees malloc on one side and delete on the other.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace rhei::inline v0::testing {
namespace {

constexpr std::string_view kPath = "/test.Fixed/Echo";
constexpr int kWarmUp = 2000;
constexpr int kCalls = 2000;
// What may still be taken for all of the calls together: a queue that grew once more, when threads met as they had not
// before.
constexpr long kAllowed = 20;

class FixedService final : public Service {
 public:
  std::string_view service_name() const override { return "test.Fixed"; }
  void AddMethods(MethodTable& table) override { table.AddUnary(kPath, *this, &FixedService::Echo); }

 private:
  Task<Result<FixedMessage>> Echo(ServerContext&, const FixedMessage& request) { return request; }
};

class AllocationTest : public ::testing::Test {
 protected:
  AllocationTest()
      : runtime_(std::make_shared<Runtime>(RuntimeOptions().Loops(1))), server_(ServerOptions().UseRuntime(runtime_)) {
    server_.Add(service_).Listen("127.0.0.1:0").Listen(kInProcess);
    EXPECT_TRUE(server_.Start().ok());
  }

  Channel MakeChannel() {
    return Connect("127.0.0.1:" + std::to_string(server_.port()), ChannelOptions().UseRuntime(runtime_));
  }

  // On the loop; `done` gets what `calls` calls took after the warm-up.
  template <typename Run>
  long OnLoop(Run run) {
    std::promise<long> done;
    runtime_->loop(0).Post([&] { run(done); });
    return done.get_future().get();
  }

  FixedService service_;
  std::shared_ptr<Runtime> runtime_;
  Server server_;
};

Task<void> AwaitCalls(const Channel& channel, const CallOptions& options, std::promise<long>& done) {
  const Method method = channel.FindMethod(kPath);
  long before = 0;
  for (int i = 0; i < kWarmUp + kCalls; ++i) {
    if (i == kWarmUp) before = allocations;
    const auto reply = co_await StartUnary<FixedMessage>(channel, method, FixedMessage(), options);
    EXPECT_TRUE(reply.ok());
  }
  done.set_value(allocations - before);
}

TEST_F(AllocationTest, AwaitedCallsTakeNothing) {
  const Channel channel = MakeChannel();
  const CallOptions options;
  EXPECT_LE(OnLoop([&](std::promise<long>& done) { Spawn(AwaitCalls(channel, options, done)); }), kAllowed);
}

TEST_F(AllocationTest, AwaitedCallsInsideOfTheProcessTakeNothing) {
  const Channel channel = ConnectInProcess(server_, ChannelOptions().UseRuntime(runtime_));
  const CallOptions options;
  EXPECT_LE(OnLoop([&](std::promise<long>& done) { Spawn(AwaitCalls(channel, options, done)); }), kAllowed);
}

TEST_F(AllocationTest, MetadataTakesNothing) {
  const Channel channel = MakeChannel();
  const CallOptions options = CallOptions().Metadata("x-user", "ann").Metadata("x-text", std::string(100, 't'));
  EXPECT_LE(OnLoop([&](std::promise<long>& done) { Spawn(AwaitCalls(channel, options, done)); }), kAllowed);
}

class PassOn final : public Interceptor {
 public:
  std::string_view name() const override { return "pass on"; }
  Task<Trailers> Intercept(CallInfo&, Call&, Next next) override { return next(); }
};

TEST_F(AllocationTest, InterceptedCallsTakeNothing) {
  const Channel channel = MakeChannel();
  const CallOptions options = CallOptions().Intercept(std::make_shared<PassOn>());
  EXPECT_LE(OnLoop([&](std::promise<long>& done) { Spawn(AwaitCalls(channel, options, done)); }), kAllowed);
}

// One call's callback starts the next.
class CallbackChain {
 public:
  CallbackChain(const Channel& channel, std::promise<long>& done)
      : channel_(channel), method_(channel.FindMethod(kPath)), done_(done) {}

  void Next() {
    if (made_ == kWarmUp) before_ = allocations;
    if (made_++ == kWarmUp + kCalls) return done_.set_value(allocations - before_);
    StartUnary<FixedMessage>(channel_, method_, FixedMessage(), options_)
        .Then([this](const Result<FixedMessage>& reply) {
          EXPECT_TRUE(reply.ok());
          Next();
        });
  }

 private:
  const Channel& channel_;
  const Method method_;
  const CallOptions options_;
  std::promise<long>& done_;
  int made_ = 0;
  long before_ = 0;
};

TEST_F(AllocationTest, CallsWithSmallCallbacksTakeNothing) {
  const Channel channel = MakeChannel();
  std::unique_ptr<CallbackChain> chain;
  EXPECT_LE(OnLoop([&](std::promise<long>& done) {
              chain = std::make_unique<CallbackChain>(channel, done);
              chain->Next();
            }),
            kAllowed);
}

TEST_F(AllocationTest, BlockingCallsTakeNothing) {
  const Channel channel = MakeChannel();
  const Method method = channel.FindMethod(kPath);
  const CallOptions options;
  long before = 0;
  for (int i = 0; i < kWarmUp + kCalls; ++i) {
    if (i == kWarmUp) before = allocations;
    EXPECT_TRUE(StartUnary<FixedMessage>(channel, method, FixedMessage(), options).Wait().ok());
  }
  EXPECT_LE(allocations - before, kAllowed);
}

}  // namespace
}  // namespace rhei::inline v0::testing
