#include "runtime/timer_queue.h"

#include <algorithm>
#include <bit>

namespace rhei::inline v0::runtime {

Timer::~Timer() {
  if (queue_ != nullptr) queue_->Cancel(*this);
}

TimerQueue::~TimerQueue() {
  for (std::uint16_t bucket = 0; bucket < kBuckets; ++bucket) {
    for (Timer* timer = TakeAll(bucket); timer != nullptr;) {
      timer->queue_ = nullptr;
      timer = timer->next_;
    }
  }
}

void TimerQueue::Arm(Timer& timer, TimePoint when) {
  if (timer.queue_ != nullptr) timer.queue_->Cancel(timer);
  timer.queue_ = this;
  timer.when_ = when;
  timer.sequence_ = next_sequence_++;
  timer.child_ = nullptr;
  Insert(timer, firing_.has_value() && when <= *firing_ ? kDeferred : BucketOf(when));
  ++size_;
}

void TimerQueue::Cancel(Timer& timer) {
  if (timer.queue_ != this) return;
  Remove(timer);
  timer.queue_ = nullptr;
  --size_;
}

std::size_t TimerQueue::FireExpired(TimePoint now) {
  firing_ = now;
  const std::uint64_t end = TickOf(now);
  std::size_t fired = FireDue(now);
  while (position_ < end) {
    const auto first = FirstOccupied();
    AdvanceTo(first.has_value() ? std::min(end, StartOf(*first)) : end);
    fired += FireDue(now);
  }
  firing_.reset();
  Redistribute(kDeferred);
  return fired;
}

std::optional<TimePoint> TimerQueue::NextExpiry() const {
  const Timer* earliest = Earliest(kDue);
  if (earliest == nullptr) {
    if (const auto first = FirstOccupied()) earliest = Earliest(*first);
  }
  const Timer* deferred = Earliest(kDeferred);
  if (earliest == nullptr || (deferred != nullptr && Before(*deferred, *earliest))) earliest = deferred;
  if (earliest == nullptr) return std::nullopt;
  return earliest->when_;
}

// Makes the later of two trees the first child of the earlier one, which is returned with next_ and link_ to be set.
Timer* TimerQueue::Merge(Timer* a, Timer* b) {
  if (Before(*b, *a)) std::swap(a, b);
  b->next_ = a->child_;
  if (b->next_ != nullptr) b->next_->link_ = &b->next_;
  b->link_ = &a->child_;
  a->child_ = b;
  return a;
}

// Makes one tree of a list of trees: in pairs first, then from the last pair to the first. That order is what keeps the
// amortised cost of taking out the earliest logarithmic (Fredman et al., The Pairing Heap, 1986).
Timer* TimerQueue::MergeAll(Timer* first) {
  Timer* pairs = nullptr;
  while (first != nullptr) {
    Timer* pair = first;
    Timer* const second = first->next_;
    first = second != nullptr ? second->next_ : nullptr;
    if (second != nullptr) pair = Merge(pair, second);
    pair->next_ = std::exchange(pairs, pair);
  }
  Timer* tree = pairs;
  Timer* rest = pairs->next_;
  while (rest != nullptr) {
    Timer* const after = rest->next_;
    tree = Merge(tree, rest);
    rest = after;
  }
  return tree;
}

std::size_t TimerQueue::Level(std::uint64_t differing_bits) {
  return (static_cast<std::size_t>(std::bit_width(differing_bits)) - 1) / kSlotBits;
}

std::uint64_t TimerQueue::TickOf(TimePoint when) const {
  if (when <= start_) return 0;
  // Unsigned, since the distance between two points in time may be more than a Duration can say.
  const auto from = static_cast<std::uint64_t>(start_.time_since_epoch().count());
  const auto to = static_cast<std::uint64_t>(when.time_since_epoch().count());
  return (to - from) >> kTickBits;
}

std::uint16_t TimerQueue::BucketOf(TimePoint when) const {
  const std::uint64_t tick = TickOf(when);
  if (tick <= position_) return kDue;
  const std::size_t level = Level(tick ^ position_);
  return static_cast<std::uint16_t>(level * kSlots + Slot(tick, level));
}

// A level's timers agree with the position in all higher digits, so they are earlier than those of any higher level.
std::optional<std::uint16_t> TimerQueue::FirstOccupied() const {
  for (std::size_t level = 0; level < kLevels; ++level) {
    if (occupied_[level] != 0) {
      return static_cast<std::uint16_t>(level * kSlots + static_cast<std::size_t>(std::countr_zero(occupied_[level])));
    }
  }
  return std::nullopt;
}

std::uint64_t TimerQueue::StartOf(std::uint16_t bucket) const {
  const std::size_t level = bucket / kSlots;
  const std::size_t shift = level * kSlotBits;
  const std::uint64_t above = position_ >> (shift + kSlotBits) << (shift + kSlotBits);
  return above | static_cast<std::uint64_t>(bucket % kSlots) << shift;
}

Timer* TimerQueue::Earliest(std::uint16_t bucket) const {
  Timer*& first = buckets_[bucket];
  if (first != nullptr && first->next_ != nullptr) {
    first = MergeAll(first);
    first->next_ = nullptr;
    first->link_ = &first;
  }
  return first;
}

void TimerQueue::Insert(Timer& timer, std::uint16_t bucket) {
  Timer*& first = buckets_[bucket];
  timer.bucket_ = bucket;
  timer.next_ = first;
  timer.link_ = &first;
  if (first != nullptr) first->link_ = &timer.next_;
  first = &timer;
  if (bucket < kDue) occupied_[bucket / kSlots] |= std::uint64_t{1} << bucket % kSlots;
}

void TimerQueue::Remove(Timer& timer) {
  *timer.link_ = timer.next_;
  if (timer.next_ != nullptr) timer.next_->link_ = timer.link_;
  const std::uint16_t bucket = timer.bucket_;
  if (timer.child_ != nullptr) {
    Insert(*MergeAll(timer.child_), bucket);
  } else if (buckets_[bucket] == nullptr && bucket < kDue) {
    occupied_[bucket / kSlots] &= ~(std::uint64_t{1} << bucket % kSlots);
  }
}

// Empties a bucket; its timers come back as one list through next_, in no order.
Timer* TimerQueue::TakeAll(std::uint16_t bucket) {
  Timer* waiting = std::exchange(buckets_[bucket], nullptr);
  if (bucket < kDue) occupied_[bucket / kSlots] &= ~(std::uint64_t{1} << bucket % kSlots);
  Timer* taken = nullptr;
  while (waiting != nullptr) {
    Timer* const timer = std::exchange(waiting, waiting->next_);
    for (Timer* child = std::exchange(timer->child_, nullptr); child != nullptr;) {
      Timer* const after = child->next_;
      child->next_ = std::exchange(waiting, child);
      child = after;
    }
    timer->next_ = std::exchange(taken, timer);
  }
  return taken;
}

void TimerQueue::Redistribute(std::uint16_t bucket) {
  for (Timer* timer = TakeAll(bucket); timer != nullptr;) {
    Timer* const after = timer->next_;
    Insert(*timer, BucketOf(timer->when_));
    timer = after;
  }
}

// Requires that no timer lies before `tick` in the wheel. Then only the bucket that holds `tick` in the level of the
// highest digit that changes has timers that are now nearer than their level tells.
void TimerQueue::AdvanceTo(std::uint64_t tick) {
  if (tick == position_) return;
  const std::size_t level = Level(tick ^ position_);
  position_ = tick;
  const auto bucket = static_cast<std::uint16_t>(level * kSlots + Slot(tick, level));
  if (buckets_[bucket] != nullptr) Redistribute(bucket);
}

std::size_t TimerQueue::FireDue(TimePoint now) {
  std::size_t fired = 0;
  for (Timer* timer = Earliest(kDue); timer != nullptr && timer->when_ <= now; timer = Earliest(kDue)) {
    Cancel(*timer);
    ++fired;
    timer->on_expiry_();
  }
  return fired;
}

}  // namespace rhei::inline v0::runtime
