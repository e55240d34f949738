// Many large calls in a row, each of which has to be answered within a time.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cases.h"
#include "expect.h"
#include "payload.h"

namespace interop {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// The flags --soak_*.
struct Plan {
  explicit Plan(const Flags& flags)
      : iterations(flags.Number("soak_iterations")),
        max_failures(flags.Number("soak_max_failures")),
        threads(std::max(1, flags.Number("soak_num_threads"))),
        latency(flags.Number("soak_per_iteration_max_acceptable_latency_ms")),
        pause(flags.Number("soak_min_time_ms_between_rpcs")) {
    request.set_response_size(flags.Number("soak_response_size"));
    *request.mutable_payload() = MakePayload(static_cast<std::size_t>(flags.Number("soak_request_size")));
    const int seconds = flags.Number("soak_overall_timeout_seconds");
    const auto all = seconds > 0 ? milliseconds(std::chrono::seconds(seconds)) : latency * iterations;
    end = Clock::now() + all;
  }

  int iterations;
  int max_failures;
  int threads;
  milliseconds latency;
  milliseconds pause;
  Clock::time_point end;
  grpc::testing::SimpleRequest request;
};

// What all threads have seen together.
class Tally {
 public:
  void Add(milliseconds took, const std::string& failure) {
    const std::lock_guard lock(mutex_);
    latencies_.push_back(took);
    if (failure.empty()) return;
    ++failures_;
    std::cerr << "soak iteration " << latencies_.size() << ": " << failure << '\n';
  }

  void Judge(const Plan& plan) {
    std::sort(latencies_.begin(), latencies_.end());
    if (!latencies_.empty()) {
      std::cerr << "soak: " << latencies_.size() << " iterations, median " << latencies_[latencies_.size() / 2].count()
                << " ms, slowest " << latencies_.back().count() << " ms, " << failures_ << " failed\n";
    }
    ExpectEqual("iterations within the overall timeout", static_cast<std::size_t>(plan.iterations), latencies_.size());
    if (failures_ > plan.max_failures) {
      throw Failure("expected at most " + std::to_string(plan.max_failures) + " failed iterations, got " +
                    std::to_string(failures_));
    }
  }

 private:
  std::mutex mutex_;
  std::vector<milliseconds> latencies_;
  int failures_ = 0;
};

void Iterate(const Plan& plan, const rhei::Channel& channel, Tally& tally) {
  const Clock::time_point begin = Clock::now();
  const grpc::testing::TestService::Stub stub(channel);
  const auto response = stub.UnaryCall(plan.request, rhei::CallOptions().Timeout(plan.end - begin)).Wait();
  const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);

  std::string failure;
  const auto size = static_cast<std::size_t>(plan.request.response_size());
  if (!response.ok()) {
    failure = "expected OK, got " + Describe(response);
  } else if (response->payload().body().size() != size) {
    failure = "expected " + std::to_string(size) + " bytes, got " + std::to_string(response->payload().body().size());
  } else if (took > plan.latency) {
    failure = "expected at most " + std::to_string(plan.latency.count()) + " ms, took " + std::to_string(took.count());
  }
  tally.Add(took, failure);
}

// `channel_for` gives the channel of one iteration.
template <typename ChannelFor>
void Soak(const Peer& peer, ChannelFor channel_for) {
  const Plan plan(peer.flags);
  Tally tally;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < plan.threads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = thread; i < plan.iterations && Clock::now() < plan.end; i += plan.threads) {
          const Clock::time_point next = Clock::now() + plan.pause;
          Iterate(plan, channel_for(), tally);
          std::this_thread::sleep_until(next);
        }
      });
    }
  }
  tally.Judge(plan);
}

}  // namespace

void RpcSoak(const Peer& peer) {
  Soak(peer, [&peer] { return peer.channel; });
}

void ChannelSoak(const Peer& peer) {
  Soak(peer, [&peer] { return peer.connect(peer.flags); });
}

}  // namespace interop
