#include "runtime/simulation/simulated_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "runtime/simulation/simulated_loop.h"

namespace rhei::inline v0::runtime {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SimulatedWorldTest, TimeJumpsToATimerAndIsThenExactlyItsTime) {
  SimulatedWorld world(1);
  const auto loop = world.AddLoop();
  const TimePoint start = world.Now();
  TimePoint fired;
  Timer timer([&] { fired = loop->Now(); });
  loop->Arm(timer, start + 30s + 7ns);
  EXPECT_TRUE(world.RunUntil([&] { return !timer.armed(); }));
  EXPECT_EQ(fired, start + 30s + 7ns);
  EXPECT_EQ(world.Now(), start + 30s + 7ns);
}

TEST(SimulatedWorldTest, AThousandBackoffsOfThirtySecondsTakeNoTime) {
  const auto before = std::chrono::steady_clock::now();
  SimulatedWorld world(1);
  const auto loop = world.AddLoop();
  const TimePoint start = world.Now();
  int tries = 0;
  Timer* self = nullptr;
  Timer timer([&] {
    if (++tries < 1000) loop->Arm(*self, loop->Now() + 30s);
  });
  self = &timer;
  loop->Arm(timer, start + 30s);
  EXPECT_TRUE(world.RunUntilIdle());
  EXPECT_EQ(tries, 1000);
  EXPECT_EQ(world.Now() - start, 30000s);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 1s);
}

TEST(SimulatedWorldTest, TimersOfAllLoopsFireInTheOrderOfTheirTimes) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SimulatedWorld world(seed);
    const auto a = world.AddLoop(), b = world.AddLoop();
    std::vector<int> order;
    Timer t1([&] { order.push_back(1); }), t2([&] { order.push_back(2); }), t3([&] { order.push_back(3); });
    a->Arm(t3, world.Now() + 3s);
    b->Arm(t2, world.Now() + 2s);
    a->Arm(t1, world.Now() + 1s);
    EXPECT_TRUE(world.RunUntilIdle());
    EXPECT_THAT(order, ElementsAre(1, 2, 3));
  }
}

TEST(SimulatedWorldTest, RunForEndsAtExactlyItsTimeAndRunsWhatIsDueThen) {
  SimulatedWorld world(1);
  const auto loop = world.AddLoop();
  const TimePoint start = world.Now();
  int fired = 0;
  Timer at_end([&] { ++fired; }), after([&] { ++fired; });
  loop->Arm(at_end, start + 5s);
  loop->Arm(after, start + 5s + 1ns);
  world.RunFor(5s);
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(world.Now(), start + 5s);
}

TEST(SimulatedWorldTest, AdvanceMakesTimersOverdue) {
  SimulatedWorld world(1);
  const auto loop = world.AddLoop();
  const TimePoint start = world.Now();
  TimePoint fired;
  Timer timer([&] { fired = loop->Now(); });
  loop->Arm(timer, start + 1s);
  world.Advance(1h);
  EXPECT_TRUE(timer.armed());
  EXPECT_TRUE(world.RunUntilIdle());
  EXPECT_EQ(fired, start + 1h);
}

TEST(SimulatedWorldTest, WhatOneLoopPostsKeepsItsOrderAndWhatTwoPostInterleaves) {
  std::set<std::vector<int>> histories;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SimulatedWorld world(seed);
    const auto a = world.AddLoop(), b = world.AddLoop(), target = world.AddLoop();
    std::vector<int> order;
    const auto post = [&](int number) { target->Post([&order, number] { order.push_back(number); }); };
    a->Post([&] { post(1), post(2), post(3); });
    b->Post([&] { post(11), post(12), post(13); });
    EXPECT_TRUE(world.RunUntilIdle());
    ASSERT_EQ(order.size(), 6u);
    std::vector<int> of_a, of_b;
    for (const int number : order) (number < 10 ? of_a : of_b).push_back(number);
    EXPECT_THAT(of_a, ElementsAre(1, 2, 3));
    EXPECT_THAT(of_b, ElementsAre(11, 12, 13));
    histories.insert(order);
  }
  EXPECT_GT(histories.size(), 10u);
}

