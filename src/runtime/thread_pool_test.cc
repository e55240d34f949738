#include "runtime/thread_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/loop.h"

namespace rhei::inline v0::runtime {
namespace {

TEST(ThreadPoolTest, OneThreadRunsWorkInItsOrder) {
  std::vector<int> ran;
  {
    ThreadPool pool(1);
    for (int i = 0; i < 1000; ++i) pool.Run([&ran, i] { ran.push_back(i); });
  }
  ASSERT_EQ(ran.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(ran[i], i);
}

TEST(ThreadPoolTest, WorkThatBlocksHasAThreadEachUpToTheMaximum) {
  // Each of the four waits for the other three: they can only end when all run at once.
  std::barrier all(4);
  ThreadPool pool(4);
  for (int i = 0; i < 4; ++i) pool.Run([&] { all.arrive_and_wait(); });
  pool.Drain();
}

TEST(ThreadPoolTest, NeverMoreThanTheMaximumRunAtOnce) {
  std::atomic<int> running{0}, most{0}, ran{0};
  {
    ThreadPool pool(3);
    for (int i = 0; i < 2000; ++i) {
      pool.Run([&] {
        const int now = ++running;
        int before = most.load();
        while (before < now && !most.compare_exchange_weak(before, now)) {
        }
        ++ran;
        --running;
      });
    }
  }
  EXPECT_EQ(ran.load(), 2000);
  EXPECT_LE(most.load(), 3);
}

TEST(ThreadPoolTest, WorkOneAfterTheOtherNeedsOneThread) {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  ThreadPool pool(1000);
  // A thread that has done its work becomes idle a moment after the work is seen as done, so a second one may start.
  for (int i = 0; i < 500; ++i) {
    Completion done;
    pool.Run([&] {
      std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id());
      done.Set();
    });
    done.Wait();
  }
  EXPECT_LT(threads.size(), 50u);
}

TEST(ThreadPoolTest, WorkMayAddWorkWhileThePoolIsDrained) {
  std::atomic<int> ran{0};
  {
    ThreadPool pool(2);
    pool.Run([&] {
      ++ran;
      pool.Run([&] {
        ++ran;
        pool.Run([&] { ++ran; });
      });
    });
  }
  EXPECT_EQ(ran.load(), 3);
}

TEST(ThreadPoolTest, WorkThatComesTooLateIsDestroyedUnrun) {
  ThreadPool pool(2);
  pool.Drain();
  bool ran = false;
  auto held = std::make_shared<int>();
  pool.Run([&ran, held] { ran = true; });
  pool.Drain();
  EXPECT_FALSE(ran);
  EXPECT_EQ(held.use_count(), 1);
}

// Work may be what lets another thread end the pool, while the thread that gave the work is still on its way out of
// Run.
TEST(ThreadPoolTest, ThePoolMayGoAsSoonAsItsWorkRan) {
  for (int i = 0; i < 500; ++i) {
    auto pool = std::make_unique<ThreadPool>(1);
    ThreadPool& raw = *pool;
    Completion ran;
    std::thread owner([&ran, pool = std::move(pool)]() mutable {
      ran.Wait();
      pool.reset();
    });
    raw.Run([&ran] { ran.Set(); });
    owner.join();
  }
}

TEST(ThreadPoolTest, KnowsItsOwnThreads) {
  ThreadPool pool(1), other(1);
  bool own = false, foreign = true;
  pool.Run([&] {
    own = pool.IsCurrent();
    foreign = other.IsCurrent();
  });
  pool.Drain();
  EXPECT_TRUE(own);
  EXPECT_FALSE(foreign);
  EXPECT_FALSE(pool.IsCurrent());
}

}  // namespace
}  // namespace rhei::inline v0::runtime
