#include "rhei/pooled.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace rhei::inline v0 {
namespace {

TEST(PooledTest, BlocksAreAlignedAndHoldTheirSize) {
  for (const std::size_t size : {0, 1, 63, 64, 65, 128, 4095, 4096, 4097, 100'000}) {
    void* const block = AllocatePooled(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t), 0U) << size;
    std::memset(block, 0xab, size);
    FreePooled(block, size);
  }
}

TEST(PooledTest, BlocksThatAreHeldAreDistinct) {
  std::set<void*> blocks;
  for (int i = 0; i < 1000; ++i) blocks.insert(AllocatePooled(100));
  EXPECT_EQ(blocks.size(), 1000U);
  for (void* const block : blocks) FreePooled(block, 100);
}

// More than a batch and more than the shared lists keep, back and forth: nothing may get lost or be given out twice.
TEST(PooledTest, ManyBlocksGoAndComeBackInWaves) {
  for (const std::size_t wave : {1, 31, 32, 33, 64, 65, 5000}) {
    std::vector<unsigned char*> blocks;
    for (std::size_t i = 0; i < wave; ++i) {
      blocks.push_back(static_cast<unsigned char*>(AllocatePooled(64)));
      std::memset(blocks.back(), static_cast<int>(i % 251), 64);
    }
    for (std::size_t i = 0; i < wave; ++i) {
      EXPECT_EQ(blocks[i][0], i % 251);
      EXPECT_EQ(blocks[i][63], i % 251);
      FreePooled(blocks[i], 64);
    }
    TrimPooled();
  }
}

TEST(PooledTest, OneThreadAllocatesAndAnotherFrees) {
  constexpr int kRounds = 200;
  constexpr int kBlocks = 100;
  std::vector<void*> blocks;
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < kBlocks; ++i) blocks.push_back(AllocatePooled(200));
    std::thread([&blocks] {
      for (void* const block : blocks) {
        std::memset(block, 1, 200);
        FreePooled(block, 200);
      }
    }).join();
    blocks.clear();
  }
}

TEST(PooledTest, ManyThreadsTradeBlocksAtOnce) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([thread] {
      std::vector<std::pair<unsigned char*, std::size_t>> held;
      std::uint64_t random = static_cast<std::uint64_t>(thread) + 1;
      for (int i = 0; i < 20'000; ++i) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        if (held.empty() || (random >> 40) % 3 != 0) {
          const std::size_t size = 1 + (random >> 33) % 300;
          held.emplace_back(static_cast<unsigned char*>(AllocatePooled(size)), size);
          std::memset(held.back().first, thread, size);
        } else {
          const auto [block, size] = held.back();
          held.pop_back();
          ASSERT_EQ(block[0], thread);
          ASSERT_EQ(block[size - 1], thread);
          FreePooled(block, size);
        }
      }
      for (const auto& [block, size] : held) FreePooled(block, size);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Thread-local objects that free late, after the thread's lists are gone.
TEST(PooledTest, BlocksMayBeFreedWhileAThreadEnds) {
  struct Late {
    ~Late() {
      if (block != nullptr) FreePooled(block, 64);
      FreePooled(AllocatePooled(64), 64);
    }
    void* block = nullptr;
  };
  std::thread([] {
    static thread_local Late late;
    late.block = AllocatePooled(64);
  }).join();
}

TEST(PooledBytesTest, CopiesShareTheMemory) {
  PooledBytes bytes(std::string_view("abc"));
  const PooledBytes copy = bytes;
  EXPECT_EQ(copy.view().data(), bytes.view().data());
  PooledBytes moved = std::move(bytes);
  bytes = PooledBytes();
  EXPECT_EQ(moved.view().data(), copy.view().data());
  moved = PooledBytes(std::size_t{5});
  EXPECT_EQ(copy.view(), "abc");
  EXPECT_EQ(moved.size(), 5U);
  PooledBytes& same = moved;
  moved = same;
  EXPECT_EQ(moved.size(), 5U);
}

TEST(PooledBytesTest, MayBeNoneOrOfNoSize) {
  EXPECT_TRUE(PooledBytes().empty());
  EXPECT_EQ(PooledBytes().view(), "");
  EXPECT_TRUE(PooledBytes(std::size_t{0}).empty());
}

TEST(PooledBytesTest, BytesThatLieElsewhereKeepTheirOwnerUntilTheLastCopyIsGone) {
  auto owner = std::make_shared<const std::string>("somewhere else");
  const std::weak_ptr<const std::string> alive = owner;
  PooledBytes bytes(std::string_view(*owner).substr(0, 9), owner);
  EXPECT_EQ(bytes.view().data(), owner->data());
  EXPECT_EQ(bytes.view(), "somewhere");
  EXPECT_EQ(bytes.data(), nullptr) << "they are not to be written";
  owner.reset();
  PooledBytes copy = bytes;
  bytes = PooledBytes();
  EXPECT_EQ(copy.view(), "somewhere");
  copy = PooledBytes();
  EXPECT_TRUE(alive.expired());
}

TEST(PooledBytesTest, WhatIsShortenedIsGivenBackAsAWhole) {
  PooledBytes bytes(std::string_view("abcdef"));
  bytes.Shorten(2);
  EXPECT_EQ(bytes.view(), "ab");
  EXPECT_EQ(PooledBytes(bytes).size(), 2U);
}

struct Small : Pooled {
  int number = 5;
};

TEST(PooledTest, ObjectsOfAPooledClassAreMadeAndDeletedAsUsual) {
  Small* const small = new Small;
  EXPECT_EQ(small->number, 5);
  delete small;
  alignas(Small) std::byte place[sizeof(Small)];
  EXPECT_EQ((new (place) Small)->number, 5);
}

}  // namespace
}  // namespace rhei::inline v0
