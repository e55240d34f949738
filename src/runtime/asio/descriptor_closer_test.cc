#include "runtime/asio/descriptor_closer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/asio/asio_loop.h"
#include "runtime/posix/descriptor_limit_for_test.h"

namespace rhei::inline v0::runtime {
namespace {

struct SocketPair {
  posix::Descriptor ours, theirs;
};

SocketPair ConnectedPair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return {};
  return {posix::Descriptor(ends[0]), posix::Descriptor(ends[1])};
}

// Sockets that one closer is to close, seen from their peers.
class Crowd {
 public:
  explicit Crowd(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) pairs_.push_back(ConnectedPair());
  }

  void Leave(AsioLoop& loop) {
    for (SocketPair& each : pairs_) loop.closer().Close(std::move(each.ours));
  }

  std::vector<std::size_t> Left() const {
    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      char byte;
      if (::recv(pairs_[i].theirs.get(), &byte, 1, MSG_DONTWAIT) == 0) left.push_back(i);
    }
    return left;
  }

 private:
  std::vector<SocketPair> pairs_;
};

TEST(DescriptorCloserTest, FewAreClosedAtOnce) {
  AsioLoop loop;
  Crowd crowd(16);
  loop.Post([&] { crowd.Leave(loop); });
  loop.RunTurn();
  EXPECT_EQ(crowd.Left().size(), 16u);
}

TEST(DescriptorCloserTest, ACrowdIsClosedAFewInEachMillisecond) {
  AsioLoop loop;
  Crowd crowd(40);
  TimePoint start{};
  loop.Post([&] {
    start = loop.Now();
    crowd.Leave(loop);
  });
  loop.RunTurn();
  ASSERT_EQ(crowd.Left().size(), 16u);
  while (crowd.Left().size() == 16) loop.RunTurn();
  EXPECT_EQ(crowd.Left().size(), 32u);
  EXPECT_THAT(crowd.Left(), testing::Contains(31u));  // the first to leave go first
  EXPECT_GE(loop.Now() - start, std::chrono::milliseconds(1));
  while (crowd.Left().size() == 32) loop.RunTurn();
  EXPECT_EQ(crowd.Left().size(), 40u);
  EXPECT_GE(loop.Now() - start, std::chrono::milliseconds(2));
}

TEST(DescriptorCloserTest, OnlyASmallShareOfTheDescriptorsWaits) {
  AsioLoop loop;
  Crowd crowd(100);
  const posix::DescriptorLimit limit(8 * std::max(1U, std::thread::hardware_concurrency()) * 5);
  loop.Post([&] { crowd.Leave(loop); });
  loop.RunTurn();
  EXPECT_EQ(crowd.Left().size(), 95u);
  EXPECT_THAT(crowd.Left(), testing::Contains(94u));
}

TEST(DescriptorCloserTest, ALoopThatDoesNotRunLeavesNothingOpen) {
  AsioLoop loop;
  Crowd crowd(40);
  crowd.Leave(loop);
  EXPECT_EQ(crowd.Left().size(), 40u);
}

TEST(DescriptorCloserTest, WhatWaitsIsClosedWithTheLoop) {
  Crowd crowd(40);
  {
    AsioLoop loop;
    loop.Post([&] { crowd.Leave(loop); });
    loop.RunTurn();
    ASSERT_EQ(crowd.Left().size(), 16u);
  }
  EXPECT_EQ(crowd.Left().size(), 40u);
}

}  // namespace
}  // namespace rhei::inline v0::runtime
