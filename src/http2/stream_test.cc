// The small parts that keep streams: state, memory of ends, windows, table, scheduler.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "http2/closed_streams.h"
#include "http2/flow_window.h"
#include "http2/send_queue.h"
#include "http2/stream_state.h"
#include "http2/stream_table.h"
#include "http2/write_scheduler.h"

namespace rhei::inline v0::http2 {
namespace {

TEST(StreamStateTest, ACallGoesThroughItsStates) {
  StreamState state;
  EXPECT_EQ(state.RecvHeaders(false), ErrorCode::kNoError);
  EXPECT_EQ(state.RecvData(false), ErrorCode::kNoError);
  EXPECT_EQ(state.RecvHeaders(true), ErrorCode::kNoError);
  EXPECT_FALSE(state.closed());
  EXPECT_TRUE(state.SendHeaders(false));
  EXPECT_TRUE(state.SendData(false));
  EXPECT_TRUE(state.SendHeaders(true));
  EXPECT_TRUE(state.closed());
  EXPECT_EQ(state.end(), StreamEnd::kFinished);
}

TEST(StreamStateTest, WhatThePeerMustNotSendHasItsError) {
  StreamState state;
  EXPECT_EQ(state.RecvData(false), ErrorCode::kProtocolError);
  EXPECT_EQ(state.RecvHeaders(false), ErrorCode::kNoError);
  EXPECT_EQ(state.RecvHeaders(false), ErrorCode::kProtocolError);
  EXPECT_EQ(state.RecvInterimHeaders(), ErrorCode::kProtocolError);
  EXPECT_EQ(state.RecvData(true), ErrorCode::kNoError);
  EXPECT_EQ(state.RecvData(false), ErrorCode::kStreamClosed);
  EXPECT_EQ(state.RecvHeaders(true), ErrorCode::kStreamClosed);
}

TEST(StreamStateTest, WhatMustNotBeSentIsNot) {
  StreamState state;
  EXPECT_FALSE(state.SendData(false));
  EXPECT_TRUE(state.SendHeaders(false));
  EXPECT_TRUE(state.SendHeaders(false));  // after an interim response
  EXPECT_TRUE(state.SendData(false));
  EXPECT_FALSE(state.SendHeaders(false));
  EXPECT_TRUE(state.SendHeaders(true));
  EXPECT_FALSE(state.SendData(true));
}

TEST(StreamStateTest, TheFirstEndCounts) {
  StreamState state;
  state.RecvReset();
  state.SendReset();
  EXPECT_EQ(state.end(), StreamEnd::kResetByPeer);
  EXPECT_FALSE(state.may_send());
  EXPECT_FALSE(state.may_receive());
}

TEST(ClosedStreamsTest, RemembersHowStreamsEnded) {
  ClosedStreams closed;
  closed.Open(0, 1);
  closed.Open(1, 3);
  closed.Open(3, 9);
  closed.Close(1, StreamEnd::kFinished, 9);
  closed.Close(3, StreamEnd::kResetByUs, 9);
  EXPECT_EQ(closed.Find(1, 9), StreamEnd::kFinished);
  EXPECT_EQ(closed.Find(3, 9), StreamEnd::kResetByUs);
  EXPECT_EQ(closed.Find(5, 9), StreamEnd::kNeverOpened);
  EXPECT_EQ(closed.Find(7, 9), StreamEnd::kNeverOpened);
}

TEST(ClosedStreamsTest, ForgetsWhatIsTooLongAgo) {
  ClosedStreams closed;
  std::uint32_t highest = 0;
  for (std::uint32_t id = 1; id < 10'001; id += 2) {
    closed.Open(highest, id);
    highest = id;
    if (id != 5) closed.Close(id, StreamEnd::kResetByPeer, highest);
  }
  EXPECT_EQ(closed.Find(highest - 2 * 1023, highest), StreamEnd::kResetByPeer);
  EXPECT_EQ(closed.Find(highest - 2 * 1024, highest), std::nullopt);
  // A stream that outlived the memory must not overwrite the place that another has taken.
  closed.Close(5, StreamEnd::kResetByUs, highest);
  for (std::uint32_t id = highest - 2 * 1023; id <= highest; id += 2) {
    EXPECT_EQ(closed.Find(id, highest), StreamEnd::kResetByPeer);
  }
}

TEST(ClosedStreamsTest, AHugeGapCostsNoMore) {
  ClosedStreams closed;
  closed.Open(0, 1);
  closed.Open(1, 0x7fffffff);
  EXPECT_EQ(closed.Find(0x7ffffffd, 0x7fffffff), StreamEnd::kNeverOpened);
  EXPECT_EQ(closed.Find(1, 0x7fffffff), std::nullopt);
}

TEST(FlowWindowTest, AChangeOfTheInitialSizeReachesItAndMayMakeItNegative) {
  FlowWindow window;
  window.Use(1'000);
  EXPECT_EQ(window.available(65'535), 64'535);
  EXPECT_EQ(window.available(0), -1'000);
  EXPECT_TRUE(window.Open(1'001, 0));
  EXPECT_EQ(window.available(0), 1);
}

TEST(FlowWindowTest, ItNeverPassesItsLargestSize) {
  FlowWindow window;
  EXPECT_FALSE(window.Open(kMaxWindow, 1));
  EXPECT_EQ(window.available(1), 1);
  EXPECT_TRUE(window.Open(kMaxWindow - 1, 1));
  EXPECT_FALSE(window.Open(1, 1));
}

TEST(ReceiveWindowTest, TakesWhatIsEmptyWhenItIsBelowZero) {
  ReceiveWindow window;
  ASSERT_TRUE(window.Receive(5000, kDefaultWindow));
  constexpr std::int64_t kSmaller = 500;  // SETTINGS_INITIAL_WINDOW_SIZE, once it has been acknowledged
  EXPECT_FALSE(window.Receive(1, kSmaller));
  EXPECT_TRUE(window.Receive(0, kSmaller));
}

TEST(ReceiveWindowTest, OpensInPiecesOfHalfItsSizeOrAnotherPart) {
  ReceiveWindow window;
  EXPECT_TRUE(window.Receive(100, 100));
  EXPECT_FALSE(window.Receive(1, 100));
  EXPECT_EQ(window.Consume(49, 100, 2), 0);
  EXPECT_EQ(window.Consume(1, 100, 2), 50);
  EXPECT_EQ(window.Consume(0, 100, 2), 0);
  EXPECT_EQ(window.Consume(24, 100, 4), 0);
  EXPECT_EQ(window.Consume(1, 100, 4), 25);
  EXPECT_TRUE(window.Receive(75, 100));
  EXPECT_FALSE(window.Receive(1, 100));
}

TEST(ReceiveWindowTest, GrowsAndShrinksWithTheCreditThatIsGiven) {
  ReceiveWindow window;
  EXPECT_TRUE(window.Receive(100, 100));
  EXPECT_EQ(window.Consume(50, 100, 2), 50);
  window.Resize(200);
  EXPECT_TRUE(window.Receive(250, 100));
  EXPECT_FALSE(window.Receive(1, 100));
  EXPECT_EQ(window.Consume(149, 100, 2), 0);
  EXPECT_EQ(window.Consume(1, 100, 2), 150);
  window.Resize(-150);
  EXPECT_EQ(window.available(100), 0);
  EXPECT_EQ(window.extra(), 50);
}

TEST(StreamTableTest, FindsWhatAPlainMapFinds) {
  std::mt19937 random(1);
  StreamTable table;
  std::map<std::uint32_t, std::uint32_t> reference;
  std::uint32_t next = 1;
  for (int i = 0; i < 100'000; ++i) {
    if (random() % 2 == 0 || reference.empty()) {
      const std::uint32_t slot = table.Add(next);
      EXPECT_EQ(table[slot].id, next);
      reference.emplace(next, slot);
      next += random() % 16 == 0 ? 2 * (1 + random() % 1'000) : 2;
    } else {
      const auto victim = reference.lower_bound(random() % next);
      if (victim == reference.end()) continue;
      table.Remove(victim->second);
      reference.erase(victim);
    }
    const std::uint32_t id = random() % (next + 4);
    const auto found = reference.find(id);
    ASSERT_EQ(table.Find(id), found == reference.end() ? StreamTable::kNone : found->second) << id;
    ASSERT_EQ(table.size(), reference.size());
  }
  std::vector<std::uint32_t> ids;
  table.ForEach([&](std::uint32_t, const StreamRecord& record) { ids.push_back(record.id); });
  EXPECT_EQ(ids.size(), reference.size());
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
}

TEST(StreamTableTest, AStaleHandleFindsNothing) {
  StreamTable table;
  const std::uint32_t slot = table.Add(1);
  table.Remove(slot);
  EXPECT_EQ(table.Add(3), slot);
  EXPECT_EQ(table.Get(slot, 1), nullptr);
  EXPECT_NE(table.Get(slot, 3), nullptr);
  EXPECT_EQ(table.Get(99, 3), nullptr);
  EXPECT_EQ(table.Get(slot, 0), nullptr);
}

TEST(WriteSchedulerTest, StreamsTakeTurns) {
  WriteScheduler scheduler;
  for (const std::uint32_t slot : {3u, 1u, 2u, 1u}) scheduler.Add(slot);
  std::vector<std::uint32_t> order;
  for (int i = 0; i < 6; ++i) {
    order.push_back(scheduler.Next());
    scheduler.Add(order.back());
  }
  EXPECT_THAT(order, ::testing::ElementsAre(3, 1, 2, 3, 1, 2));
}

TEST(WriteSchedulerTest, WhoIsPutBackIsFirst) {
  WriteScheduler scheduler;
  for (std::uint32_t slot = 0; slot < 3; ++slot) scheduler.Add(slot);
  scheduler.PutBack(scheduler.Next());
  scheduler.Add(0);
  scheduler.Remove(1);
  EXPECT_EQ(scheduler.Next(), 0u);
  EXPECT_EQ(scheduler.Next(), 2u);
  scheduler.PutBack(2);
  EXPECT_EQ(scheduler.Next(), 2u);
  EXPECT_FALSE(scheduler.has_ready());
}

TEST(WriteSchedulerTest, BlockedStreamsWaitUntilTheyAreWoken) {
  WriteScheduler scheduler;
  for (std::uint32_t slot = 0; slot < 4; ++slot) scheduler.Add(slot);
  for (int i = 0; i < 3; ++i) scheduler.Block(scheduler.Next());
  scheduler.Unblock(1);
  EXPECT_EQ(scheduler.Next(), 3u);
  EXPECT_EQ(scheduler.Next(), 1u);
  EXPECT_EQ(scheduler.Next(), WriteScheduler::kNone);
  scheduler.UnblockAll();
  EXPECT_EQ(scheduler.Next(), 0u);
  EXPECT_EQ(scheduler.Next(), 2u);
  EXPECT_FALSE(scheduler.has_ready());
}

TEST(WriteSchedulerTest, RemovedStreamsLeaveEitherLine) {
  WriteScheduler scheduler;
  for (std::uint32_t slot = 0; slot < 5; ++slot) scheduler.Add(slot);
  scheduler.Block(scheduler.Next());  // 0
  scheduler.Block(scheduler.Next());  // 1
  scheduler.Remove(3);
  scheduler.UnblockAll();
  scheduler.Remove(0);
  scheduler.Remove(17);
  std::vector<std::uint32_t> order;
  while (scheduler.has_ready()) order.push_back(scheduler.Next());
  EXPECT_THAT(order, ::testing::ElementsAre(2, 4, 1));
}

TEST(SendQueueTest, GivesBackWhatWasPushedInPieces) {
  std::mt19937 random(2);
  SendQueue queue;
  std::string in, out;
  for (int i = 0; i < 1'000; ++i) {
    std::string piece(random() % 50, static_cast<char>('a' + i % 26));
    in += piece;
    queue.Push(PooledBytes(piece));
    for (std::size_t left = std::min<std::size_t>(random() % 60, queue.size()); left != 0;) {
      const std::string_view front = queue.Front(left);
      out += front;
      left -= front.size();
      EXPECT_TRUE(queue.Pop(front.size(), false).empty());
    }
    ASSERT_EQ(queue.size(), in.size() - out.size());
  }
  while (queue.size() != 0) {
    out += queue.Front(7);
    queue.Pop(queue.Front(7).size(), false);
  }
  EXPECT_EQ(in, out);
}

TEST(SendQueueTest, HandsOverThePiecesThatAreReferredTo) {
  SendQueue queue;
  const PooledBytes large(std::string(10'000, 'x'));
  const char* const place = large.view().data();
  queue.Push(large);
  queue.Push(PooledBytes("small"));
  EXPECT_EQ(queue.Front(6'000).data(), place);
  EXPECT_TRUE(queue.Pop(6'000, true).empty());
  const PooledBytes memory = queue.Pop(4'000, false);
  EXPECT_EQ(memory.view().data(), place);
  EXPECT_EQ(queue.Front(10), "small");
  EXPECT_TRUE(queue.Pop(5, false).empty()) << "nothing refers to this one";
}

TEST(SendQueueTest, HandsOverWhatIsReferredToWhenItIsDropped) {
  SendQueue queue;
  const PooledBytes large(std::string(10'000, 'x'));
  const char* const place = large.view().data();
  queue.Push(large);
  EXPECT_TRUE(queue.TakeReferred().empty());
  queue.Pop(1, true);
  EXPECT_EQ(queue.TakeReferred().view().data(), place);
}

TEST(QueuedTrailersTest, KeepTheirOwnCopies) {
  std::string name = "grpc-status", value = "0";
  const HeaderField field{.name = name, .value = value};
  const QueuedTrailers trailers(HeaderTemplate::kNone, std::span(&field, 1));
  name = "xxxxxxxxxxx";
  value = "y";
  EXPECT_EQ(trailers.fields()[0].name, "grpc-status");
  EXPECT_EQ(trailers.fields()[0].value, "0");
}

}  // namespace
}  // namespace rhei::inline v0::http2
