// Threads for work that blocks.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "rhei/function.h"

namespace rhei::inline v0::runtime {

// Runs work in the order in which it came, on as many threads as it needs and not more than its maximum. Thread-safe.
class ThreadPool {
 public:
  using Work = UniqueFunction<void()>;

  // A maximum of 0 counts as 1.
  explicit ThreadPool(std::size_t max_threads);
  ~ThreadPool() { Drain(); }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Starts a thread when all are busy and there may be another. When the system has none to give, the work waits for
  // those that run; without any that runs, it is done here and now.
  void Run(Work work);

  // Waits until all work is done, also what that work adds, and ends the threads. What comes later is destroyed unrun.
  // Not on one of the pool's own threads.
  void Drain();

  // Whether the calling thread is one of the pool's.
  bool IsCurrent() const;

 private:
  bool StartThread();
  void RunThread(std::size_t index);

  const std::size_t max_threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // All below are under mutex_.
  std::deque<Work> queue_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;  // threads end when they find nothing to do
  bool drained_ = false;
};

}  // namespace rhei::inline v0::runtime
