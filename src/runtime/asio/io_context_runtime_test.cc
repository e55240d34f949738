#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "rhei/asio.h"
#include "runtime/loop.h"

namespace rhei::inline v0 {
namespace {

using namespace std::chrono_literals;
using runtime::Completion;

TEST(IoContextRuntimeTest, ItsOneLoopRunsOnTheContextAmongOthers) {
  asio::io_context context(1);
  const std::shared_ptr<Runtime> runtime = RuntimeOn(context);
  ASSERT_EQ(runtime->loop_count(), 1u);
  runtime::Loop* seen = nullptr;
  runtime::Loop* seen_by_others = nullptr;
  runtime->loop(0).Post([&] { seen = runtime->current_loop(); });
  asio::post(context, [&] { seen_by_others = runtime->current_loop(); });
  EXPECT_EQ(context.run(), 2u);
  EXPECT_EQ(seen, &runtime->loop(0));
  EXPECT_EQ(seen_by_others, &runtime->loop(0));
  EXPECT_EQ(runtime->current_loop(), nullptr);
}

TEST(IoContextRuntimeTest, AwaitRunsTheContextWhenNobodyElseCan) {
  asio::io_context context(1);
  const std::shared_ptr<Runtime> runtime = RuntimeOn(context);
  EXPECT_FALSE(runtime->loop(0).RunsByItself());
  bool others_ran = false;
  asio::post(context, [&] { others_ran = true; });
  Completion done;
  runtime->loop(0).Post([&] { done.Set(); });
  runtime->loop(0).Await(done);
  EXPECT_TRUE(others_ran);

  // And leaves it ready to run.
  bool ran_later = false;
  asio::post(context, [&] { ran_later = true; });
  context.run();
  EXPECT_TRUE(ran_later);
}

TEST(IoContextRuntimeTest, AwaitGoesOnWithAContextThatWasStoppedAndLeavesItSo) {
  asio::io_context context(1);
  const std::shared_ptr<Runtime> runtime = RuntimeOn(context);
  asio::post(context, [&] { context.stop(); });
  for (int i = 0; i < 2; ++i) {
    Completion done;
    runtime->loop(0).Post([&] { done.Set(); });
    runtime->loop(0).Await(done);
    EXPECT_TRUE(context.stopped());
  }
}

TEST(IoContextRuntimeTest, WhatAForeignHandlerThrowsDuringAwaitComesOutOfTheNextRun) {
  asio::io_context context(1);
  const std::shared_ptr<Runtime> runtime = RuntimeOn(context);
  asio::post(context, [] { throw std::runtime_error("theirs"); });
  Completion done;
  runtime->loop(0).Post([&] { done.Set(); });
  runtime->loop(0).Await(done);
  EXPECT_THROW(context.run(), std::runtime_error);
}

TEST(IoContextRuntimeTest, NobodyMayAwaitInAHandlerOfTheContext) {
  asio::io_context context(1);
  const std::shared_ptr<Runtime> runtime = RuntimeOn(context);
  EXPECT_TRUE(runtime->loop(0).MayAwait());
  std::optional<bool> in_ours, in_theirs;
  runtime->loop(0).Post([&] { in_ours = runtime->loop(0).MayAwait(); });
  asio::post(context, [&] { in_theirs = runtime->loop(0).MayAwait(); });
  context.run();
  EXPECT_EQ(in_ours, false);
  EXPECT_EQ(in_theirs, false);
}

TEST(IoContextRuntimeTest, AnotherThreadWaitsForTheOneThatRunsTheContext) {
  asio::io_context context(1);
  const std::shared_ptr<Runtime> runtime = RuntimeOn(context);
  auto work = asio::make_work_guard(context);
  std::thread::id ran_on;
  std::thread waiter([&] {
    EXPECT_TRUE(runtime->loop(0).RunsByItself());
    Completion done;
    runtime->loop(0).Post([&] {
      ran_on = std::this_thread::get_id();
      done.Set();
    });
    runtime->loop(0).Await(done);
    work.reset();
  });
  context.run();
  waiter.join();
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(IoContextRuntimeTest, ATimerThatNothingWaitsForDoesNotKeepTheContextRunning) {
  asio::io_context context(1);
  const std::shared_ptr<Runtime> runtime = RuntimeOn(context);
  runtime::Timer far_away([] {});
  runtime->loop(0).Post([&] { runtime->loop(0).Arm(far_away, runtime->loop(0).Now() + 24h); });
  runtime->loop(0).Post([&] { runtime->loop(0).Cancel(far_away); });
  context.run();
  EXPECT_FALSE(far_away.armed());
}

TEST(IoContextRuntimeTest, TimeGoesOnBetweenForeignHandlers) {
  asio::io_context context(1);
  const std::shared_ptr<Runtime> runtime = RuntimeOn(context);
  TimePoint first, second;
  asio::post(context, [&] { first = runtime->loop(0).Now(); });
  asio::steady_timer timer(context, 2ms);
  timer.async_wait([&](const asio::error_code&) { second = runtime->loop(0).Now(); });
  context.run();
  EXPECT_GE(second, first + 1ms);
}

TEST(IoContextRuntimeTest, PoolWorkRunsOnThreadsOfItsOwn) {
  asio::io_context context(1);
  const std::shared_ptr<Runtime> runtime = RuntimeOn(context, RuntimeOptions().PoolThreads(1));
  std::thread::id ran_on;
  Completion done;
  runtime->RunOnPool([&] {
    ran_on = std::this_thread::get_id();
    runtime->loop(0).Post([&] { done.Set(); });
  });
  runtime->loop(0).Await(done);
  EXPECT_NE(ran_on, std::this_thread::get_id());
}

TEST(IoContextRuntimeTest, TheLastReferenceMayBeDroppedInItsOwnWork) {
  asio::io_context context(1);
  std::shared_ptr<Runtime> runtime = RuntimeOn(context);
  const std::weak_ptr<Runtime> watch = runtime;
  runtime::Loop& loop = runtime->loop(0);
  loop.Post([runtime = std::move(runtime), &loop]() mutable {
    runtime.reset();
    loop.Post([] {});
  });
  context.run();
  EXPECT_TRUE(watch.expired());
}

TEST(IoContextRuntimeTest, TheLastReferenceMayBeDroppedOnThePool) {
  auto context = std::make_unique<asio::io_context>(1);
  std::shared_ptr<Runtime> runtime = RuntimeOn(*context);
  Runtime& raw = *runtime;
  Completion dropped;
  raw.RunOnPool([runtime = std::move(runtime), &dropped]() mutable {
    runtime.reset();
    dropped.Set();
  });
  dropped.Wait();
  context->run();
}

TEST(IoContextRuntimeTest, WorkThatNeverRanGoesWithTheContext) {
  auto held = std::make_shared<int>();
  {
    asio::io_context context(1);
    std::shared_ptr<Runtime> runtime = RuntimeOn(context);
    runtime::Loop& loop = runtime->loop(0);
    // Work of the runtime's loop that keeps the runtime, as a channel does that is being closed.
    loop.Post([runtime = std::move(runtime), held] {});
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(IoContextRuntimeTest, WhatHandlersOfTheContextPostWhenTheyAreDestroyedIsDropped) {
  auto held = std::make_shared<int>();
  {
    asio::io_context context(1);
    struct PostsWhenGone {
      PostsWhenGone(std::shared_ptr<Runtime> its_runtime, std::shared_ptr<int> its_held)
          : runtime(std::move(its_runtime)), held(std::move(its_held)) {}
      ~PostsWhenGone() {
        runtime->loop(0).Post([runtime = runtime, held = held] {});
      }
      std::shared_ptr<Runtime> runtime;
      std::shared_ptr<int> held;
    };
    asio::post(context, [last = std::make_unique<PostsWhenGone>(RuntimeOn(context), held)] {});
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(IoContextRuntimeTest, PoolWorkEndsBeforeTheContext) {
  bool ended = false;
  Completion begun;
  {
    asio::io_context context(1);
    std::shared_ptr<Runtime> runtime = RuntimeOn(context);
    Runtime& raw = *runtime;
    raw.RunOnPool([runtime = std::move(runtime), &begun, &ended] {
      begun.Set();
      ended = true;
      runtime->loop(0).Post([runtime] {});
    });
    begun.Wait();
  }
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace rhei::inline v0
