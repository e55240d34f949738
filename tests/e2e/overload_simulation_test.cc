// LimitAdaptively on a server that is asked for more than it can do, in a simulated world: handlers compute, which lets
// time pass while their loop stands still.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rhei/adaptive_limit.h"
#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;

constexpr Duration kWork = 200us;
constexpr Duration kUseful = 50ms;  // who asks waits so long for an answer
constexpr double kCapacity = 1s / kWork;

// What became of the calls of one load.
struct Outcome {
  int sent = 0;
  int useful = 0;
  int refused = 0;
  int others = 0;
  std::vector<Duration> answers;  // how long they took
  std::vector<Duration> refusals;

  static Duration Quantile(std::vector<Duration> times, double share) {
    if (times.empty()) return Duration::zero();
    std::sort(times.begin(), times.end());
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  }
};

class OverloadTest : public ::testing::Test {
 protected:
  // `inner` stands behind the limit.
  void Start(std::shared_ptr<Interceptor> interceptor, std::size_t channels = 4,
             std::shared_ptr<Interceptor> inner = nullptr) {
    stack_.server.reset();
    stubs_.clear();
    stack_.server = std::make_unique<Server>(ServerOptions().UseRuntime(stack_.server_runtime));
    stack_.server->AddGeneric(stack_.service, stack_.run_on);
    if (interceptor != nullptr) stack_.server->Intercept(std::move(interceptor));
    if (inner != nullptr) stack_.server->Intercept(std::move(inner));
    const Status started = stack_.server->Listen(kServerAddress).Start();
    ASSERT_TRUE(started.ok()) << started.ToString();
    for (std::size_t i = 0; i < channels; ++i) stubs_.push_back(stack_.Stub());
  }

  // So many calls a second, whatever becomes of them, by turns on all channels.
  Outcome Load(double calls_per_second, Duration for_time) {
    const auto outcome = std::make_shared<Outcome>();
    const auto all = static_cast<int>(calls_per_second * std::chrono::duration<double>(for_time).count());
    const TimePoint begin = stack_.world.Now();
    for (int i = 0; i < all; ++i) {
      const TimePoint due = begin + for_time * i / all;
      auto call = [this, outcome, due, i] { Send(*outcome, stubs_[static_cast<std::size_t>(i) % stubs_.size()], due); };
      stack_.After(due - begin, std::move(call));
    }
    stack_.world.RunFor(for_time + 10s);
    EXPECT_EQ(outcome->sent, all);
    EXPECT_EQ(outcome->others, 0);
    return *outcome;
  }

  const GenericStub& stub(std::size_t index = 0) const { return stubs_[index]; }

  // Computes, unless a test says otherwise.
  FunctionService::Function handler_ = [this](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    stack_.world.Advance(kWork);
    return request;
  };
  SimulatedStack stack_{
      [this](ServerContext& context, const std::string& request) { return handler_(context, request); }};

 private:
  void Send(Outcome& outcome, const GenericStub& stub, TimePoint due) {
    ++outcome.sent;
    stub.Call(kMethod, "x").Then([this, &outcome, due](const Result<std::string>& reply) {
      const Duration took = stack_.world.Now() - due;
      if (reply.ok()) {
        outcome.answers.push_back(took);
        if (took <= kUseful) ++outcome.useful;
      } else if (reply.error().code() == StatusCode::kUnavailable &&
                 reply.error().message() == "the server is overloaded") {
        outcome.refusals.push_back(took);
        ++outcome.refused;
      } else {
        ++outcome.others;
      }
    });
  }

  std::vector<GenericStub> stubs_;
};

TEST_F(OverloadTest, WithoutALimitHardlyAnythingIsOfUse) {
  Start(nullptr);
  const Outcome outcome = Load(4 * kCapacity, 2s);
  EXPECT_LT(outcome.useful, 0.2 * kCapacity * 2);
}

