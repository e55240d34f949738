// Virtual time and turns: what runs next in a simulated world.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "rhei/function.h"
#include "rhei/time.h"
#include "runtime/simulation/random_source.h"
#include "runtime/simulation/simulation_options.h"
#include "runtime/timer_queue.h"

namespace rhei::inline v0::runtime {

class SimulatedLoop;

// Runs one thing at a time: a turn of a loop, or a piece of work of the pool, drawn by the seed among all that could
// run now; when there is none, time jumps to the next timer of a loop or of the network.
//
// Threads: whoever calls Run drives the world, one thread at a time. The rest of the world is the driver's, and
// everybody's while nobody drives; what is for any thread says so.
class Scheduler final : public Clock {
 public:
  // The role of the driver, for as long as the object lives; within it the same thread may take it again.
  class Drive {
   public:
    explicit Drive(Scheduler& scheduler);
    ~Drive();
    Drive(const Drive&) = delete;
    Drive& operator=(const Drive&) = delete;

   private:
    Scheduler& scheduler_;
    const bool outermost_;
  };

  Scheduler(std::uint64_t seed, const SimulationOptions& options);

  TimePoint Now() const override { return now_.load(std::memory_order_relaxed); }
  RandomSource& random() { return random_; }
  // Of the network: deliveries that are under way. They may run at any time, so they only schedule LoopEvents.
  TimerQueue& network_timers() { return network_timers_; }

  void Add(SimulatedLoop& loop);
  void Remove(SimulatedLoop& loop);
  // The loop has something to do now.
  void MakeReady(SimulatedLoop& loop);

  // Whether the calling thread is the one that drives.
  bool IsDriver() const { return driver_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }
  // The loop whose turn it is, for the driver.
  SimulatedLoop* running() const { return running_; }

  // For threads that do not drive. `work` goes to the loop, or to the pool if that is null, when the driver looks.
  void PostFromOutside(SimulatedLoop* loop, UniqueFunction<void()> work);
  // Any thread. Pool work runs in any order, on no loop, and may drive the world itself.
  void PostToPool(UniqueFunction<void()> work);

  enum class Outcome : std::uint8_t {
    kDone,       // `done` said so
    kIdle,       // nothing is left to do
    kOutOfTime,  // what comes next is later than the limit
    kSpinning,   // the step limit is reached
    kInTurn,     // called from the turn of a loop, which must not wait
  };
  // Any thread. Runs until `done` says so or one of the other outcomes, `limit` of time at most. Drives for one step at
  // a time, so that several threads may run the world.
  Outcome Run(const std::function<bool()>& done, Duration limit);
  // For a driver that jumps over time in which nothing happens. Never backwards.
  void SetNow(TimePoint now) { now_.store(std::max(Now(), now), std::memory_order_relaxed); }

  // The number of steps so far, and a hash of what each was: equal for equal seeds.
  std::uint64_t steps() const { return steps_; }
  std::uint64_t fingerprint() const { return fingerprint_; }
  void Record(std::uint64_t fact) { fingerprint_ = (fingerprint_ ^ fact) * 0x100000001b3; }

  // What is ready or armed, for people.
  std::string Describe() const;
  // Destroys all work that was posted and has not run.
  void DiscardWork();

 private:
  struct PostedWork {
    SimulatedLoop* loop;
    UniqueFunction<void()> work;
  };
  enum class Stepped : std::uint8_t { kRan, kIdle, kTooLate };

  Stepped Step(TimePoint until);
  void RunOneReady(bool network_due);
  void RunFromPool(std::size_t index);
  void JumpTo(TimePoint when);
  std::optional<TimePoint> NextTimer() const;
  void TakePosted();
  bool WaitForPost();

  const SimulationOptions& options_;
  std::atomic<TimePoint> now_;
  RandomSource random_;
  TimerQueue network_timers_;
  std::vector<SimulatedLoop*> loops_;
  std::vector<SimulatedLoop*> ready_;
  std::vector<UniqueFunction<void()>> pool_;
  SimulatedLoop* running_ = nullptr;
  std::uint64_t steps_ = 0;
  std::uint64_t fingerprint_ = 0xcbf29ce484222325;

  std::mutex drive_mutex_;
  std::atomic<std::thread::id> driver_{};

  std::mutex posted_mutex_;
  std::condition_variable posted_condition_;
  std::vector<PostedWork> posted_;
  std::vector<PostedWork> spare_posted_;
  std::atomic<bool> has_posted_{false};
};

}  // namespace rhei::inline v0::runtime
