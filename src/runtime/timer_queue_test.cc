#include "runtime/timer_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace rhei::inline v0::runtime {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr TimePoint kStart{std::chrono::hours(77777)};

class TimerQueueTest : public ::testing::Test {
 protected:
  std::unique_ptr<Timer> Recording(int name) {
    return std::make_unique<Timer>([this, name] { fired_.push_back(name); });
  }

  TimerQueue queue_{kStart};
  std::vector<int> fired_;
};

TEST_F(TimerQueueTest, AnEmptyQueueHasNoExpiry) {
  EXPECT_EQ(queue_.NextExpiry(), std::nullopt);
  EXPECT_EQ(queue_.size(), 0u);
  EXPECT_EQ(queue_.FireExpired(kStart + 24h), 0u);
}

TEST_F(TimerQueueTest, FiresAtExactlyItsTimeAndNotANanosecondBefore) {
  for (const Duration delay :
       {Duration(1ns), Duration(999us), Duration(1ms), Duration(64ms), Duration(4h), Duration(9999h)}) {
    const auto timer = Recording(1);
    TimerQueue queue(kStart);
    queue.Arm(*timer, kStart + delay);
    EXPECT_EQ(queue.NextExpiry(), kStart + delay);
    EXPECT_EQ(queue.FireExpired(kStart + delay - 1ns), 0u);
    EXPECT_TRUE(timer->armed());
    EXPECT_EQ(queue.NextExpiry(), kStart + delay);
    EXPECT_EQ(queue.FireExpired(kStart + delay), 1u);
    EXPECT_FALSE(timer->armed());
    EXPECT_EQ(queue.NextExpiry(), std::nullopt);
  }
}

TEST_F(TimerQueueTest, FiresInTheOrderOfTimesAndOfArmingWhereTimesAreEqual) {
  const auto a = Recording(1), b = Recording(2), c = Recording(3), d = Recording(4), e = Recording(5);
  queue_.Arm(*a, kStart + 10s);
  queue_.Arm(*b, kStart + 5s);
  queue_.Arm(*c, kStart + 10s);
  queue_.Arm(*d, kStart + 5s);
  queue_.Arm(*e, kStart + 5s + 1ns);
  queue_.Arm(*b, kStart + 5s);  // moved behind d
  EXPECT_EQ(queue_.size(), 5u);
  EXPECT_EQ(queue_.FireExpired(kStart + 1h), 5u);
  EXPECT_THAT(fired_, ElementsAre(4, 2, 5, 1, 3));
  EXPECT_EQ(queue_.size(), 0u);
}

TEST_F(TimerQueueTest, ATimeThatHasPassedFiresAtTheNextCall) {
  queue_.FireExpired(kStart + 1h);
  const auto timer = Recording(1);
  queue_.Arm(*timer, kStart + 1s);
  EXPECT_EQ(queue_.NextExpiry(), kStart + 1s);
  EXPECT_EQ(queue_.FireExpired(kStart + 1h), 1u);
}

TEST_F(TimerQueueTest, ATimeBeforeTheStartFires) {
  const auto timer = Recording(1);
  queue_.Arm(*timer, TimePoint::min());
  EXPECT_EQ(queue_.NextExpiry(), TimePoint::min());
  EXPECT_EQ(queue_.FireExpired(kStart), 1u);
}

TEST_F(TimerQueueTest, TheLastPossibleTimeIsKept) {
  const auto timer = Recording(1);
  queue_.Arm(*timer, TimePoint::max());
  EXPECT_EQ(queue_.FireExpired(TimePoint::max() - 1ns), 0u);
  EXPECT_EQ(queue_.NextExpiry(), TimePoint::max());
  EXPECT_EQ(queue_.FireExpired(TimePoint::max()), 1u);
}

