#include "runtime/asio/post_queue.h"

namespace rhei::inline v0::runtime {

void PostQueue::TakeIncoming(std::vector<Work>& into) {
  if (!has_incoming_.load(std::memory_order_acquire)) return;
  std::lock_guard lock(mutex_);
  into.swap(incoming_);
  has_incoming_.store(false, std::memory_order_relaxed);
}

std::size_t PostQueue::RunAll(std::vector<Work>& work) {
  for (Work& each : work) {
    each();
    each = nullptr;  // so that its captures are gone before the next one runs
  }
  const std::size_t count = work.size();
  work.clear();
  return count;
}

std::size_t PostQueue::RunBatch() {
  TakeIncoming(running_incoming_);
  running_own_.swap(own_);
  const std::size_t incoming = RunAll(running_incoming_);
  return incoming + RunAll(running_own_);
}

void PostQueue::Clear() {
  while (!empty()) {
    std::vector<Work> doomed;
    TakeIncoming(doomed);
    std::vector<Work> own;
    own.swap(own_);
  }
}

}  // namespace rhei::inline v0::runtime
