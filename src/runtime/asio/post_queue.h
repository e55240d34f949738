// Work that other threads, and the loop itself, hand to a loop.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

#include "rhei/function.h"

namespace rhei::inline v0::runtime {

// Keeps, for each thread that posts, the order of what it posts. Grows to the largest batch and then allocates no more.
class PostQueue {
 public:
  using Work = UniqueFunction<void()>;

  // Any thread. Calls `before_it_runs` once the work is in and nobody can take it out yet: the work may be what ends
  // the loop, so afterwards the caller may touch nothing of it that this does not keep.
  template <typename Function>
  void PushFromAnywhere(Work&& work, Function before_it_runs) {
    std::lock_guard lock(mutex_);
    incoming_.push_back(std::move(work));
    has_incoming_.store(true, std::memory_order_seq_cst);
    before_it_runs();
  }

  // The rest is for the thread that runs the loop.

  void PushFromLoop(Work&& work) { own_.push_back(std::move(work)); }

  // An atomic read that takes part in the handshake with sleeping: see AsioLoop::Sleep.
  bool empty() const { return own_.empty() && !has_incoming_.load(std::memory_order_seq_cst); }

  // Runs what is there now; what that posts waits for the next call. Tells how much it ran.
  std::size_t RunBatch();

  // Destroys what is there, and what destroying it posts.
  void Clear();

 private:
  std::size_t RunAll(std::vector<Work>& work);
  void TakeIncoming(std::vector<Work>& into);

  std::mutex mutex_;
  std::vector<Work> incoming_;  // under mutex_
  std::atomic<bool> has_incoming_{false};
  std::vector<Work> own_;
  std::vector<Work> running_incoming_;  // empty but for its capacity, outside RunBatch
  std::vector<Work> running_own_;
};

}  // namespace rhei::inline v0::runtime
