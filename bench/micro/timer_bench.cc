// What arming, cancelling and firing a timer cost beside a million others.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "runtime/timer_queue.h"

namespace {

using namespace std::chrono_literals;
using rhei::Duration;
using rhei::TimePoint;
using rhei::runtime::Timer;
using rhei::runtime::TimerQueue;

constexpr TimePoint kStart{std::chrono::hours(1000)};

Duration UpTo(std::mt19937_64& random, Duration limit) {
  return Duration(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit.count())));
}

// A queue with `count` timers armed at random times within the next minute.
class Crowd {
 public:
  explicit Crowd(std::int64_t count) {
    std::mt19937_64 random(1);
    for (std::int64_t i = 0; i < count; ++i) {
      timers_.push_back(std::make_unique<Timer>([] {}));
      queue_.Arm(*timers_.back(), kStart + 1ms + UpTo(random, 60s));
    }
  }
  TimerQueue& queue() { return queue_; }
  std::vector<std::unique_ptr<Timer>>& timers() { return timers_; }

 private:
  TimerQueue queue_{kStart};
  std::vector<std::unique_ptr<Timer>> timers_;
};

// A deadline that is met: armed, and cancelled soon after.
void ArmAndCancelOne(benchmark::State& state) {
  Crowd crowd(state.range(0));
  std::mt19937_64 random(2);
  std::vector<TimePoint> times(4096);
  for (TimePoint& when : times) when = kStart + 1ms + UpTo(random, 20s);
  Timer timer([] {});
  std::size_t next = 0;
  for (auto _ : state) {
    crowd.queue().Arm(timer, times[next++ % times.size()]);
    crowd.queue().Cancel(timer);
  }
}
BENCHMARK(ArmAndCancelOne)->Arg(0)->Arg(1'000'000);

// A thousand calls in flight with the same timeout, while the loop asks for the next expiry every 32 of them.
void DeadlinesOfCallsInFlight(benchmark::State& state) {
  Crowd crowd(state.range(0));
  std::vector<std::unique_ptr<Timer>> calls;
  for (int i = 0; i < 1000; ++i) calls.push_back(std::make_unique<Timer>([] {}));
  TimePoint now = kStart;
  std::size_t next = 0;
  for (auto _ : state) {
    now += 1ns;
    crowd.queue().Arm(*calls[next % calls.size()], now + 1s);
    if (++next % 32 == 0) benchmark::DoNotOptimize(crowd.queue().NextExpiry());
  }
}
BENCHMARK(DeadlinesOfCallsInFlight)->Arg(0)->Arg(1'000'000);

// Every timer is moved in turn: misses the cache each time with a million.
void RearmEach(benchmark::State& state) {
  Crowd crowd(state.range(0));
  std::size_t next = 0;
  for (auto _ : state) {
    crowd.queue().Arm(*crowd.timers()[next % crowd.timers().size()],
                      kStart + 30s + Duration(static_cast<int>(next % 1000000)));
    ++next;
  }
}
BENCHMARK(RearmEach)->Arg(1000)->Arg(1'000'000);

// From armed to fired, time running by a millisecond a turn.
void Fire(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    auto crowd = std::make_unique<Crowd>(state.range(0));
    state.ResumeTiming();
    for (TimePoint now = kStart; crowd->queue().size() > 0; now += 1ms) crowd->queue().FireExpired(now);
    state.PauseTiming();
    crowd.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Fire)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(3);

}  // namespace

BENCHMARK_MAIN();