TEST(SimulatedWorldTest, ALoopIsCurrentWhileItsWorkRunsAndNoOtherIs) {
  SimulatedWorld world(1);
  const auto a = world.AddLoop(), b = world.AddLoop();
  bool checked = false;
  a->Post([&] {
    EXPECT_TRUE(a->IsCurrent());
    EXPECT_FALSE(b->IsCurrent());
    EXPECT_EQ(Executor::Current(), a.get());
    std::thread([&] { EXPECT_FALSE(a->IsCurrent()); }).join();
    checked = true;
  });
  EXPECT_FALSE(a->IsCurrent());
  EXPECT_TRUE(world.RunUntilIdle());
  EXPECT_TRUE(checked);
  EXPECT_FALSE(a->IsCurrent());
  EXPECT_EQ(Executor::Current(), nullptr);
}

TEST(SimulatedWorldTest, EndOfTurnTasksRunOnceAfterTheTurnsWork) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SimulatedWorld world(seed);
    const auto loop = world.AddLoop();
    int at_hand = 0;
    int handled = 0;
    EndOfTurnTask flush([&] {
      EXPECT_GT(at_hand, 0) << "asked for once and run twice";
      handled += std::exchange(at_hand, 0);
    });
    for (int i = 0; i < 20; ++i) {
      loop->Post([&] {
        ++at_hand;
        loop->AtEndOfTurn(flush);
        loop->AtEndOfTurn(flush);
      });
    }
    EXPECT_TRUE(world.RunUntilIdle());
    EXPECT_EQ(handled, 20);
  }
}

TEST(SimulatedWorldTest, AnEndOfTurnTaskThatIsDestroyedDoesNotRun) {
  SimulatedWorld world(1);
  const auto loop = world.AddLoop();
  bool ran = false;
  {
    EndOfTurnTask task([&] { ran = true; });
    loop->AtEndOfTurn(task);
  }
  EXPECT_TRUE(world.RunUntilIdle());
  EXPECT_FALSE(ran);
}

TEST(SimulatedWorldTest, AwaitRunsTheWorld) {
  SimulatedWorld world(1);
  const auto loop = world.AddLoop();
  Completion completion;
  Timer timer([&] { completion.Set(); });
  loop->Arm(timer, world.Now() + 1h);
  loop->Await(completion);
  EXPECT_TRUE(completion.is_set());
}

TEST(SimulatedWorldTest, AwaitThatCanNeverEndSaysWhatIsPending) {
  SimulatedWorld world(77);
  const auto loop = world.AddLoop();
  std::string text;
  world.OnDeadlock([&](const std::string& what) { text = what; });
  loop->Await(Completion());
  EXPECT_THAT(text, HasSubstr("nothing is left to do"));
  EXPECT_THAT(text, HasSubstr("seed 77"));
}

TEST(SimulatedWorldDeathTest, AwaitThatCanNeverEndAbortsUnlessToldOtherwise) {
  SimulatedWorld world(77);
  const auto loop = world.AddLoop();
  EXPECT_DEATH(loop->Await(Completion()), "a simulated world waits for ever: nothing is left to do");
}

TEST(SimulatedWorldTest, TheWorkOfALoopMustNotAwait) {
  SimulatedWorld world(1);
  const auto loop = world.AddLoop();
  std::string text;
  world.OnDeadlock([&](const std::string& what) { text = what; });
  loop->Post([&] { loop->Await(Completion()); });
  EXPECT_TRUE(world.RunUntilIdle());
  EXPECT_THAT(text, HasSubstr("the work of a loop must not wait"));
}

