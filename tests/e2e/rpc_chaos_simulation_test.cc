// Random scripts of calls, drops, cuts and restarts, each from a seed: whatever happens, each call ends exactly once,
// nothing hangs and nothing is left behind. A seed that fails is printed; RHEI_SEED=<seed> runs it alone.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;

SimulationOptions NetworkOf(std::uint64_t seed) {
  SimulationOptions options = seed % 3 == 0 ? SimulationOptions::Rough() : SimulationOptions();
  if (seed % 5 == 0) options.buffer_size = 300;
  return options;
}

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed)
      : random_(seed),
        stack_([this](ServerContext& context, const std::string& request) { return Handle(context, request); }, seed,
               NetworkOf(seed), 1 + seed % 3) {
    stack_.server_limits.max_concurrent_streams = 1 + Die(20);
    // Some of these networks carry less than any server waits for.
    stack_.server_limits.min_stream_rate = 0;
    stack_.server_limits.handler_starts_per_round = 1 + Die(4);
    if (Die(3) == 0) stack_.server_limits.connection_budget = 3000;
  }

  void Run() {
    (void)stack_.Start();
    stub_.emplace(stack_.Stub(ChannelOptions().Backoff(100ms, 1s)));
    for (int step = 0; step < 60; ++step) Step();
    Settle();
  }

 private:
  std::size_t Die(std::size_t sides) { return random_() % sides; }

  Task<Result<std::string>> Handle(ServerContext&, const std::string& request) {
    switch (Die(4)) {
      case 0: return Error(StatusCode::kAborted, "aborted").WithMetadata(Metadata{{"why", "chaos"}});
      case 1: promises_.emplace_back(); return promises_.back().task();
      default: return request;
    }
  }

  void Step() {
    switch (Die(16)) {
      case 0: stack_.world.CutAll(); break;
      case 1: stack_.server.reset(); break;
      case 2: (void)stack_.Start(); break;
      case 3:
        if (stack_.server != nullptr) (void)stack_.server->Stop(std::chrono::milliseconds(Die(100)));
        break;
      case 4: stub_.emplace(stack_.Stub(ChannelOptions().Backoff(100ms, 1s))); break;
      case 5:
        if (!calls_.empty()) calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(Die(calls_.size())));
        break;
      case 6:
        if (!calls_.empty()) calls_[Die(calls_.size())].Cancel();
        break;
      case 7: AnswerSome(); break;
      case 8: stack_.world.RunFor(std::chrono::milliseconds(Die(500))); break;
      default: Call(); break;
    }
    stack_.world.RunFor(std::chrono::microseconds(Die(400)));
  }

  void Call() {
    CallOptions options;
    options.WaitForReady(Die(2) == 0);
    const std::string request(Die(4) == 0 ? Die(20'000) : Die(50), 'r');
    if (Die(5) == 0) {
      // On one of the loops, which has a connection of its own.
      const std::size_t index = ends_.size();
      ends_.push_back(0);
      auto start = [this, index, stub = *stub_, options, request] {
        stub.Call(kMethod, request, options).Then([this, index](const Result<std::string>&) { ++ends_[index]; });
      };
      stack_.client_runtime->loop(Die(stack_.client_runtime->loop_count())).Post(std::move(start));
      return;
    }
    UnaryCall<std::string> call = stub_->Call(kMethod, request, options);
    if (Die(3) == 0) {
      calls_.push_back(std::move(call));
      return;
    }
    const std::size_t index = ends_.size();
    ends_.push_back(0);
    call.Then([this, index, request](const Result<std::string>& reply) {
      ++ends_[index];
      if (reply.ok()) {
        EXPECT_TRUE(*reply == request || *reply == "held");
      } else {
        EXPECT_TRUE(reply.code() == StatusCode::kUnavailable || reply.code() == StatusCode::kAborted ||
                    reply.code() == StatusCode::kInternal)
            << reply.error().ToString();
        if (reply.code() == StatusCode::kInternal) {
          EXPECT_NE(reply.error().message().find("promise"), std::string::npos) << reply.error().ToString();
        }
        if (reply.code() == StatusCode::kAborted) {
          EXPECT_EQ(reply.error().metadata().Get("why"), "chaos");
        }
      }
    });
  }

  void AnswerSome() {
    for (std::size_t i = Die(promises_.size() + 1); i > 0; --i) {
      if (Die(10) > 0) promises_.back().Set(std::string("held"));
      promises_.pop_back();
    }
  }

  bool AllEnded() {
    bool ended = true;
    for (const int count : ends_) ended = ended && count > 0;
    return ended;
  }

  // With a server there, handlers that answer and no more faults, everything ends.
  void Settle() {
    (void)stack_.Start();
    for (auto& call : calls_) {
      call.Then([this, index = ends_.size()](const Result<std::string>&) { ++ends_[index]; });
      ends_.push_back(0);
    }
    // Long enough for the slowest of the networks.
    for (int round = 0; round < 5000 && !AllEnded(); ++round) {
      stack_.world.RunFor(100ms);
      for (auto& promise : std::exchange(promises_, {})) promise.Set(std::string("held"));
    }
    for (std::size_t i = 0; i < ends_.size(); ++i) EXPECT_EQ(ends_[i], 1) << "call " << i;
    calls_.clear();
    stub_.reset();
    stack_.server.reset();
    // Handlers of calls that nobody wants any more have to answer too.
    for (int round = 0; round < 10; ++round) {
      for (auto& promise : std::exchange(promises_, {})) promise.Set(std::string("held"));
      stack_.world.RunFor(1s);
    }
    EXPECT_EQ(stack_.world.connections(), 0U);
    EXPECT_EQ(stack_.server_runtime.use_count(), 1) << "something is left of a server";
    EXPECT_EQ(stack_.client_runtime.use_count(), 1) << "something is left of a channel";
  }

  std::mt19937_64 random_;
  std::vector<int> ends_;
  std::vector<Promise<std::string>> promises_;
  SimulatedStack stack_;
  std::optional<GenericStub> stub_;
  std::vector<UnaryCall<std::string>> calls_;
};

TEST(ChaosTest, WhateverHappensEachCallEndsOnceAndNothingIsLeft) {
  const char* const only = std::getenv("RHEI_SEED");
  const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
  const std::uint64_t last = only != nullptr ? first : 1000;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("RHEI_SEED=" + std::to_string(seed));
    Chaos(seed).Run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace rhei::inline v0::testing
