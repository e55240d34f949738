// How servers end, and the order in which things may be destroyed, on virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
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

// Handlers that wait until the test lets them go.
struct Held {
  std::vector<Promise<std::string>> promises;

  FunctionService::Function function() {
    return [this](ServerContext&, const std::string&) -> Task<Result<std::string>> {
      promises.emplace_back();
      return promises.back().task();
    };
  }
  void Answer() {
    for (auto& promise : std::exchange(promises, {})) promise.Set(std::string("late"));
  }
};

// --- stopping --------------------------------------------------------------------------------------------------------

TEST(StopTest, CallsUnderWayFinishAndNewOnesGoElsewhere) {
  Held held;
  SimulatedStack stack(held.function());
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  auto running = stub.Call(kMethod, "");
  ASSERT_TRUE(stack.world.RunUntil([&] { return held.promises.size() == 1; }));
  std::optional<Result<std::string>> refused;
  stack.After(10s,
              [&] { stub.Call(kMethod, "").Then([&](Result<std::string> reply) { refused = std::move(reply); }); });
  stack.After(20s, [&] { held.Answer(); });
  const TimePoint start = stack.world.Now();
  const Status stopped = stack.server->Stop(1h);
  EXPECT_TRUE(stopped.ok()) << stopped.ToString();
  EXPECT_GE(stack.world.Now() - start, 20s);
  EXPECT_LE(stack.world.Now() - start, 23s);
  EXPECT_EQ(*running.Wait(), "late");
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->code(), StatusCode::kUnavailable);
  // Another server at the same address takes the calls that come now.
  ASSERT_TRUE(stack.Start().ok());
  auto next = stub.Call(kMethod, "new", CallOptions().WaitForReady());
  ASSERT_TRUE(stack.world.RunUntil([&] { return held.promises.size() == 1; }));
  held.Answer();
  EXPECT_TRUE(next.Wait().ok());
}

TEST(StopTest, AfterTheGraceItNamesTheMethodsThatStillRanAndCancelsThem) {
  std::vector<Promise<std::string>> promises;
  std::vector<const ServerContext*> contexts;
  SimulatedStack stack([&](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    contexts.push_back(&context);
    promises.emplace_back();
    return promises.back().task();
  });
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  auto a = stub.Call("/test.Test/A", "");
  auto b = stub.Call("/test.Test/B", "");
  auto c = stub.Call("/test.Test/B", "");
  ASSERT_TRUE(stack.world.RunUntil([&] { return contexts.size() == 3; }));
  const TimePoint start = stack.world.Now();
  const Status stopped = stack.server->Stop(5s);
  EXPECT_EQ(stopped.code(), StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(stopped.message()), AllOf(HasSubstr("3 calls"), HasSubstr("5000 ms"),
                                                    HasSubstr("/test.Test/A (1)"), HasSubstr("/test.Test/B (2)")));
  EXPECT_GE(stack.world.Now() - start, 5s);
  EXPECT_LT(stack.world.Now() - start, 6s);
  for (const ServerContext* const context : contexts) EXPECT_TRUE(context->IsCancelled());
  const Result<std::string> reply = a.Wait();
  EXPECT_EQ(reply.code(), StatusCode::kUnavailable);
  EXPECT_THAT(reply.error().message(), HasSubstr("server stops"));
  EXPECT_FALSE(b.Wait().ok());
  EXPECT_FALSE(c.Wait().ok());
  // What handlers do afterwards harms nobody.
  for (auto& promise : promises) promise.Set(std::string("too late"));
  stack.world.RunFor(5s);
  EXPECT_EQ(stack.world.connections(), 0U);
}

TEST(StopTest, WithoutCallsItIsQuickAndMayBeAskedForTwice) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  ASSERT_TRUE(stub.Call(kMethod, "").Wait().ok());
  const TimePoint start = stack.world.Now();
  EXPECT_TRUE(stack.server->Stop(1h).ok());
  EXPECT_TRUE(stack.server->Stop(1h).ok());
  EXPECT_LT(stack.world.Now() - start, 3s);
}

TEST(StopTest, BeforeStartOrAfterAFailedStartItDoesNothing) {
  SimulatedStack stack;
  Server never(ServerOptions().UseRuntime(stack.server_runtime));
  EXPECT_TRUE(never.Stop(1s).ok());
  EXPECT_EQ(never.Start().code(), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(never.Stop(1s).ok());
  ASSERT_TRUE(stack.Start().ok());
  Server second(ServerOptions().UseRuntime(stack.server_runtime));
  second.Listen(kServerAddress).Listen("10.1.1.9:1");
  const Status taken = second.Start();
  EXPECT_FALSE(taken.ok());
  EXPECT_THAT(std::string(taken.message()), HasSubstr(kServerAddress));
  EXPECT_TRUE(second.Stop(1s).ok());
  // The other address is not held either.
  Server third(ServerOptions().UseRuntime(stack.server_runtime));
  third.Listen("10.1.1.9:1");
  EXPECT_TRUE(third.Start().ok());
}

// A rolling restart: at no moment is there no server, and no call may be lost, whatever it is doing when its server
// stops.
TEST(StopTest, ARollingRestartLosesNoCall) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SimulatedStack stack(Echo, seed);
    ASSERT_TRUE(stack.Start().ok());
    const GenericStub stub = stack.Stub();
    int started = 0;
    int ok = 0;
    std::string first_error;
    const auto call = [&] {
      ++started;
      stub.Call(kMethod, "x", CallOptions().WaitForReady()).Then([&](const Result<std::string>& reply) {
        if (reply.ok()) {
          ++ok;
        } else if (first_error.empty()) {
          first_error = reply.error().ToString();
        }
      });
    };
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 20; ++i) {
        call();
        stack.world.RunFor(std::chrono::microseconds(50));
      }
      for (int i = 0; i < 100; ++i) stack.After(std::chrono::microseconds(50 * i), call);
      EXPECT_TRUE(stack.server->Stop(1h).ok());
      ASSERT_TRUE(stack.Start().ok());
    }
    ASSERT_TRUE(stack.world.RunUntil([&] { return ok == started || !first_error.empty(); }));
    ASSERT_EQ(first_error, "") << "seed " << seed;
  }
}