// Time of the world stands still for clients too while a handler computes, so answers seem to take about twice as long
// as they would.
TEST_F(OverloadTest, WithTheLimitTheServerGoesOnDoingWhatItCan) {
  const auto limit = LimitAdaptively();
  Start(limit);
  const Outcome outcome = Load(4 * kCapacity, 3s);
  EXPECT_GE(outcome.useful, 0.9 * kCapacity * 3);
  EXPECT_EQ(outcome.useful + outcome.refused, outcome.sent);
  EXPECT_LE(Outcome::Quantile(outcome.refusals, 0.5), 10ms);
  EXPECT_LE(Outcome::Quantile(outcome.refusals, 0.99), 25ms);
  EXPECT_LE(Outcome::Quantile(outcome.answers, 0.99), 30ms);
  const AdaptiveLimit::Figures figures = limit->figures();
  EXPECT_EQ(figures.in_flight, 0U);
  EXPECT_EQ(figures.admitted, static_cast<std::uint64_t>(outcome.useful));
  EXPECT_EQ(figures.rejected, static_cast<std::uint64_t>(outcome.refused));
  EXPECT_LE(figures.limit, 24U);
}

// Where each connection has few calls, the line is in the operating system.
TEST_F(OverloadTest, AlsoWhenTheLoadComesOnManyConnections) {
  Start(LimitAdaptively(), 300);
  const Outcome outcome = Load(4 * kCapacity, 3s);
  EXPECT_GE(outcome.useful, 0.9 * kCapacity * 3);
  EXPECT_LE(Outcome::Quantile(outcome.refusals, 0.5), 10ms);
  EXPECT_LE(Outcome::Quantile(outcome.refusals, 0.99), 25ms);
}

TEST_F(OverloadTest, AfterwardsAllIsAsBefore) {
  Start(LimitAdaptively());
  const Outcome before = Load(kCapacity / 2, 2s);
  EXPECT_EQ(before.refused, 0);
  (void)Load(4 * kCapacity, 2s);
  const Outcome after = Load(kCapacity / 2, 2s);
  EXPECT_GE(after.useful, 0.99 * after.sent);
  EXPECT_LE(Outcome::Quantile(after.answers, 0.5), Outcome::Quantile(before.answers, 0.5) * 3 / 2);
}

TEST_F(OverloadTest, ARefusedCallNeverReachesItsHandler) {
  Start(LimitAdaptively());
  const Outcome outcome = Load(4 * kCapacity, 1s);
  ASSERT_GT(outcome.refused, 0);
  EXPECT_EQ(stack_.service.started, outcome.sent - outcome.refused);
}

TEST_F(OverloadTest, OneCallTooManyIsRefusedAtOnce) {
  handler_ = [](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    const Status slept = co_await Sleep(1s);
    if (!slept.ok()) co_return slept.error();
    co_return request;
  };
  const auto limit = LimitAdaptively(AdaptiveLimitOptions().Initial(2).Minimum(2));
  Start(limit, 1);
  const TimePoint begin = stack_.world.Now();
  auto first = stub().Call(kMethod, "1");
  auto second = stub().Call(kMethod, "2");
  const Result<std::string> third = stub().Call(kMethod, "3").Wait();
  EXPECT_LE(stack_.world.Now() - begin, 5ms);
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error().code(), StatusCode::kUnavailable);
  EXPECT_EQ(third.error().message(), "the server is overloaded");
  EXPECT_EQ(limit->figures().in_flight, 2U);
  EXPECT_TRUE(first.Wait().ok());
  EXPECT_TRUE(second.Wait().ok());
  EXPECT_TRUE(stub().Call(kMethod, "4").Wait().ok());
}

class Throwing final : public Interceptor {
 public:
  std::string_view name() const override { return "throwing"; }
  Task<Trailers> Intercept(CallInfo& info, Call&, Next next) override {
    if (info.metadata().Get("x-throw")) throw std::runtime_error("on the way in");
    Trailers trailers = co_await next();
    if (info.metadata().Get("x-throw-late")) throw std::runtime_error("on the way out");
    co_return trailers;
  }
};

