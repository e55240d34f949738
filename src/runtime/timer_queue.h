// Timers of one loop, without a clock: a hierarchical wheel that fires in exact order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "rhei/function.h"
#include "rhei/time.h"

namespace rhei::inline v0::runtime {

class TimerQueue;

// A timer, embedded in what it serves. Armed, cancelled and destroyed on the queue's loop; its destructor cancels. The
// function is given once and kept, so arming allocates nothing. The function may destroy the timer that called it, if
// it touches none of its captures afterwards. May outlive its queue, which disarms it.
class Timer {
 public:
  // With room for what captures little more than the timer's owner.
  using Function = UniqueFunction<void(), 16>;
  explicit Timer(Function on_expiry) : on_expiry_(std::move(on_expiry)) {}
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  bool armed() const { return queue_ != nullptr; }

 private:
  friend class TimerQueue;
  Function on_expiry_;

  // The queue's; only `queue_` has a meaning while the timer is not armed.
  TimerQueue* queue_ = nullptr;
  TimePoint when_{};
  std::uint64_t sequence_ = 0;  // counts armings: the order among equal times
  Timer* next_ = nullptr;       // the next tree beside this one
  Timer** link_ = nullptr;      // whatever points at this timer: a bucket, a sibling's next_ or the parent's child_
  Timer* child_ = nullptr;      // the first of the trees under this one, whose times are all later
  std::uint16_t bucket_ = 0;
};

// Arming, cancelling and firing cost O(1), with a million timers armed too. Timers fire in the order of their
// times, and those of equal time in the order of arming. Not thread-safe. Allocates nothing.
//
// How: time is cut into ticks of about a millisecond. The levels of the wheel have 64 buckets each, which are 64 times
// as wide from one level to the next; a timer lies in the level of the highest digit (base 64) in which its tick
// differs from the wheel's position, so it moves down at most once per level as the position comes near. What the
// position has reached lies in the bucket `kDue`. A bucket is a list of pairing heaps: putting in and taking out is a
// matter of a few pointers, and only the bucket that comes next is ever ordered, when the order is asked for.
class TimerQueue {
 public:
  explicit TimerQueue(TimePoint start) : start_(start) {}
  ~TimerQueue();
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // A timer that is armed already is moved. A time that has passed fires at the next FireExpired.
  void Arm(Timer& timer, TimePoint when);
  // Does nothing to a timer that is not armed in this queue.
  void Cancel(Timer& timer);

  // Calls every timer that is due at `now`; they may arm and cancel timers, themselves too. One that a timer arms for
  // `now` or earlier waits for the next call. Tells how many it called. Not to be called from a timer.
  std::size_t FireExpired(TimePoint now);

  // When FireExpired should be called next: the exact time of the earliest timer.
  std::optional<TimePoint> NextExpiry() const;
  std::size_t size() const { return size_; }

 private:
  static constexpr unsigned kTickBits = 20;  // a tick is 2^20 ns
  static constexpr unsigned kSlotBits = 6;
  static constexpr std::size_t kSlots = 1u << kSlotBits;
  static constexpr std::size_t kLevels = 8;  // 20 + 8 * 6 bits: more than a TimePoint can say
  static constexpr std::uint16_t kDue = kLevels * kSlots;
  // What the timers that are firing arm for a time that has passed: it must not fire in the same call.
  static constexpr std::uint16_t kDeferred = kDue + 1;
  static constexpr std::size_t kBuckets = kDeferred + 1;

  static bool Before(const Timer& a, const Timer& b) {
    return a.when_ != b.when_ ? a.when_ < b.when_ : a.sequence_ < b.sequence_;
  }
  static Timer* Merge(Timer* a, Timer* b);
  static Timer* MergeAll(Timer* first);
  static std::size_t Level(std::uint64_t differing_bits);
  static std::size_t Slot(std::uint64_t tick, std::size_t level) { return (tick >> (level * kSlotBits)) % kSlots; }

  std::uint64_t TickOf(TimePoint when) const;
  std::uint16_t BucketOf(TimePoint when) const;
  std::optional<std::uint16_t> FirstOccupied() const;
  std::uint64_t StartOf(std::uint16_t bucket) const;
  Timer* Earliest(std::uint16_t bucket) const;
  void Insert(Timer& timer, std::uint16_t bucket);
  void Remove(Timer& timer);
  Timer* TakeAll(std::uint16_t bucket);
  void Redistribute(std::uint16_t bucket);
  void AdvanceTo(std::uint64_t tick);
  std::size_t FireDue(TimePoint now);

  TimePoint start_;
  std::uint64_t position_ = 0;  // in ticks after start_
  std::uint64_t next_sequence_ = 0;
  std::size_t size_ = 0;
  std::optional<TimePoint> firing_;  // `now` while FireExpired runs
  std::array<std::uint64_t, kLevels> occupied_{};
  // Ordering a bucket when its earliest timer is asked for does not change what it holds.
  mutable std::array<Timer*, kBuckets> buckets_{};
};

}  // namespace rhei::inline v0::runtime
