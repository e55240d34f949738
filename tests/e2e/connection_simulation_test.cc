// What connections do to calls: not there yet, lost, full, draining, gone; and the order in which things may be
// destroyed.
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

// --- getting a connection --------------------------------------------------------------------------------------------

TEST(ConnectTest, WithoutAServerACallFailsFastAndNamesAddressAndCause) {
  SimulatedStack stack;
  const TimePoint start = stack.world.Now();
  const Result<std::string> reply = stack.Stub().Call(kMethod, "").Wait();
  EXPECT_EQ(reply.code(), StatusCode::kUnavailable);
  EXPECT_EQ(reply.error().origin(), Origin::kLibrary);
  EXPECT_THAT(reply.error().message(), AllOf(HasSubstr(kMethod), HasSubstr(kServerAddress), HasSubstr("refused")));
  EXPECT_LT(stack.world.Now() - start, 1s);
}

TEST(ConnectTest, WaitForReadyWaitsForAServerThatStartsLater) {
  SimulatedStack stack;
  auto call = stack.Stub().Call(kMethod, "x", CallOptions().WaitForReady());
  stack.world.RunFor(10min);
  ASSERT_TRUE(stack.Start().ok());
  EXPECT_TRUE(call.Wait().ok());
}

TEST(ConnectTest, ATargetThatCannotBeReadFailsEveryCallAndSaysWhy) {
  SimulatedStack stack;
  for (const std::string_view target : {"", "host:port", "ftp://host", "ipv4:host:1", "dns://8.8.8.8/host"}) {
    const GenericStub stub(Connect(target, ChannelOptions().UseRuntime(stack.client_runtime)));
    const Result<std::string> reply = stub.Call(kMethod, "", CallOptions().WaitForReady()).Wait();
    EXPECT_EQ(reply.code(), StatusCode::kUnavailable) << target;
    EXPECT_THAT(reply.error().message(), AllOf(HasSubstr("bad target"), HasSubstr("\"" + std::string(target) + "\"")));
  }
}

TEST(ConnectTest, ANameIsLookedUpAndItsAddressesAreTriedInOrder) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  stack.world.SetHost("weather", {"10.9.9.9", "10.1.1.1"});
  const GenericStub stub(Connect("dns:///weather:80", ChannelOptions().UseRuntime(stack.client_runtime)));
  auto call = stub.Call(kMethod, "");
  ASSERT_TRUE(call.Wait().ok());
  EXPECT_EQ(call.peer(), kServerAddress);
}

TEST(ConnectTest, ANameThatIsNotFoundIsNamed) {
  SimulatedStack stack;
  const GenericStub stub(Connect("nowhere:80", ChannelOptions().UseRuntime(stack.client_runtime)));
  const Result<std::string> reply = stub.Call(kMethod, "").Wait();
  EXPECT_EQ(reply.code(), StatusCode::kUnavailable);
  EXPECT_THAT(reply.error().message(), HasSubstr("nowhere"));
}

TEST(ConnectTest, AllAddressesThatFailedAreNamed) {
  SimulatedStack stack;
  const GenericStub stub(Connect("ipv4:10.9.9.9:1,10.9.9.8:2", ChannelOptions().UseRuntime(stack.client_runtime)));
  EXPECT_THAT(stub.Call(kMethod, "").Wait().error().message(), AllOf(HasSubstr("10.9.9.9:1"), HasSubstr("10.9.9.8:2")));
}

// Counts the connections that somebody tries to make to a server that hangs up.
class AttemptCounter {
 public:
  explicit AttemptCounter(SimulatedStack& stack) : loop_(stack.server_runtime->loop(0)) {
    auto accepted = [this](std::unique_ptr<runtime::AcceptedStream>) { times.push_back(loop_.Now()); };
    listener_ = *loop_.Listen(*runtime::Address::Parse(kServerAddress), std::move(accepted));
  }
  std::vector<TimePoint> times;

 private:
  runtime::Loop& loop_;
  std::unique_ptr<runtime::Listener> listener_;
};

// grpc/doc/connection-backoff.md: 1 s, times 1.6, give or take 20 %, at most 120 s, counted from the attempt's begin.
TEST(ConnectTest, ReconnectsWithTheProtocolsBackoff) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SimulatedStack stack(Echo, seed);
    AttemptCounter attempts(stack);
    auto call = stack.Stub().Call(kMethod, "", CallOptions().WaitForReady());
    ASSERT_TRUE(stack.world.RunUntil([&] { return attempts.times.size() == 16; }));
    double wait = 1.0;
    for (std::size_t i = 1; i < attempts.times.size(); ++i) {
      const double waited = std::chrono::duration<double>(attempts.times[i] - attempts.times[i - 1]).count();
      EXPECT_GE(waited, wait * 0.8 - 0.01) << "attempt " << i << ", seed " << seed;
      EXPECT_LE(waited, wait * 1.2 + 0.01) << "attempt " << i << ", seed " << seed;
      wait = std::min(wait * 1.6, 120.0);
    }
    call.Cancel();
  }
}

TEST(ConnectTest, DuringTheBackoffCallsFailFastWithTheLastCause) {
  SimulatedStack stack;
  const GenericStub stub = stack.Stub();
  EXPECT_FALSE(stub.Call(kMethod, "").Wait().ok());
  ASSERT_TRUE(stack.Start().ok());
  const TimePoint start = stack.world.Now();
  const Result<std::string> reply = stub.Call(kMethod, "").Wait();
  EXPECT_EQ(reply.code(), StatusCode::kUnavailable);
  EXPECT_THAT(reply.error().message(), HasSubstr("refused"));
  EXPECT_LT(stack.world.Now() - start, 100ms);
  stack.world.RunFor(2s);
  EXPECT_TRUE(stub.Call(kMethod, "").Wait().ok());
}

