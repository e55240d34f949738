#include "rhei/runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtime/asio/asio_loop.h"
#include "runtime/loop.h"
#include "runtime/posix/thread.h"

namespace rhei::inline v0 {
namespace {

using namespace std::chrono_literals;
using runtime::Completion;

// Runs work on a loop of a runtime and waits for it.
template <typename Work>
void RunOn(runtime::Loop& loop, Work work) {
  Completion done;
  loop.Post([&] {
    work();
    done.Set();
  });
  loop.Await(done);
}

// Sets a completion when it is destroyed.
class SetWhenGone {
 public:
  explicit SetWhenGone(Completion& completion) : completion_(&completion) {}
  SetWhenGone(SetWhenGone&& other) noexcept : completion_(std::exchange(other.completion_, nullptr)) {}
  SetWhenGone(const SetWhenGone&) = delete;
  SetWhenGone& operator=(const SetWhenGone&) = delete;
  ~SetWhenGone() {
    if (completion_ != nullptr) completion_->Set();
  }

 private:
  Completion* completion_;
};

TEST(RuntimeTest, HasALoopForEachUsableCpuByDefault) {
  EXPECT_EQ(Runtime().loop_count(), runtime::posix::UsableCpus());
  EXPECT_EQ(Runtime(RuntimeOptions().Loops(3)).loop_count(), 3u);
}

TEST(RuntimeTest, EachLoopHasItsOwnNamedThread) {
  Runtime runtime(RuntimeOptions().Loops(2));
  std::vector<std::string> names;
  std::vector<std::thread::id> threads;
  for (std::size_t i = 0; i < 2; ++i) {
    RunOn(runtime.loop(i), [&] {
      char name[16] = {};
      ::pthread_getname_np(::pthread_self(), name, sizeof(name));
      names.push_back(name);
      threads.push_back(std::this_thread::get_id());
    });
  }
  EXPECT_THAT(names, ::testing::ElementsAre("rhei-loop-0", "rhei-loop-1"));
  EXPECT_NE(threads[0], threads[1]);
  EXPECT_NE(threads[0], std::this_thread::get_id());
}

TEST(RuntimeTest, KnowsTheLoopThatTheThreadRuns) {
  Runtime runtime(RuntimeOptions().Loops(2));
  Runtime other(RuntimeOptions().Loops(1));
  EXPECT_EQ(runtime.current_loop(), nullptr);
  for (std::size_t i = 0; i < 2; ++i) {
    RunOn(runtime.loop(i), [&] {
      EXPECT_EQ(runtime.current_loop(), &runtime.loop(i));
      EXPECT_EQ(runtime.IndexOf(runtime.loop(0)), 0u);
      EXPECT_EQ(runtime.IndexOf(runtime.loop(1)), 1u);
      EXPECT_TRUE(runtime.loop(i).IsCurrent());
      EXPECT_FALSE(runtime.loop(1 - i).IsCurrent());
      EXPECT_EQ(other.current_loop(), nullptr);
    });
  }
  EXPECT_EQ(runtime.IndexOf(runtime.loop(1)), 1u);
}

TEST(RuntimeTest, LoopsPostToEachOtherAndTimersFire) {
  Runtime runtime(RuntimeOptions().Loops(2));
  Completion done;
  std::unique_ptr<runtime::Timer> timer;
  runtime.loop(0).Post([&] {
    runtime.loop(1).Post([&] {
      timer = std::make_unique<runtime::Timer>([&] { done.Set(); });
      runtime.loop(1).Arm(*timer, runtime.loop(1).Now() + 1ms);
    });
  });
  runtime.loop(0).Await(done);
  RunOn(runtime.loop(1), [&] { timer.reset(); });
}

TEST(RuntimeTest, PostedWorkThatDidNotRunIsDestroyedWithTheRuntime) {
  Completion gone;
  {
    Runtime runtime(RuntimeOptions().Loops(2));
    runtime::Loop& second = runtime.loop(1);
    runtime.loop(0).Post([&second, held = SetWhenGone(gone)]() mutable {
      // The loops may have been told to end by now: this runs or it does not, and is destroyed in either case.
      second.Post([held = std::move(held)] {});
    });
  }
  EXPECT_TRUE(gone.is_set());
}

TEST(RuntimeTest, PoolWorkIsDoneBeforeTheRuntimeIsGoneAndMayUseItsLoops) {
  std::atomic<int> ran{0};
  {
    Runtime runtime(RuntimeOptions().Loops(1).PoolThreads(2));
    for (int i = 0; i < 10; ++i) {
      runtime.RunOnPool([&] { RunOn(runtime.loop(0), [&] { ++ran; }); });
    }
  }
  EXPECT_EQ(ran.load(), 10);
}

TEST(RuntimeTest, TheLastReferenceMayBeDroppedOnALoop) {
  Completion ended;
  auto runtime = std::make_shared<Runtime>(RuntimeOptions().Loops(2));
  runtime::Loop& loop = runtime->loop(0);
  runtime->loop(1).Post([] {});
  loop.Post([runtime = std::move(runtime), &loop, sentinel = SetWhenGone(ended)]() mutable {
    runtime.reset();
    // The loop goes on until its turn ends; what is posted to it now is destroyed at the latest with it.
    loop.Post([sentinel = std::move(sentinel)] {});
  });
  ended.Wait();
}

TEST(RuntimeTest, TheLastReferenceMayBeDroppedOnThePool) {
  Completion ended;
  auto runtime = std::make_shared<Runtime>(RuntimeOptions().Loops(1));
  Runtime& raw = *runtime;
  raw.RunOnPool([runtime = std::move(runtime), &raw, &ended]() mutable {
    RunOn(raw.loop(0), [] {});
    runtime.reset();
    ended.Set();
  });
  ended.Wait();
}

TEST(RuntimeTest, ManyRuntimesComeAndGo) {
  std::atomic<int> ran{0};
  for (int i = 0; i < 50; ++i) {
    Runtime runtime(RuntimeOptions().Loops(2));
    RunOn(runtime.loop(i % 2), [&] { ++ran; });
  }
  EXPECT_EQ(ran.load(), 50);
}

TEST(RuntimeTest, RunsOverLoopsThatSomebodyElseRuns) {
  auto loop = std::make_shared<runtime::AsioLoop>();
  {
    Runtime runtime({loop}, nullptr);
    EXPECT_EQ(runtime.loop_count(), 1u);
    EXPECT_EQ(&runtime.loop(0), loop.get());
    EXPECT_EQ(runtime.IndexOf(*loop), 0u);
    EXPECT_EQ(runtime.current_loop(), nullptr);
    runtime::Loop* current = nullptr;
    runtime.loop(0).Post([&] { current = runtime.current_loop(); });
    loop->RunTurn();
    EXPECT_EQ(current, loop.get());
  }
}

TEST(RuntimeTest, TheDefaultIsOneAndStaysAlive) {
  EXPECT_EQ(Runtime::Default(), Runtime::Default());
  bool ran = false;
  RunOn(Runtime::Default()->loop(0), [&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(RuntimeTest, UsesTheLoggerThatItIsGiven) {
  struct Recorder final : Logger {
    void Write(LogLevel, std::string_view line) override { lines.emplace_back(line); }
    std::vector<std::string> lines;
  };
  auto recorder = std::make_shared<Recorder>();
  Runtime runtime(RuntimeOptions().Loops(1).Log(recorder));
  EXPECT_EQ(&runtime.logger(), recorder.get());
}

TEST(RuntimeTest, LoopThreadsTakeNoSignalsOfTheProcess) {
  Runtime runtime(RuntimeOptions().Loops(1));
  sigset_t blocked;
  RunOn(runtime.loop(0), [&] { ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked); });
  EXPECT_EQ(::sigismember(&blocked, SIGTERM), 1);
  EXPECT_EQ(::sigismember(&blocked, SIGSEGV), 0);
  sigset_t here;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &here);
  EXPECT_EQ(::sigismember(&here, SIGTERM), 0);
}

}  // namespace
}  // namespace rhei::inline v0
