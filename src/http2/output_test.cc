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

TEST(OutputTest, GivesOutWhatIsReferredToAmongWhatIsCopied) {
  std::mt19937 random(4);
  BlockPool pool;
  Output output(pool);
  std::string in, out;
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes(16 + random() % 3'000, static_cast<char>('a' + i % 26));
    in += bytes;
    if (random() % 2 == 0) {
      output.Append(bytes);
    } else {
      PooledBytes memory(bytes);
      output.Refer(memory.view().substr(0, 10));
      output.Refer(memory.view().substr(10));
      output.Keep(std::move(memory));
    }
    std::array<std::string_view, 5> slices;
    const std::size_t count = output.Peek(slices);
    std::size_t left = random() % 8 == 0 ? SIZE_MAX : random() % 4'000;
    std::size_t written = 0;
    for (std::size_t s = 0; s < count && left != 0; ++s) {
      ASSERT_FALSE(slices[s].empty());
      const std::string_view part = slices[s].substr(0, left);
      out += part;
      left -= part.size();
      written += part.size();
    }
    output.Written(written);
    ASSERT_EQ(output.size(), in.size() - out.size());
  }
  while (!output.empty()) {
    std::array<std::string_view, 1> slice;
    ASSERT_EQ(output.Peek(slice), 1u);
    out += slice[0];
    output.Written(slice[0].size());
  }
  EXPECT_EQ(in, out);
}

TEST(OutputTest, WhatIsReferredToIsNotCopied) {
  BlockPool pool;
  Output output(pool);
  const std::string text(100, 'x');
  output.Append("a");
  output.Refer(text);
  output.Append("b");
  std::array<std::string_view, 4> slices;
  ASSERT_EQ(output.Peek(slices), 3u);
  EXPECT_EQ(slices[1].data(), text.data());
  EXPECT_EQ(slices[2].data(), slices[0].data() + 1) << "the block goes on behind it";
}

TEST(OutputTest, ABlockIsKeptUntilTheLastPieceInItIsWritten) {
  BlockPool pool;
  Output output(pool);
  const std::string text(100, 'x');
  char* const block = output.Reserve(1);
  output.Refer(text);
  output.Reserve(1);
  output.Append(std::string(BlockPool::kBlockSize, 'y'));
  output.Written(101);
  EXPECT_NE(pool.Acquire().get(), block);
  output.Written(BlockPool::kBlockSize);
  EXPECT_EQ(pool.Acquire().get(), block);
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
