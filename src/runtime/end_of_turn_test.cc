#include "runtime/end_of_turn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace rhei::inline v0::runtime {
namespace {

TEST(EndOfTurnQueueTest, RunsInTheOrderOfAskingAndOnceHoweverOftenAsked) {
  std::string ran;
  EndOfTurnTask a([&] { ran += 'a'; });
  EndOfTurnTask b([&] { ran += 'b'; });
  EndOfTurnQueue queue;
  queue.Add(b);
  queue.Add(a);
  queue.Add(b);
  queue.RunAll();
  EXPECT_EQ(ran, "ba");
  EXPECT_TRUE(queue.empty());
  queue.RunAll();
  EXPECT_EQ(ran, "ba");
}

TEST(EndOfTurnQueueTest, WhatATaskAddsWaitsForTheNextCall) {
  int runs = 0;
  EndOfTurnQueue queue;
  EndOfTurnTask again([] {});
  again.run = [&] {
    ++runs;
    queue.Add(again);
  };
  queue.Add(again);
  queue.RunAll();
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(queue.empty());
  queue.RunAll();
  EXPECT_EQ(runs, 2);
}

TEST(EndOfTurnQueueTest, ADestroyedTaskIsWithdrawn) {
  bool ran = false;
  EndOfTurnQueue queue;
  std::optional<EndOfTurnTask> task(std::in_place, [&] { ran = true; });
  queue.Add(*task);
  task.reset();
  EXPECT_TRUE(queue.empty());
  queue.RunAll();
  EXPECT_FALSE(ran);
}

TEST(EndOfTurnQueueTest, TasksMayDestroyThemselvesAndEachOther) {
  std::string ran;
  EndOfTurnQueue queue;
  std::unique_ptr<EndOfTurnTask> first, second, third;
  first = std::make_unique<EndOfTurnTask>([&] {
    ran += '1';
    second.reset();
    first.reset();
  });
  second = std::make_unique<EndOfTurnTask>([&] { ran += '2'; });
  third = std::make_unique<EndOfTurnTask>([&] { ran += '3'; });
  queue.Add(*first);
  queue.Add(*second);
  queue.Add(*third);
  queue.RunAll();
  EXPECT_EQ(ran, "13");
}

TEST(EndOfTurnQueueTest, ATaskMayOutliveItsQueue) {
  EndOfTurnTask task([] {});
  {
    EndOfTurnQueue queue;
    queue.Add(task);
  }
  EXPECT_EQ(task.next, nullptr);
}

}  // namespace
}  // namespace rhei::inline v0::runtime