TEST_F(TimerQueueTest, ACancelledTimerDoesNotFire) {
  const auto a = Recording(1), b = Recording(2);
  queue_.Arm(*a, kStart + 1s);
  queue_.Arm(*b, kStart + 2s);
  queue_.Cancel(*a);
  queue_.Cancel(*a);
  EXPECT_FALSE(a->armed());
  EXPECT_EQ(queue_.NextExpiry(), kStart + 2s);
  queue_.FireExpired(kStart + 3s);
  EXPECT_THAT(fired_, ElementsAre(2));
}

TEST_F(TimerQueueTest, ADestroyedTimerDoesNotFire) {
  auto timer = Recording(1);
  queue_.Arm(*timer, kStart + 1s);
  timer.reset();
  EXPECT_EQ(queue_.size(), 0u);
  EXPECT_EQ(queue_.FireExpired(kStart + 3s), 0u);
}

TEST_F(TimerQueueTest, ADestroyedQueueDisarmsItsTimers) {
  const auto a = Recording(1), b = Recording(2), c = Recording(3);
  {
    TimerQueue queue(kStart);
    queue.Arm(*a, kStart);
    queue.Arm(*b, kStart + 1h);
    queue.Arm(*c, kStart + 1h);
    EXPECT_EQ(queue.NextExpiry(), kStart);
  }
  EXPECT_FALSE(a->armed());
  EXPECT_FALSE(b->armed());
  EXPECT_FALSE(c->armed());
}

TEST_F(TimerQueueTest, WhatATimerArmsForThePastWaitsForTheNextCall) {
  int runs = 0;
  std::optional<TimePoint> seen;
  Timer* self = nullptr;
  Timer timer([&] {
    ++runs;
    queue_.Arm(*self, kStart + 1s);
    seen = queue_.NextExpiry();
  });
  self = &timer;
  const auto later = Recording(2);
  queue_.Arm(timer, kStart + 1s);
  queue_.Arm(*later, kStart + 2s);
  EXPECT_EQ(queue_.FireExpired(kStart + 3s), 2u);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(seen, kStart + 1s);
  EXPECT_THAT(fired_, ElementsAre(2));
  EXPECT_EQ(queue_.NextExpiry(), kStart + 1s);
  EXPECT_EQ(queue_.FireExpired(kStart + 3s), 1u);
  EXPECT_EQ(runs, 2);
}

TEST_F(TimerQueueTest, ATimerMayCancelOneThatIsDueWithIt) {
  const auto victim = Recording(1);
  Timer timer([&] { queue_.Cancel(*victim); });
  queue_.Arm(timer, kStart + 1s);
  queue_.Arm(*victim, kStart + 1s);
  EXPECT_EQ(queue_.FireExpired(kStart + 2s), 1u);
  EXPECT_TRUE(fired_.empty());
}

TEST_F(TimerQueueTest, ATimerMayDestroyItself) {
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>([&timer] { timer.reset(); });
  queue_.Arm(*timer, kStart + 1s);
  EXPECT_EQ(queue_.FireExpired(kStart + 2s), 1u);
  EXPECT_EQ(timer, nullptr);
}

// Plays random steps against the obvious model, and compares everything that can be seen.
class Differential {
 public:
  explicit Differential(std::uint64_t seed) : random_(seed) {
    for (int i = 0; i < 200; ++i) timers_.push_back(Make(i));
    sequence_of_.resize(timers_.size());
  }