TEST(ConnectTest, AServerThatDoesNotAnswerIsGivenUpAfterTheConnectTimeout) {
  SimulatedStack stack;
  // Accepts, and says nothing.
  std::vector<std::unique_ptr<runtime::AcceptedStream>> silent;
  runtime::Loop& loop = stack.server_runtime->loop(0);
  const auto listener =
      *loop.Listen(*runtime::Address::Parse(kServerAddress),
                   [&](std::unique_ptr<runtime::AcceptedStream> s) { silent.push_back(std::move(s)); });
  const TimePoint start = stack.world.Now();
  const Result<std::string> reply = stack.Stub(ChannelOptions().ConnectTimeout(5s)).Call(kMethod, "").Wait();
  EXPECT_EQ(reply.code(), StatusCode::kUnavailable);
  EXPECT_THAT(reply.error().message(), HasSubstr(kServerAddress));
  EXPECT_GE(stack.world.Now() - start, 5s - 1ms);
  EXPECT_LE(stack.world.Now() - start, 6s);
}

// --- losing it -------------------------------------------------------------------------------------------------------

TEST(LossTest, AServerThatComesBackIsFoundAgain) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  for (int round = 0; round < 5; ++round) {
    EXPECT_TRUE(stub.Call(kMethod, "").Wait().ok());
    ASSERT_TRUE(stack.Start().ok());
    stack.world.RunFor(5s);
  }
}

TEST(LossTest, AfterALossTheNextCallConnectsAtOnce) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  ASSERT_TRUE(stub.Call(kMethod, "").Wait().ok());
  stack.world.CutAll();
  stack.world.RunFor(1s);
  const TimePoint start = stack.world.Now();
  EXPECT_TRUE(stub.Call(kMethod, "").Wait().ok());
  EXPECT_LT(stack.world.Now() - start, 100ms);
}

// Wherever the connection breaks, each call has one end: its reply, or UNAVAILABLE with address and cause.
TEST(LossTest, AtAnyPointGivesEachCallOneStatus) {
  int failed = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SimulationOptions options;
    options.split_probability = 0.9;
    options.one_byte_probability = 0.8;
    SimulatedStack stack(Echo, seed, options);
    ASSERT_TRUE(stack.Start().ok());
    const GenericStub stub = stack.Stub();
    stack.world.Cut(0.01);
    for (int i = 0; i < 3; ++i) {
      int ends = 0;
      stub.Call(kMethod, std::string(100, 'x')).Then([&](Result<std::string> reply) {
        ++ends;
        if (reply.ok()) return;
        ++failed;
        EXPECT_EQ(reply.code(), StatusCode::kUnavailable) << "seed " << seed << ": " << reply.error().ToString();
        EXPECT_THAT(reply.error().message(), AllOf(HasSubstr(kServerAddress), HasSubstr(kMethod))) << "seed " << seed;
      });
      ASSERT_TRUE(stack.world.RunUntil([&] { return ends == 1; })) << "seed " << seed << ": " << stack.world.pending();
      stack.world.RunFor(3s);
      ASSERT_EQ(ends, 1);
    }
  }
  EXPECT_GT(failed, 20);
}

// --- many calls ------------------------------------------------------------------------------------------------------

TEST(ManyCallsTest, MoreThanTheServerAllowsQueueAndAllEnd) {
  Held held;
  SimulatedStack stack(held.function());
  stack.server_limits.max_concurrent_streams = 7;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  constexpr int kCalls = 500;
  int ended = 0;
  std::size_t most = 0;
  for (int i = 0; i < kCalls; ++i) {
    stub.Call(kMethod, "").Then([&](const Result<std::string>& reply) {
      EXPECT_TRUE(reply.ok()) << reply.error().ToString();
      ++ended;
    });
  }
  while (ended < kCalls) {
    stack.world.RunFor(10ms);
    most = std::max(most, held.promises.size());
    held.Answer();
  }
  // Before the client knows the limit it may send more, which are refused and sent again.
  EXPECT_EQ(most, 7U);
}

TEST(ManyCallsTest, AQueuedCallCanBeCancelled) {
  Held held;
  SimulatedStack stack(held.function());
  stack.server_limits.max_concurrent_streams = 1;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  auto first = stub.Call(kMethod, "");
  ASSERT_TRUE(stack.world.RunUntil([&] { return held.promises.size() == 1; }));
  auto second = stub.Call(kMethod, "");
  auto third = stub.Call(kMethod, "");
  stack.world.RunFor(1s);
  second.Cancel();
  EXPECT_EQ(second.Wait().code(), StatusCode::kCancelled);
  held.Answer();
  EXPECT_TRUE(first.Wait().ok());
  ASSERT_TRUE(stack.world.RunUntil([&] { return held.promises.size() == 1; }));
  held.Answer();
  EXPECT_TRUE(third.Wait().ok());
}

TEST(ManyCallsTest, AThousandInABatchAreAnswered) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  int ended = 0;
  stack.client_runtime->loop(0).Post([&] {
    for (int i = 0; i < 1000; ++i) {
      stub.Call(kMethod, "").Then([&](const Result<std::string>& reply) { ended += reply.ok() ? 1 : 0; });
    }
  });
  EXPECT_TRUE(stack.world.RunUntil([&] { return ended == 1000; })) << ended << " " << stack.world.pending();
}

}  // namespace
}  // namespace rhei::inline v0::testing
