// The forms that handlers have, and what they may do wrong, through the whole stack on virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// --- forms of handlers -----------------------------------------------------------------------------------------------

Task<Result<std::string>> Coroutine(ServerContext&, const std::string& request) { co_return "coroutine " + request; }

TEST(RpcHandlerTest, MayBeACoroutine) {
  SimulatedStack stack(Coroutine);
  ASSERT_TRUE(stack.Start().ok());
  EXPECT_EQ(*stack.Stub().Call(kMethod, "x").Wait(), "coroutine x");
}

TEST(RpcHandlerTest, MayAnswerFromACallbackOnAnyThreadOrLoop) {
  std::vector<Promise<std::string>> waiting;
  SimulatedStack stack([&](ServerContext&, const std::string&) -> Task<Result<std::string>> {
    waiting.emplace_back();
    return waiting.back().task();
  });
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  auto first = stub.Call(kMethod, "").Future();
  auto second = stub.Call(kMethod, "").Future();
  ASSERT_TRUE(stack.world.RunUntil([&] { return waiting.size() == 2; }));
  waiting[0].Set(std::string("from outside"));
  stack.client_runtime->loop(0).Post([&] { waiting[1].Set(std::string("from another loop")); });
  ASSERT_TRUE(stack.world.RunUntil([&] { return first.wait_for(0s) == std::future_status::ready; }));
  ASSERT_TRUE(stack.world.RunUntil([&] { return second.wait_for(0s) == std::future_status::ready; }));
  EXPECT_EQ(*first.get(), "from outside");
  EXPECT_EQ(*second.get(), "from another loop");
}

TEST(RpcHandlerTest, ADroppedPromiseIsInternal) {
  SimulatedStack stack([](ServerContext&, const std::string&) -> Task<Result<std::string>> {
    Promise<std::string> promise;
    return promise.task();
  });
  ASSERT_TRUE(stack.Start().ok());
  EXPECT_EQ(stack.Stub().Call(kMethod, "").Wait().code(), StatusCode::kInternal);
}

Task<Result<std::string>> ThrowLater(ServerContext&, const std::string& request) {
  if (request == "late") throw std::runtime_error("a secret");
  co_return request;
}

TEST(RpcHandlerTest, OneThatThrowsEndsItsCallWithUnknownAndTellsNothing) {
  SimulatedStack stack([](ServerContext& context, const std::string& request) -> Task<Result<std::string>> {
    if (request == "early") throw std::runtime_error("a secret");
    if (request == "odd") throw 42;
    return ThrowLater(context, request);
  });
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  for (const std::string_view request : {"early", "late", "odd"}) {
    const Result<std::string> reply = stub.Call(kMethod, std::string(request)).Wait();
    EXPECT_EQ(reply.code(), StatusCode::kUnknown);
    EXPECT_THAT(reply.error().message(), Not(HasSubstr("secret")));
  }
  EXPECT_THAT(stack.server_log->lines,
              ElementsAre(AllOf(HasSubstr(kMethod), HasSubstr("a secret")),
                          AllOf(HasSubstr(kMethod), HasSubstr("a secret")), HasSubstr(kMethod)));
  EXPECT_TRUE(stub.Call(kMethod, "fine").Wait().ok());
}

TEST(RpcHandlerTest, OnThePoolItMayBlock) {
  SimulatedStack stack;
  stack.run_on = RunOn::kPool;
  ASSERT_TRUE(stack.Start().ok());
  // A second server, whose handlers wait for the first.
  const GenericStub behind = stack.Stub();
  FunctionService front([&](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    if (request == "fail") return Error(StatusCode::kNotFound, "from the pool");
    if (request == "throw") throw std::runtime_error("x");
    return behind.Call(kMethod, request).Wait();
  });
  Server server(ServerOptions().UseRuntime(stack.server_runtime));
  server.AddGeneric(front, RunOn::kPool).Listen("10.1.1.2:80");
  ASSERT_TRUE(server.Start().ok());
  const GenericStub stub(Connect("ipv4:10.1.1.2:80", ChannelOptions().UseRuntime(stack.client_runtime)));
  EXPECT_EQ(*stub.Call(kMethod, "through").Wait(), "echo through");
  EXPECT_EQ(stub.Call(kMethod, "fail").Wait().code(), StatusCode::kNotFound);
  EXPECT_EQ(stub.Call(kMethod, "throw").Wait().code(), StatusCode::kUnknown);
}

// The pool's line may be long, and longer than the server lives: its service may be gone by then.
TEST(RpcHandlerTest, ACallThatIsCancelledBeforeThePoolComesToItNeverReachesItsHandler) {
  int started = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SimulatedStack stack(
        [&](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
          EXPECT_FALSE(context.IsCancelled()) << "seed " << seed;
          ++started;
          return std::string();
        },
        seed);
    stack.run_on = RunOn::kPool;
    ASSERT_TRUE(stack.Start().ok());
    const GenericStub stub = stack.Stub();
    std::vector<UnaryCall<std::string>> calls;
    for (int i = 0; i < 20; ++i) calls.push_back(stub.Call(kMethod, "x"));
    const int before = started;
    ASSERT_TRUE(stack.world.RunUntil([&] { return started > before; }));
    stack.server.reset();
    stack.world.RunFor(1s);
  }
  EXPECT_LT(started, 200 * 20);
}

