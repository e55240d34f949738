// SendWaiters: writers of one connection that wait for room though nothing of their own stream is queued.
#pragma once

#include <cstddef>

namespace rhei::inline v0::transport {

// A list through its members. On the connection's loop.
class SendWaiters {
 public:
  class Waiter {
   public:
    // False: there is no room for it still.
    virtual bool TellIfWritable() = 0;

    // The list's own.
    Waiter* previous = nullptr;
    Waiter* next = nullptr;
    bool waits = false;

   protected:
    ~Waiter() = default;
  };

  void Add(Waiter& waiter) {
    if (waiter.waits) return;
    waiter.waits = true;
    waiter.previous = last_;
    waiter.next = nullptr;
    (last_ != nullptr ? last_->next : first_) = &waiter;
    last_ = &waiter;
    ++size_;
  }
  void Remove(Waiter& waiter) {
    if (!waiter.waits) return;
    waiter.waits = false;
    (waiter.previous != nullptr ? waiter.previous->next : first_) = waiter.next;
    (waiter.next != nullptr ? waiter.next->previous : last_) = waiter.previous;
    --size_;
  }

  // Each has its turn, oldest first; those who find no room wait on behind the others.
  void Tell() {
    for (std::size_t left = size_; left > 0 && first_ != nullptr; --left) {
      Waiter& waiter = *first_;
      Remove(waiter);
      if (!waiter.TellIfWritable()) Add(waiter);
    }
  }
  bool empty() const { return size_ == 0; }

  // Bytes of messages that were sent beyond what may wait on the connection, because their streams' windows were open:
  // so that a message larger than its window is not held up for ever by streams that nobody reads.
  std::size_t overdrawn() const { return overdrawn_; }
  void Overdraw(std::size_t bytes) { overdrawn_ += bytes; }
  void EndOverdraft(std::size_t bytes) { overdrawn_ -= bytes; }

 private:
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
  std::size_t size_ = 0;
  std::size_t overdrawn_ = 0;
};

}  // namespace rhei::inline v0::transport