TEST(SimulatedWorldTest, RunUntilGivesUpWhenNothingIsLeftToDo) {
  SimulatedWorld world(1);
  const auto loop = world.AddLoop();
  Timer timer([] {});
  loop->Arm(timer, world.Now() + 1s);
  EXPECT_FALSE(world.RunUntil([] { return false; }));
  EXPECT_THAT(world.pending(), HasSubstr("nothing is left to do"));
  EXPECT_FALSE(timer.armed());
}

TEST(SimulatedWorldTest, RunUntilGivesUpWhenTimersRearmForEver) {
  SimulatedWorld world(1);
  const auto loop = world.AddLoop();
  Timer* self = nullptr;
  Timer timer([&] { loop->Arm(*self, loop->Now() + 10min); });
  self = &timer;
  loop->Arm(timer, world.Now());
  EXPECT_FALSE(world.RunUntil([] { return false; }));
  EXPECT_THAT(world.pending(), HasSubstr("the time limit is reached"));
  EXPECT_THAT(world.pending(), HasSubstr("loop 0: 0 posted, 0 events, 1 timers, the next in "));
}

TEST(SimulatedWorldTest, RunUntilGivesUpWhenTheWorldSpins) {
  SimulationOptions options;
  options.step_limit = 1000;
  SimulatedWorld world(1, options);
  const auto loop = world.AddLoop();
  std::function<void()> again = [&] { loop->Post([&] { again(); }); };
  again();
  EXPECT_FALSE(world.RunUntil([] { return false; }));
  EXPECT_THAT(world.pending(), HasSubstr("the step limit is reached"));
}

TEST(SimulatedWorldTest, PoolWorkRunsOnNoLoopAndMayAwait) {
  SimulatedWorld world(1);
  const auto loop = world.AddLoop();
  bool done = false;
  loop->Post([&] {
    world.RunOnPool([&] {
      EXPECT_FALSE(loop->IsCurrent());
      EXPECT_EQ(Executor::Current(), nullptr);
      Completion completion;
      loop->Post([&] { completion.Set(); });
      loop->Await(completion);
      done = true;
    });
  });
  EXPECT_TRUE(world.RunUntil([&] { return done; }));
}

TEST(SimulatedWorldTest, WhatWasPostedAndHasNotRunIsDestroyedWithTheWorld) {
  const auto token = std::make_shared<int>();
  std::shared_ptr<SimulatedLoop> loop;
  {
    SimulatedWorld world(1);
    loop = world.AddLoop();
    // Work that keeps its own loop alive, and posts more when it is destroyed.
    const std::shared_ptr<void> posts_more(nullptr, [loop, token](void*) { loop->Post([token] {}); });
    loop->Post([token, loop, posts_more] {});
    world.RunOnPool([token] {});
  }
  loop->Post([token] {});
  EXPECT_GT(token.use_count(), 1);
  loop.reset();
  EXPECT_EQ(token.use_count(), 1);
}

TEST(SimulatedWorldTest, AnotherThreadMayPostAndAwait) {
  SimulationOptions options;
  options.patience = 10s;
  SimulatedWorld world(1, options);
  const auto loop = world.AddLoop();
  std::vector<int> order;
  bool finished = false;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) {
      Completion completion;
      loop->Post([&, i] {
        EXPECT_TRUE(loop->IsCurrent());
        order.push_back(i);
        completion.Set();
      });
      loop->Await(completion);
    }
    loop->Post([&] { finished = true; });
  });
  EXPECT_TRUE(world.RunUntil([&] { return finished; })) << world.pending();
  other.join();
  ASSERT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(SimulatedWorldTest, EachLoopDrawsTheSameNumbersFromTheSameSeed) {
  const auto draw = [](std::uint64_t seed) {
    SimulatedWorld world(seed);
    const auto a = world.AddLoop(), b = world.AddLoop();
    return std::vector<std::uint64_t>{a->Random(), a->Random(), b->Random(), b->Random()};
  };
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
  const auto numbers = draw(1);
  EXPECT_EQ(std::set<std::uint64_t>(numbers.begin(), numbers.end()).size(), 4u);
}

}  // namespace
}  // namespace rhei::inline v0::runtime
