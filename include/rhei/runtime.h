// Runtime: the threads, loops, clock and logger that servers and channels run on.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "rhei/function.h"
#include "rhei/log.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

namespace runtime {
class Loop;
}

// How a Runtime is set up. Fluent, so that it can be made in the argument list of an asynchronous call.
class RuntimeOptions {
 public:
  // Event loops, one thread each. Default: one for each CPU of the process's affinity mask.
  RuntimeOptions& Loops(std::size_t count);
  // How long a loop looks for work before it sleeps. Saves the wake-up, some 10 to 20 us a side, and costs a CPU while
  // it spins. Default: zero.
  RuntimeOptions& BusyPoll(Duration duration);
  // Threads for handlers that block; see Server. Started when first needed. Default: 16.
  RuntimeOptions& PoolThreads(std::size_t count);
  // Default: StderrLogger().
  RuntimeOptions& Log(std::shared_ptr<Logger> logger);

  std::size_t loops() const { return loops_; }
  Duration busy_poll() const { return busy_poll_; }
  std::size_t pool_threads() const { return pool_threads_; }
  const std::shared_ptr<Logger>& logger() const { return logger_; }

 private:
  std::size_t loops_ = 0;  // 0: by affinity
  Duration busy_poll_{};
  std::size_t pool_threads_ = 16;
  std::shared_ptr<Logger> logger_;
};

// Owns loops, timers, thread pool and logger. Servers and channels share it and keep it alive, so it may be dropped in
// any order with them; its threads end when the last of them is gone. Thread-safe.
class Runtime {
 public:
  explicit Runtime(RuntimeOptions options = RuntimeOptions());
  // Over loops that somebody else runs, such as a simulated world. What `pool` does with the work given to it stands in
  // for the thread pool; it may be called from any thread.
  explicit Runtime(std::vector<std::shared_ptr<runtime::Loop>> loops, std::shared_ptr<Logger> logger,
                   UniqueFunction<void(UniqueFunction<void()>)> pool = nullptr);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // The one that servers and channels share when they are given none: the only process-wide object of rhei. Made when
  // first used.
  static const std::shared_ptr<Runtime>& Default();

  std::size_t loop_count() const;
  runtime::Loop& loop(std::size_t index);
  // The loop that the calling thread runs, or null.
  runtime::Loop* current_loop();
  // The index of a loop of this runtime.
  std::size_t IndexOf(const runtime::Loop& loop) const;

  // Any thread. Runs work on the thread pool, in the context of the caller (rhei/context.h).
  void RunOnPool(UniqueFunction<void()> work);

  Logger& logger();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace rhei::inline v0
