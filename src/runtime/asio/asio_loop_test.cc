#include "runtime/asio/asio_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/network_for_test.h"

namespace rhei::inline v0::runtime {
namespace {

using namespace std::chrono_literals;

// A loop that runs on a thread of its own while the test lasts.
class LoopThread {
 public:
  explicit LoopThread(AsioLoopOptions options = {}) : loop(options), thread_([this] { loop.Run(); }) {}
  ~LoopThread() { Join(); }
  void Join() {
    if (!thread_.joinable()) return;
    loop.Stop();
    thread_.join();
  }
  AsioLoop loop;

 private:
  std::thread thread_;
};

TEST(AsioLoopTest, WorkFromOneThreadRunsInItsOrder) {
  LoopThread thread;
  std::vector<int> ran;
  Completion done;
  constexpr int kCount = 10'000;
  for (int i = 0; i < kCount; ++i) {
    thread.loop.Post([&, i] {
      ran.push_back(i);
      if (i == kCount - 1) done.Set();
    });
  }
  thread.loop.Await(done);
  ASSERT_EQ(ran.size(), std::size_t{kCount});
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(ran[i], i);
}

// Work may be what lets another thread end the loop, while the thread that posted it is still on its way out of Post.
TEST(AsioLoopTest, TheLoopMayGoAsSoonAsItsWorkRan) {
  for (const Duration busy_poll : {Duration(0us), Duration(1s)}) {
    for (int i = 0; i < 200; ++i) {
      AsioLoopOptions options;
      options.busy_poll = busy_poll;
      auto thread = std::make_unique<LoopThread>(options);
      AsioLoop& loop = thread->loop;
      Completion ran;
      std::thread owner([&ran, thread = std::move(thread)]() mutable {
        ran.Wait();
        thread.reset();
      });
      loop.Post([&ran] { ran.Set(); });
      owner.join();
    }
  }
}

TEST(AsioLoopTest, ManyThreadsPostAtOnceAndEachKeepsItsOrder) {
  constexpr int kThreads = 4;
  constexpr int kCount = 20'000;
  for (const Duration busy_poll : {Duration(0us), Duration(50us)}) {
    AsioLoopOptions options;
    options.busy_poll = busy_poll;
    LoopThread thread(options);
    std::vector<int> next(kThreads, 0);
    bool in_order = true;
    int total = 0;
    Completion done;
    std::vector<std::thread> posters;
    for (int poster = 0; poster < kThreads; ++poster) {
      posters.emplace_back([&, poster] {
        for (int i = 0; i < kCount; ++i) {
          thread.loop.Post([&, poster, i] {
            in_order &= next[poster]++ == i;
            if (++total == kThreads * kCount) done.Set();
          });
        }
      });
    }
    thread.loop.Await(done);
    for (std::thread& poster : posters) poster.join();
    EXPECT_TRUE(in_order);
  }
}

TEST(AsioLoopTest, ASleepingLoopIsWokenByEachPost) {
  LoopThread thread;
  int ran = 0;
  for (int i = 0; i < 2'000; ++i) {
    Completion done;
    thread.loop.Post([&] {
      ++ran;
      done.Set();
    });
    thread.loop.Await(done);
  }
  EXPECT_EQ(ran, 2'000);
}

TEST(AsioLoopTest, WorkThatWorkPostsRunsInTheNextTurn) {
  AsioLoop loop;
  std::string ran;
  loop.Post([&] {
    ran += 'a';
    loop.Post([&] { ran += 'c'; });
  });
  loop.Post([&] { ran += 'b'; });
  loop.RunTurn();
  EXPECT_EQ(ran, "ab");
  loop.RunTurn();
  EXPECT_EQ(ran, "abc");
}

TEST(AsioLoopTest, PostsOfTheLoopsThreadKeepTheirOrderOutsideOfTurnsToo) {
  AsioLoop loop;
  std::string ran;
  EndOfTurnTask task([&] { loop.Post([&] { ran += 'b'; }); });
  loop.Post([&] {
    ran += 'a';
    loop.AtEndOfTurn(task);
  });
  loop.RunTurn();
  loop.Post([&] { ran += 'c'; });
  loop.RunTurn();
  EXPECT_EQ(ran, "abc");
}

TEST(AsioLoopTest, EndOfTurnTasksRunOnceAfterThePostedWork) {
  AsioLoop loop;
  std::string ran;
  EndOfTurnTask flush([&] { ran += "|"; });
  for (char letter : {'a', 'b', 'c'}) {
    loop.Post([&, letter] {
      loop.AtEndOfTurn(flush);
      ran += letter;
    });
  }
  loop.RunTurn();
  EXPECT_EQ(ran, "abc|");
}

TEST(AsioLoopTest, ATaskThatAsksAgainKeepsTheLoopFromSleeping) {
  AsioLoop loop;
  int runs = 0;
  EndOfTurnTask again([] {});
  again.run = [&] {
    if (++runs < 3) loop.AtEndOfTurn(again);
  };
  loop.AtEndOfTurn(again);
  for (int i = 0; i < 3; ++i) loop.RunTurn();
  EXPECT_EQ(runs, 3);
}

TEST(AsioLoopTest, ATurnTakesAllHandlersAtHandOnceThereAreMany) {
  // A proxy's case: what several connections receive at once is owed to one, and leaves in one write.
  RealNetwork network(Address::Family::kIpv4);
  AsioLoop& loop = network.loop();
  constexpr int kConnections = 8;
  std::vector<std::unique_ptr<RecordingStream>> clients, servers;
  auto listener = *loop.Listen(network.AnyAddress(), [&](std::unique_ptr<AcceptedStream> accepted) {
    servers.push_back(std::make_unique<RecordingStream>(*loop.Adopt(std::move(accepted))));
  });
  std::vector<std::unique_ptr<Operation>> connects;
  for (int i = 0; i < kConnections; ++i) {
    connects.push_back(loop.Connect(listener->address(), [&](Result<std::unique_ptr<ByteStream>> connected) {
      clients.push_back(std::make_unique<RecordingStream>(*std::move(connected)));
    }));
  }
  network.RunUntil([&] { return clients.size() == kConnections && servers.size() == kConnections; });

  int flushes = 0;
  int received = 0;
  EndOfTurnTask flush([&] { ++flushes; });
  for (auto& server : servers) {
    server->on_readable = [&, stream = server.get()] {
      stream->received.clear();
      stream->ReadAll();
      ++received;
      loop.AtEndOfTurn(flush);
    };
    server->stream->WaitReadable();
  }
  constexpr int kRounds = 50;
  for (int round = 1; round <= kRounds; ++round) {
    for (auto& client : clients) client->Send("x");
    network.RunUntil([&] { return received == round * kConnections; });
  }
  // At worst the first turns take one handler each, until the loop has seen that there are more.
  EXPECT_LE(flushes, kRounds + 2 * 16);
}

TEST(AsioLoopTest, TimersFireInOrderAndNotBeforeTheirTime) {
  AsioLoop loop;
  std::string fired;
  const TimePoint start = loop.Now();
  Timer third([&] { fired += '3'; });
  Timer first([&] { fired += '1'; });
  Timer second([&] {
    EXPECT_GE(loop.Now(), start + 2ms);
    fired += '2';
  });
  Timer never([&] { fired += 'x'; });
  loop.Arm(third, start + 3ms);
  loop.Arm(never, start + 1ms);
  loop.Arm(second, start + 2ms);
  loop.Arm(first, start + 1ms);
  loop.Cancel(never);
  while (fired.size() < 3) loop.RunTurn();
  EXPECT_EQ(fired, "123");
  EXPECT_GE(std::chrono::steady_clock::now(), start + 3ms);
}

TEST(AsioLoopTest, ATimerMayArmItselfAgainAndOthers) {
  AsioLoop loop;
  int fired = 0;
  std::unique_ptr<Timer> timer;
  Timer other([&] { fired += 100; });
  timer = std::make_unique<Timer>([&] {
    if (++fired < 3) {
      loop.Arm(*timer, loop.Now() + 100us);
    } else {
      loop.Arm(other, loop.Now() - 1s);
    }
  });
  loop.Arm(*timer, loop.Now());
  while (fired < 103) loop.RunTurn();
}

TEST(AsioLoopTest, AnEarlierTimerIsNotHeldUpByALaterOne) {
  AsioLoop loop;
  bool fired = false;
  Timer late([] {});
  Timer early([&] { fired = true; });
  loop.Arm(late, loop.Now() + 24h);
  loop.Arm(early, loop.Now() + 1ms);
  while (!fired) loop.RunTurn();
  EXPECT_TRUE(late.armed());
}

TEST(AsioLoopTest, TimeStandsStillWithinATurn) {
  AsioLoop loop;
  loop.Post([&] {
    const TimePoint now = loop.Now();
    while (std::chrono::steady_clock::now() <= now + 10us) {
    }
    EXPECT_EQ(loop.Now(), now);
  });
  loop.RunTurn();
  const TimePoint before = loop.Now();
  loop.Post([] {});
  loop.RunTurn();
  EXPECT_GT(loop.Now(), before);
}

TEST(AsioLoopTest, ABusyLoopFindsPostedWorkWithoutSleeping) {
  AsioLoopOptions options;
  options.busy_poll = 24h;
  LoopThread thread(options);
  for (int i = 0; i < 100; ++i) {
    Completion done;
    thread.loop.Post([&] { done.Set(); });
    thread.loop.Await(done);
  }
}

TEST(AsioLoopTest, StopEndsALoopThatIsBusyWithItself) {
  LoopThread thread;
  std::function<void()> forever;
  forever = [&] { thread.loop.Post([&] { forever(); }); };
  thread.loop.Post([&] { forever(); });
  thread.Join();
}

TEST(AsioLoopTest, TimersComeAlsoWhereWorkPostsWorkWithoutEnd) {
  LoopThread thread;
  std::function<void()> forever;
  forever = [&] { thread.loop.Post([&] { forever(); }); };
  Completion expired;
  std::optional<Timer> timer;
  thread.loop.Post([&] {
    forever();
    timer.emplace([&] { expired.Set(); });
    thread.loop.Arm(*timer, thread.loop.Now() + 1ms);
  });
  thread.loop.Await(expired);
  thread.Join();
}

TEST(AsioLoopTest, PendingWorkIsDestroyedUnrunAlsoWhatItsDestructionPosts) {
  bool ran = false;
  auto held = std::make_shared<int>();
  {
    AsioLoop loop;
    struct PostsWhenGone {
      AsioLoop* loop;
      bool* ran;
      std::shared_ptr<int> held;
      ~PostsWhenGone() {
        loop->Post([ran = ran, held = held] { *ran = true; });
      }
    };
    auto chain = std::make_shared<PostsWhenGone>(PostsWhenGone{&loop, &ran, nullptr});
    chain->held = held;
    loop.Post([&ran, chain = std::move(chain)] { ran = true; });
  }
  EXPECT_FALSE(ran);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(AsioLoopTest, IsCurrentOnlyWhileItsThreadRunsIt) {
  AsioLoop loop, other;
  EXPECT_FALSE(loop.IsCurrent());
  bool seen = false;
  loop.Post([&] { seen = loop.IsCurrent() && !other.IsCurrent(); });
  loop.RunTurn();
  EXPECT_TRUE(seen);
  EXPECT_FALSE(loop.IsCurrent());
}

TEST(AsioLoopTest, NumbersOfTwoLoopsDiffer) {
  AsioLoop loop, other;
  EXPECT_NE(loop.Random(), loop.Random());
  EXPECT_NE(loop.Random(), other.Random());
}

TEST(AsioLoopTest, AdoptingSomethingForeignIsRefused) {
  struct Foreign final : AcceptedStream {};
  AsioLoop loop;
  EXPECT_EQ(loop.Adopt(std::make_unique<Foreign>()).code(), StatusCode::kInternal);
  EXPECT_EQ(loop.Adopt(nullptr).code(), StatusCode::kInternal);
}

TEST(AsioLoopTest, AnotherLoopMayAdoptWhatOneAccepted) {
  LoopThread server;
  RealNetwork network(Address::Family::kIpv4);
  std::unique_ptr<RecordingStream> adopted;
  auto listener = *network.loop().Listen(network.AnyAddress(), [&](std::unique_ptr<AcceptedStream> accepted) {
    server.loop.Post([&, accepted = std::move(accepted)]() mutable {
      adopted = std::make_unique<RecordingStream>(*server.loop.Adopt(std::move(accepted)));
      adopted->on_readable = [&] {
        adopted->ReadAll();
        adopted->Send("pong");
      };
      adopted->stream->WaitReadable();
    });
  });
  std::unique_ptr<RecordingStream> client;
  auto connect = network.loop().Connect(listener->address(), [&](Result<std::unique_ptr<ByteStream>> connected) {
    client = std::make_unique<RecordingStream>(*std::move(connected));
    client->Collect();
    client->Send("ping");
  });
  network.RunUntil([&] { return client != nullptr && client->received == "pong"; });
  server.Join();
  adopted.reset();
}

// A loop on somebody else's io_context.

TEST(GuestLoopTest, RunsItsWorkAmongTheHandlersOfOthers) {
  asio::io_context context(1);
  AsioLoop loop(context, {});
  std::string ran;
  EndOfTurnTask flush([&] { ran += '|'; });
  asio::post(context, [&] {
    ran += 'a';
    loop.AtEndOfTurn(flush);
    loop.AtEndOfTurn(flush);
  });
  asio::post(context, [&] { ran += 'b'; });
  loop.Post([&] {
    EXPECT_TRUE(loop.IsCurrent());
    ran += 'c';
  });
  Timer timer([&] { ran += 't'; });
  loop.Arm(timer, loop.Now() + 1ms);
  context.run();
  EXPECT_EQ(ran, "abc|t");
  EXPECT_FALSE(loop.IsCurrent());
}

TEST(GuestLoopTest, ATaskThatAsksAgainRunsAgain) {
  asio::io_context context(1);
  AsioLoop loop(context, {});
  int runs = 0;
  EndOfTurnTask again([] {});
  again.run = [&] {
    if (++runs < 5) loop.AtEndOfTurn(again);
  };
  loop.AtEndOfTurn(again);
  context.run();
  EXPECT_EQ(runs, 5);
}

TEST(GuestLoopTest, MayBeGoneBeforeItsIoContextRunsAgain) {
  asio::io_context context(1);
  bool ran = false;
  {
    AsioLoop loop(context, {});
    EndOfTurnTask flush([&] { ran = true; });
    Timer timer([&] { ran = true; });
    loop.AtEndOfTurn(flush);
    loop.Arm(timer, loop.Now());
    loop.Post([&] { ran = true; });
  }
  context.run();
  EXPECT_FALSE(ran);
}

TEST(GuestLoopTest, OtherThreadsPostWhileItRuns) {
  asio::io_context context(1);
  auto work = asio::make_work_guard(context);
  AsioLoop loop(context, {});
  constexpr int kCount = 5'000;
  int ran = 0;
  std::thread poster([&] {
    Completion done;
    for (int i = 0; i < kCount; ++i) {
      loop.Post([&, i] {
        EXPECT_EQ(ran++, i);
        if (ran == kCount) done.Set();
      });
    }
    loop.Await(done);
    work.reset();
  });
  context.run();
  poster.join();
  EXPECT_EQ(ran, kCount);
}

}  // namespace
}  // namespace rhei::inline v0::runtime
