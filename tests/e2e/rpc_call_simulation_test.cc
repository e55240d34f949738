// The ways to consume and to give up a call, through the whole stack on virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
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

// --- ways to consume a call ------------------------------------------------------------------------------------------

Task<void> AwaitTwice(const GenericStub& stub, std::vector<std::string>& log) {
  const Result<std::string> temporary = co_await stub.Call(kMethod, "a");
  log.push_back(*temporary);
  auto call = stub.Call(kMethod, "b");
  const Result<std::string> named = co_await call;
  log.push_back(*named + " from " + std::string(call.peer()));
}

TEST(RpcCallTest, IsConsumedInFourWays) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  EXPECT_EQ(*stub.Call(kMethod, "wait").Wait(), "echo wait");

  auto future = stub.Call(kMethod, "future").Future();
  ASSERT_TRUE(stack.world.RunUntil([&] { return future.wait_for(0s) == std::future_status::ready; }));
  EXPECT_EQ(*future.get(), "echo future");

  std::string then;
  bool on_loop = false;
  stub.Call(kMethod, "then").Then([&](Result<std::string> reply) {
    then = *reply;
    on_loop = stack.client_runtime->current_loop() != nullptr;
  });
  ASSERT_TRUE(stack.world.RunUntil([&] { return !then.empty(); }));
  EXPECT_EQ(then, "echo then");
  EXPECT_TRUE(on_loop);

  std::vector<std::string> log;
  Spawn(AwaitTwice(stub, log));
  ASSERT_TRUE(stack.world.RunUntil([&] { return log.size() == 2; }));
  EXPECT_THAT(log, ElementsAre("echo a", "echo b from 10.1.1.1:80"));
}

TEST(RpcCallTest, ThatIsDoneCanStillBeConsumedEachWay) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  auto wait = stub.Call(kMethod, "1");
  auto future_call = stub.Call(kMethod, "2");
  auto then_call = stub.Call(kMethod, "3");
  stack.world.RunFor(1s);
  EXPECT_TRUE(wait.Wait().ok());
  auto future = future_call.Future();
  int called = 0;
  then_call.Then([&](const Result<std::string>&) { ++called; });
  EXPECT_EQ(called, 0);  // on its loop, and not here
  stack.world.RunFor(1s);
  EXPECT_EQ(called, 1);
  EXPECT_TRUE(future.get().ok());
}

TEST(RpcCallTest, ACallbackThatThrowsIsLoggedAndHarmsNobody) {
  SimulatedStack stack;
  const auto log = std::make_shared<KeepingLogger>();
  stack.client_runtime = stack.world.AddRuntime(1, log);
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  stub.Call(kMethod, "x").Then([](const Result<std::string>&) { throw std::runtime_error("callback's"); });
  stack.world.RunFor(1s);
  EXPECT_THAT(log->lines, ElementsAre(AllOf(HasSubstr(kMethod), HasSubstr("callback's"))));
  EXPECT_TRUE(stub.Call(kMethod, "x").Wait().ok());
}

Task<void> WaitOnLoop(const GenericStub& stub, std::optional<Result<std::string>>& result) {
  const Result<std::string> first = co_await stub.Call(kMethod, "x");
  EXPECT_TRUE(first.ok());
  result = stub.Call(kMethod, "y").Wait();
}

TEST(RpcCallTest, WaitIsRefusedOnALoop) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  std::optional<Result<std::string>> result;
  stack.client_runtime->loop(0).Post([&] { Spawn(WaitOnLoop(stub, result)); });
  ASSERT_TRUE(stack.world.RunUntil([&] { return result.has_value(); }));
  EXPECT_EQ(result->code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(result->error().message(), HasSubstr(kMethod));
}

// --- cancelling ------------------------------------------------------------------------------------------------------

// Handlers that wait until the test lets them go.
struct Held {
  std::vector<Promise<std::string>> promises;
  std::vector<ServerContext*> contexts;

  FunctionService::Function function() {
    return [this](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
      contexts.push_back(&context);
      promises.emplace_back();
      return promises.back().task();
    };
  }
  void Answer() {
    contexts.clear();
    for (auto& promise : std::exchange(promises, {})) promise.Set(std::string("late"));
  }
};

TEST(RpcCancelTest, DroppingACallTellsItsHandler) {
  Held held;
  SimulatedStack stack(held.function());
  ASSERT_TRUE(stack.Start().ok());
  {
    const auto call = stack.Stub().Call(kMethod, "");
    ASSERT_TRUE(stack.world.RunUntil([&] { return held.contexts.size() == 1; }));
    EXPECT_FALSE(held.contexts[0]->IsCancelled());
  }
  EXPECT_TRUE(stack.world.RunUntil([&] { return held.contexts[0]->IsCancelled(); }));
  held.Answer();
  stack.world.RunFor(1s);
}

TEST(RpcCancelTest, ACancelledCallEndsAtOnce) {
  Held held;
  SimulatedStack stack(held.function());
  ASSERT_TRUE(stack.Start().ok());
  auto call = stack.Stub().Call(kMethod, "");
  ASSERT_TRUE(stack.world.RunUntil([&] { return held.contexts.size() == 1; }));
  call.Cancel();
  EXPECT_EQ(call.Wait().code(), StatusCode::kCancelled);
  call.Cancel();
  held.Answer();
}

TEST(RpcCancelTest, ACallThatIsCancelledBeforeItHasAConnectionEnds) {
  SimulatedStack stack;
  auto call = stack.Stub().Call(kMethod, "", CallOptions().WaitForReady());
  stack.world.RunFor(10s);
  call.Cancel();
  EXPECT_EQ(call.Wait().code(), StatusCode::kCancelled);
}

TEST(RpcCancelTest, ACallThatIsDroppedRightAfterItWasMadeNeverRunsOrIsCancelled) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Held held;
    SimulatedStack stack(held.function(), seed);
    ASSERT_TRUE(stack.Start().ok());
    const GenericStub stub = stack.Stub();
    { const auto dropped = stub.Call(kMethod, ""); }
    // Made outside, dropped on another loop: that may be quicker.
    auto call = std::make_shared<std::optional<UnaryCall<std::string>>>(stub.Call(kMethod, ""));
    stack.server_runtime->loop(0).Post([call] { call->reset(); });
    stack.world.RunFor(1s);
    for (const ServerContext* const context : held.contexts) EXPECT_TRUE(context->IsCancelled()) << "seed " << seed;
    held.Answer();
    stack.world.RunFor(1s);
  }
}

TEST(RpcCancelTest, LossOfTheConnectionTellsTheHandlerAndTheCaller) {
  Held held;
  SimulatedStack stack(held.function());
  ASSERT_TRUE(stack.Start().ok());
  auto call = stack.Stub().Call(kMethod, "");
  ASSERT_TRUE(stack.world.RunUntil([&] { return held.contexts.size() == 1; }));
  stack.world.CutAll();
  const Result<std::string> reply = call.Wait();
  EXPECT_EQ(reply.code(), StatusCode::kUnavailable);
  EXPECT_EQ(reply.error().origin(), Origin::kLibrary);
  EXPECT_THAT(reply.error().message(), AllOf(HasSubstr(kMethod), HasSubstr(kServerAddress), HasSubstr("reset")));
  EXPECT_TRUE(stack.world.RunUntil([&] { return held.contexts[0]->IsCancelled(); }));
  // Its answer goes nowhere, and its connection is gone then.
  held.Answer();
  stack.world.RunFor(1s);
  EXPECT_EQ(stack.world.connections(), 0U);
}

}  // namespace
}  // namespace rhei::inline v0::testing