  void Run(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      const auto choice = random_() % 16;
      if (choice < 8) {
        Arm(Pick(), now_ + Distance());
      } else if (choice < 12) {
        Cancel(Pick());
      } else if (choice == 12) {
        const int index = Pick();
        Cancel(index);
        timers_[static_cast<std::size_t>(index)] = Make(index);
      } else {
        Fire();
      }
      if (random_() % 2 == 0) Compare();
    }
  }

 private:
  using Key = std::pair<TimePoint, std::uint64_t>;

  int Pick() { return static_cast<int>(random_() % timers_.size()); }
  // From nanoseconds to years, and often the same.
  Duration Distance() {
    const auto width = random_() % 58;
    const auto distance = static_cast<std::int64_t>(random_() % (std::uint64_t{1} << width));
    return Duration(random_() % 8 == 0 ? -(distance % 1000000) : distance);
  }
  std::unique_ptr<Timer> Make(int index) {
    return std::make_unique<Timer>([this, index] { OnExpiry(index); });
  }

  void Arm(int index, TimePoint when) {
    CancelInModel(index);
    const std::uint64_t sequence = ++sequence_;
    sequence_of_[static_cast<std::size_t>(index)] = Key(when, sequence);
    model_.emplace(Key(when, sequence), index);
    queue_.Arm(*timers_[static_cast<std::size_t>(index)], when);
  }
  void Cancel(int index) {
    CancelInModel(index);
    queue_.Cancel(*timers_[static_cast<std::size_t>(index)]);
  }
  void CancelInModel(int index) {
    auto& key = sequence_of_[static_cast<std::size_t>(index)];
    if (key.has_value()) model_.erase(*key);
    key.reset();
  }

  void OnExpiry(int index) {
    ASSERT_FALSE(model_.empty());
    auto expected = model_.begin();
    while (expected->first.second > last_before_firing_) ++expected;
    EXPECT_EQ(expected->second, index);
    EXPECT_LE(expected->first.first, now_);
    CancelInModel(index);
    ++fired_;
    if (random_() % 2 == 0) Arm(Pick(), now_ + Distance());
    if (random_() % 4 == 0) Cancel(Pick());
    if (random_() % 4 == 0) Compare();
  }
  void Fire() {
    now_ = random_() % 4 == 0 && !model_.empty() ? std::max(now_, model_.begin()->first.first)
                                                 : now_ + std::max(Distance(), Duration(0)) / 64;
    last_before_firing_ = sequence_;
    fired_ = 0;
    EXPECT_EQ(queue_.FireExpired(now_), fired_);
    for (const auto& [key, index] : model_) {
      if (key.first > now_) break;
      EXPECT_GT(key.second, last_before_firing_) << "due and not fired: " << index;
    }
  }
  void Compare() {
    EXPECT_EQ(queue_.size(), model_.size());
    EXPECT_EQ(queue_.NextExpiry(), model_.empty() ? std::nullopt : std::optional(model_.begin()->first.first));
  }

  std::mt19937_64 random_;
  TimePoint now_ = kStart;
  TimerQueue queue_{kStart};
  std::vector<std::unique_ptr<Timer>> timers_;
  std::vector<std::optional<Key>> sequence_of_;
  std::multimap<Key, int> model_;
  std::uint64_t sequence_ = 0;
  std::uint64_t last_before_firing_ = 0;
  std::size_t fired_ = 0;
};

TEST(TimerQueueDifferentialTest, AgreesWithAnOrderedMapOnRandomSteps) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    Differential(seed).Run(3000);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(TimerQueueDifferentialTest, AMillionTimersFireInOrder) {
  std::mt19937_64 random(7);
  TimerQueue queue(kStart);
  TimePoint last = kStart;
  TimePoint expected = TimePoint::max();
  std::size_t out_of_order = 0;
  std::vector<std::unique_ptr<Timer>> timers;
  std::vector<TimePoint> times;
  for (int i = 0; i < 1000000; ++i) {
    const TimePoint when = kStart + Duration(static_cast<std::int64_t>(random() % 60'000'000'000));
    timers.push_back(std::make_unique<Timer>([&, when] {
      if (when < last) ++out_of_order;
      last = when;
    }));
    queue.Arm(*timers.back(), when);
    expected = std::min(expected, when);
  }
  EXPECT_EQ(queue.NextExpiry(), expected);
  EXPECT_EQ(queue.FireExpired(kStart + 60s), 1000000u);
  EXPECT_EQ(out_of_order, 0u);
}

}  // namespace
}  // namespace rhei::inline v0::runtime
