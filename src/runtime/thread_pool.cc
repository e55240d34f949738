#include "runtime/thread_pool.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "runtime/posix/thread.h"

namespace rhei::inline v0::runtime {
namespace {

thread_local const ThreadPool* pool_here = nullptr;

}  // namespace

ThreadPool::ThreadPool(std::size_t max_threads) : max_threads_(std::max<std::size_t>(1, max_threads)) {}

void ThreadPool::Drain() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  // Work that still runs may add work, and that may start a thread: so the vector is looked at anew each time.
  for (std::size_t i = 0;; ++i) {
    std::thread ended;
    {
      std::lock_guard lock(mutex_);
      drained_ = i == threads_.size();
      if (drained_) return;
      ended = std::move(threads_[i]);
    }
    if (ended.joinable()) ended.join();
  }
}

void ThreadPool::Run(Work work) {
  {
    std::lock_guard lock(mutex_);
    if (drained_) return;
    const bool has_thread = queue_.size() < idle_ || (threads_.size() < max_threads_ && StartThread());
    if (has_thread || !threads_.empty()) {
      queue_.push_back(std::move(work));
      work = nullptr;
      // Under the mutex: once it is free the work may run and be what ends this pool.
      changed_.notify_one();
    }
  }
  if (work) work();
}

bool ThreadPool::StartThread() {
  posix::SignalsBlocked blocked;
  try {
    threads_.emplace_back([this, index = threads_.size()] { RunThread(index); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void ThreadPool::RunThread(std::size_t index) {
  posix::NameThisThread("rhei-pool-" + std::to_string(index));
  pool_here = this;
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    {
      Work work = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      work();
    }
    lock.lock();
  }
}

bool ThreadPool::IsCurrent() const { return pool_here == this; }

}  // namespace rhei::inline v0::runtime