// --- destruction -----------------------------------------------------------------------------------------------------

TEST(DestructionTest, ServerChannelRuntimeAndCallsMayGoInAnyOrderWithCallsUnderWay) {
  std::vector<int> order{0, 1, 2, 3, 4};
  do {
    for (const bool answered : {false, true}) {
      auto held = std::make_unique<Held>();
      auto stack = std::make_unique<SimulatedStack>(held->function());
      ASSERT_TRUE(stack->Start().ok());
      std::optional<GenericStub> stub(stack->Stub());
      std::vector<UnaryCall<std::string>> calls;
      int ended = 0;
      for (int i = 0; i < 3; ++i) {
        calls.push_back(stub->Call(kMethod, ""));
        stub->Call(kMethod, "").Then([&ended](const Result<std::string>&) { ++ended; });
      }
      ASSERT_TRUE(stack->world.RunUntil([&] { return held->promises.size() == 6; }));
      calls.push_back(stub->Call(kMethod, ""));
      if (answered) held->Answer();
      for (const int what : order) {
        switch (what) {
          case 0: stub.reset(); break;
          case 1: stack->server.reset(); break;
          case 2: stack->client_runtime.reset(); break;
          case 3: stack->server_runtime.reset(); break;
          case 4: calls.clear(); break;
        }
        stack->world.RunFor(1ms);
      }
      held->Answer();
      stack->world.RunFor(5s);
      EXPECT_EQ(ended, 3);
      EXPECT_EQ(stack->world.connections(), 0U);
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(DestructionTest, CallsThatWereTakenOverGoOnWithoutTheirChannel) {
  Held held;
  SimulatedStack stack(held.function());
  std::optional<Result<std::string>> result;
  // Not even connected yet.
  stack.Stub().Call(kMethod, "", CallOptions().WaitForReady()).Then([&](Result<std::string> reply) {
    result = std::move(reply);
  });
  stack.world.RunFor(10s);
  ASSERT_TRUE(stack.Start().ok());
  ASSERT_TRUE(stack.world.RunUntil([&] { return held.promises.size() == 1; }));
  held.Answer();
  ASSERT_TRUE(stack.world.RunUntil([&] { return result.has_value(); }));
  EXPECT_TRUE(result->ok());
  // And with the last call the connection goes.
  stack.world.RunFor(5s);
  EXPECT_EQ(stack.world.connections(), 0U);
}

TEST(DestructionTest, AChannelThatIsDroppedClosesItsConnection) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  ASSERT_TRUE(stack.Stub().Call(kMethod, "").Wait().ok());
  stack.world.RunFor(5s);
  EXPECT_EQ(stack.world.connections(), 0U);
}

TEST(DestructionTest, AnIdleConnectionIsClosedByTheServerAfterItsTime) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  ASSERT_TRUE(stub.Call(kMethod, "").Wait().ok());
  stack.world.RunFor(29min);
  EXPECT_EQ(stack.world.connections(), 1U);
  stack.world.RunFor(2min);
  EXPECT_EQ(stack.world.connections(), 0U);
  EXPECT_TRUE(stub.Call(kMethod, "").Wait().ok());
}

// --- without waiting
// -----------------------------------------------------------------------------------------------------

TEST(StartWithoutWaitingTest, TellsWhenTheServerListensAndWhenItHasStopped) {
  SimulatedStack stack;
  Server server(ServerOptions().UseRuntime(stack.server_runtime));
  server.AddGeneric(stack.service).Listen(kServerAddress);
  std::vector<std::string> log;
  stack.server_runtime->loop(0).Post(
      [&] { server.Start([&](const Status& started) { log.push_back("started " + started.ToString()); }); });
  ASSERT_TRUE(stack.world.RunUntil([&] { return log.size() == 1; }));
  EXPECT_EQ(*stack.Stub().Call(kMethod, "x").Wait(), "echo x");
  stack.server_runtime->loop(0).Post(
      [&] { server.Stop(1s, [&](const Status& stopped) { log.push_back("stopped " + stopped.ToString()); }); });
  ASSERT_TRUE(stack.world.RunUntil([&] { return log.size() == 2; }));
  EXPECT_THAT(log, ElementsAre("started OK", "stopped OK"));
}

TEST(StartWithoutWaitingTest, TellsAtOnceWhatIsWrong) {
  SimulatedStack stack;
  Server server(ServerOptions().UseRuntime(stack.server_runtime));
  Status seen;
  server.Start([&](const Status& started) { seen = started; });
  EXPECT_EQ(seen.code(), StatusCode::kFailedPrecondition);
}

TEST(StartWithoutWaitingTest, AServerThatIsStoppedMeanwhileSaysSo) {
  SimulatedStack stack;
  auto server = std::make_unique<Server>(ServerOptions().UseRuntime(stack.server_runtime));
  // A name takes its time to be looked up.
  server->AddGeneric(stack.service).Listen("localhost:80");
  std::vector<StatusCode> log;
  server->Start([&](const Status& started) { log.push_back(started.code()); });
  server.reset();
  stack.world.RunFor(5s);
  EXPECT_THAT(log, ElementsAre(StatusCode::kCancelled));
}

}  // namespace
}  // namespace rhei::inline v0::testing
