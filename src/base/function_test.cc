#include "rhei/function.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace rhei::inline v0 {
namespace {

TEST(UniqueFunctionTest, IsEmptyByDefaultAndFromNull) {
  EXPECT_FALSE(UniqueFunction<void()>());
  EXPECT_FALSE(UniqueFunction<void()>(nullptr));
}

TEST(UniqueFunctionTest, CallsWhatItHolds) {
  UniqueFunction<int(int, int)> add = [](int a, int b) { return a + b; };
  EXPECT_TRUE(static_cast<bool>(add));
  EXPECT_EQ(add(2, 3), 5);
}

TEST(UniqueFunctionTest, HoldsCapturesThatCannotBeCopied) {
  auto number = std::make_unique<int>(7);
  UniqueFunction<int()> function = [number = std::move(number)] { return *number; };
  UniqueFunction<int()> moved = std::move(function);
  EXPECT_FALSE(static_cast<bool>(function));  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(moved(), 7);
}

TEST(UniqueFunctionTest, HoldsCapturesThatDoNotFitInside) {
  std::array<int, 100> many{};
  many[99] = 9;
  UniqueFunction<int()> function = [many] { return many[99]; };
  UniqueFunction<int()> moved;
  moved = std::move(function);
  EXPECT_EQ(moved(), 9);
}

TEST(UniqueFunctionTest, HoldsCapturesWithAnAlignmentOfTheirOwn) {
  struct alignas(64) Wide {
    int value = 3;
  };
  UniqueFunction<std::uintptr_t()> remainder = [wide = Wide()] { return reinterpret_cast<std::uintptr_t>(&wide) % 64; };
  UniqueFunction<std::uintptr_t()> moved = std::move(remainder);
  EXPECT_EQ(moved(), 0U);
}

TEST(UniqueFunctionTest, MayHaveLessRoom) {
  static_assert(sizeof(UniqueFunction<int(), 16>) < sizeof(UniqueFunction<int()>));
  std::array<int, 100> many{};
  many[99] = 9;
  int few = 1;
  UniqueFunction<int(), 16> large = [many] { return many[99]; };
  UniqueFunction<int(), 16> small = [&few] { return ++few; };
  std::swap(large, small);
  EXPECT_EQ(small(), 9);
  EXPECT_EQ(large(), 2);
}

TEST(UniqueFunctionTest, PassesArgumentsThatCanOnlyBeMoved) {
  UniqueFunction<int(std::unique_ptr<int>)> take = [](std::unique_ptr<int> number) { return *number; };
  EXPECT_EQ(take(std::make_unique<int>(3)), 3);
}

TEST(UniqueFunctionTest, KeepsStateBetweenCalls) {
  UniqueFunction<int()> count = [n = 0]() mutable { return ++n; };
  count();
  EXPECT_EQ(count(), 2);
}

template <std::size_t kExtra>
void ExpectDestroyedOnce() {
  const auto token = std::make_shared<int>();
  {
    std::array<char, kExtra> extra{};
    UniqueFunction<void()> first = [token, extra] { (void)extra; };
    EXPECT_EQ(token.use_count(), 2);
    UniqueFunction<void()> second = std::move(first);
    EXPECT_EQ(token.use_count(), 2);
    second = [] {};
    EXPECT_EQ(token.use_count(), 1);
    second = [token] {};
    UniqueFunction<void()>& same = second;
    second = std::move(same);
    EXPECT_EQ(token.use_count(), 2);
  }
  EXPECT_EQ(token.use_count(), 1);
}

TEST(UniqueFunctionTest, DestroysWhatItHoldsOnce) {
  ExpectDestroyedOnce<1>();
  ExpectDestroyedOnce<200>();
}

TEST(UniqueFunctionTest, AFunctionMayReplaceItsHolderWhileItRuns) {
  UniqueFunction<void()> holder;
  std::string seen;
  holder = [&holder, &seen, text = std::string("a text that is too long to lie inside of a string")] {
    UniqueFunction<void()> self = std::move(holder);
    holder = [] {};
    self = nullptr;
    seen = "done";
  };
  UniqueFunction<void()> running = std::move(holder);
  running();
  EXPECT_EQ(seen, "done");
}

}  // namespace
}  // namespace rhei::inline v0