TEST_F(OverloadTest, NoPlaceIsLostHoweverACallEnds) {
  handler_ = [](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    if (request == "throw") throw std::runtime_error("a handler");
    if (request == "fail") co_return Error(StatusCode::kNotFound, "nothing");
    const Status slept = co_await Sleep(10ms);
    if (!slept.ok()) co_return slept.error();
    if (request == "throw late") throw std::runtime_error("a handler");
    co_return request;
  };
  for (const RunOn run_on : {RunOn::kLoop, RunOn::kPool}) {
    stack_.run_on = run_on;
    const auto limit = LimitAdaptively();
    Start(limit, 1, std::make_shared<Throwing>());
    for (int i = 0; i < 200; ++i) {
      EXPECT_FALSE(stub().Call(kMethod, "throw").Wait().ok());
      EXPECT_FALSE(stub().Call(kMethod, "throw late").Wait().ok());
      EXPECT_FALSE(stub().Call(kMethod, "fail").Wait().ok());
      EXPECT_FALSE(stub().Call(kMethod, "x", CallOptions().Metadata("x-throw", "1")).Wait().ok());
      EXPECT_FALSE(stub().Call(kMethod, "x", CallOptions().Metadata("x-throw-late", "1")).Wait().ok());
      (void)stub().Call(kMethod, "x", CallOptions().Timeout(3ms)).Wait();
      auto dropped = stub().Call(kMethod, "x");
      auto cancelled = stub().Call(kMethod, "x");
      stack_.world.RunFor(1ms);
      cancelled.Cancel();
    }
    stack_.world.RunFor(1s);
    EXPECT_EQ(limit->figures().in_flight, 0U);
    EXPECT_EQ(limit->figures().rejected, 0U);
    EXPECT_EQ(limit->figures().admitted, 200U * 8U);
  }
}

TEST_F(OverloadTest, NorWhenConnectionsAreLost) {
  handler_ = [](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    const Status slept = co_await Sleep(100ms);
    if (!slept.ok()) co_return slept.error();
    co_return request;
  };
  const auto limit = LimitAdaptively();
  Start(limit, 10);
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 20; ++i) {
      stub(static_cast<std::size_t>(i) % 10).Call(kMethod, "x").Then([](const Result<std::string>&) {});
    }
    stack_.world.RunFor(50ms);
    stack_.world.CutAll();
    stack_.world.RunFor(5s);
  }
  EXPECT_GT(limit->figures().admitted, 20U);
  EXPECT_EQ(limit->figures().in_flight, 0U);
}

TEST_F(OverloadTest, StreamsTakeNoPlace) {
  class Open final : public GenericStreamingService {
    Task<Status> Call(ServerContext&, Reader<std::string>& requests, Writer<std::string>&) override {
      while (true) {
        const std::optional<std::string> request = co_await requests.Next();
        if (!request) co_return Status();
      }
    }
  };
  Open service;
  const auto limit = LimitAdaptively(AdaptiveLimitOptions().Maximum(8));
  Server server(ServerOptions().UseRuntime(stack_.server_runtime));
  ASSERT_TRUE(server.AddGeneric(service).Intercept(limit).Listen(kServerAddress).Start().ok());
  std::vector<BidiStreamingCall<std::string, std::string>> streams;
  const GenericStub stub = stack_.Stub();
  for (int i = 0; i < 100; ++i) streams.push_back(stub.Stream(kMethod));
  stack_.world.RunFor(10ms);
  EXPECT_EQ(limit->figures().admitted, 100U);
  EXPECT_EQ(limit->figures().in_flight, 0U);
  streams.clear();
  stack_.world.RunFor(10ms);
  (void)server.Stop(0s);
}

}  // namespace
}  // namespace rhei::inline v0::testing
