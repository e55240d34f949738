#include "http2/output.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>
#include <string>

#include "http2/timers.h"

namespace rhei::inline v0::http2 {
namespace {

using namespace std::chrono_literals;

TEST(OutputTest, GivesOutWhatWasPutInWhateverThePieces) {
  std::mt19937 random(3);
  BlockPool pool;
  Output output(pool);
  std::string in, out;
  for (int i = 0; i < 2'000; ++i) {
    const std::string bytes(random() % 3'000, static_cast<char>('a' + i % 26));
    in += bytes;
    if (random() % 2 == 0) {
      output.Append(bytes);
    } else {
      std::memcpy(output.Reserve(bytes.size()), bytes.data(), bytes.size());
    }
    std::array<std::string_view, 3> slices;
    const std::size_t count = output.Peek(slices);
    std::size_t left = random() % 4'000;
    std::size_t written = 0;
    for (std::size_t s = 0; s < count && left != 0; ++s) {
      const std::string_view part = slices[s].substr(0, left);
      out += part;
      left -= part.size();
      written += part.size();
    }
    output.Written(written);
    ASSERT_EQ(output.size(), in.size() - out.size());
    ASSERT_EQ(output.written(), out.size());
  }
  std::array<std::string_view, 64> slices;
  const std::size_t count = output.Peek(slices);
  for (std::size_t s = 0; s < count; ++s) out += slices[s];
  EXPECT_EQ(in, out);
}

TEST(OutputTest, ViewsStayWhereTheyAreWhileMoreIsPutIn) {
  BlockPool pool;
  Output output(pool);
  output.Append("hello");
  std::array<std::string_view, 1> slice;
  ASSERT_EQ(output.Peek(slice), 1u);
  output.Append(std::string(200'000, 'x'));
  EXPECT_EQ(slice[0], "hello");
}

TEST(OutputTest, AllMemoryGoesBackOnceEverythingIsWritten) {
  BlockPool pool;
  Output output(pool);
  const BlockPool::Block kept = pool.Acquire();
  const char* const expected = [&] {
    BlockPool::Block block = pool.Acquire();
    const char* address = block.get();
    pool.Release(std::move(block));
    return address;
  }();
  EXPECT_EQ(output.Reserve(10), expected);
  output.Written(10);
  EXPECT_EQ(pool.Acquire().get(), expected);
}

TEST(TimersTest, TheEarliestIsNext) {
  const TimePoint start{1h};
  Timers timers(start);
  EXPECT_EQ(timers.Next(), std::nullopt);
  timers.Start(Timer::kHandshake, 10s);
  timers.Start(Timer::kHeaderBlock, 5s);
  EXPECT_EQ(timers.Next(), start + 5s);
  timers.SetNow(start + 5s);
  EXPECT_TRUE(timers.TakeDue(Timer::kHeaderBlock));
  EXPECT_FALSE(timers.TakeDue(Timer::kHeaderBlock));
  EXPECT_FALSE(timers.TakeDue(Timer::kHandshake));
  EXPECT_EQ(timers.Next(), start + 10s);
  timers.Stop(Timer::kHandshake);
  EXPECT_EQ(timers.Next(), std::nullopt);
}

TEST(TimersTest, ATimerStartedByACommandRunsFromTheNextTimeTold) {
  const TimePoint start{1h};
  Timers timers(start);
  timers.StartByCommand(Timer::kDrainPing, 1s);
  EXPECT_EQ(timers.Next(), start);
  timers.SetNow(start + 1h);
  EXPECT_FALSE(timers.TakeDue(Timer::kDrainPing));
  EXPECT_EQ(timers.Next(), start + 1h + 1s);
}

TEST(TimersTest, ATimerOfEndlessDurationNeverRuns) {
  Timers timers(TimePoint(1h));
  timers.Start(Timer::kHandshake, Duration::max());
  timers.StartByCommand(Timer::kWriteStall, Duration::max());
  EXPECT_EQ(timers.Next(), std::nullopt);
}

}  // namespace
}  // namespace rhei::inline v0::http2