struct Unreadable {};

class BrokenService final : public Service {
 public:
  std::string_view service_name() const override { return "test.Broken"; }
  void AddMethods(MethodTable& table) override;
  Task<Result<std::string>> Read(ServerContext&, const Unreadable&) { return std::string(); }
  Task<Result<Unreadable>> Write(ServerContext&, const std::string&) { return Unreadable(); }
};

}  // namespace
}  // namespace rhei::inline v0::testing

namespace rhei::inline v0 {
template <>
struct Codec<testing::Unreadable> {
  static std::optional<std::size_t> Size(const testing::Unreadable&) { return std::nullopt; }
  static void Write(const testing::Unreadable&, char*) {}
  static bool Read(std::string_view bytes, testing::Unreadable&) {
    if (bytes == "throw") throw std::runtime_error("a codec that throws");
    return false;
  }
};
}  // namespace rhei::inline v0

namespace rhei::inline v0::testing {
namespace {

void BrokenService::AddMethods(MethodTable& table) {
  table.AddUnary<BrokenService, Unreadable, std::string>("/test.Broken/Read", *this, &BrokenService::Read);
  table.AddUnary<BrokenService, std::string, Unreadable>("/test.Broken/Write", *this, &BrokenService::Write);
}

TEST(RpcHandlerTest, MessagesThatCannotBeReadOrWrittenAreInternal) {
  for (const RunOn run_on : {RunOn::kLoop, RunOn::kPool}) {
    SimulatedStack stack;
    BrokenService service;
    Server server(ServerOptions().UseRuntime(stack.server_runtime));
    server.Add(service, run_on).Listen(kServerAddress);
    ASSERT_TRUE(server.Start().ok());
    const GenericStub stub = stack.Stub();
    for (const std::string_view path : {"/test.Broken/Read", "/test.Broken/Write"}) {
      const Result<std::string> reply = stub.Call(path, "garbage").Wait();
      EXPECT_EQ(reply.code(), StatusCode::kInternal);
      EXPECT_THAT(reply.error().message(), HasSubstr(path));
    }
    EXPECT_EQ(stub.Call("/test.Broken/Read", "throw").Wait().code(), StatusCode::kUnknown);
    // On the client's side.
    const Channel channel =
        Connect("ipv4:" + std::string(kServerAddress), ChannelOptions().UseRuntime(stack.client_runtime));
    const Method method = channel.FindMethod("/test.Broken/Read");
    EXPECT_EQ((StartUnary<std::string>(channel, method, Unreadable(), CallOptions()).Wait().code()),
              StatusCode::kInternal);
  }
}

TEST(RpcHandlerTest, AReplyThatTheClientCannotReadIsInternal) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  const Channel channel =
      Connect("ipv4:" + std::string(kServerAddress), ChannelOptions().UseRuntime(stack.client_runtime));
  const Method method = channel.FindMethod(kMethod);
  Result<Unreadable> reply = StartUnary<Unreadable>(channel, method, std::string(), CallOptions()).Wait();
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.code(), StatusCode::kInternal);
  EXPECT_TRUE(stack.Stub().Call(kMethod, "x").Wait().ok());
}

// Calls that lie behind each other in one batch are answered as they are done, not when all are. How soon the client
// sees it depends on whose turn it is in the simulated world, so this is about the average.
TEST(RpcHandlerTest, AnswersDoNotWaitForOtherHandlersThatCompute) {
  constexpr int kCalls = 1'000;
  Duration all{};
  Duration last{};
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SimulatedWorld* world = nullptr;
    const auto compute = [&world](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
      world->Advance(1ms);
      return request;
    };
    SimulatedStack stack(compute, seed);
    world = &stack.world;
    ASSERT_TRUE(stack.Start().ok());
    const GenericStub stub = stack.Stub();
    ASSERT_TRUE(stub.Call(kMethod, "").Wait().ok());
    const TimePoint begin = world->Now();
    int answered = 0;
    for (int i = 0; i < kCalls; ++i) {
      stub.Call(kMethod, "").Then([&](const Result<std::string>& reply) {
        EXPECT_TRUE(reply.ok());
        ++answered;
        all += world->Now() - begin;
      });
    }
    ASSERT_TRUE(world->RunUntil([&] { return answered == kCalls; }));
    last += world->Now() - begin;
  }
  EXPECT_LT(all / kCalls, last * 9 / 10);
}

}  // namespace
}  // namespace rhei::inline v0::testing
