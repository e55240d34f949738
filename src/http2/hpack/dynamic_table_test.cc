#include "http2/hpack/dynamic_table.h"

#include <gtest/gtest.h>

#include "http2/hpack/test_support.h"

namespace rhei::inline v0::http2 {
namespace {

TEST(ByteArenaTest, BytesStayWhereTheyAreUntilTheyAreReleased) {
  ByteArena arena;
  std::vector<std::string_view> strings;
  for (char c = 'a'; c <= 'z'; ++c) {
    char* bytes = arena.Allocate(100);
    std::fill_n(bytes, 100, c);
    strings.emplace_back(bytes, 100);
  }
  for (char c = 'a'; c <= 'z'; ++c) EXPECT_EQ(strings[static_cast<std::size_t>(c - 'a')], std::string(100, c));
}

TEST(ByteArenaTest, ReleasesNothingBehindWhatIsKept) {
  ByteArena arena;
  arena.Allocate(1000);
  arena.Allocate(1000);
  char* kept = arena.Allocate(1000);
  std::fill_n(kept, 1000, 'k');
  arena.ReleaseBefore(kept);
  for (int i = 0; i < 10; ++i) std::fill_n(arena.Allocate(1000), 1000, 'x');
  EXPECT_EQ(std::string_view(kept, 1000), std::string(1000, 'k'));
}

TEST(ByteArenaTest, UsesReleasedMemoryAgainAndHoldsLittle) {
  ByteArena arena;
  for (int round = 0; round < 1000; ++round) {
    for (int i = 0; i < 3; ++i) arena.Allocate(500);
    arena.ReleaseAll();
    ASSERT_LE(arena.capacity(), 2 * ByteArena::kLargestChunk);
  }
  arena.Allocate(100'000);
  arena.ReleaseAll();
  EXPECT_LE(arena.capacity(), 2 * ByteArena::kLargestChunk);
}

TEST(ByteArenaTest, ASteadyUseOfAnySizeComesToHoldWhatItNeeds) {
  for (const std::size_t size : {10u, 100u, 300u, 900u}) {
    ByteArena arena;
    const char* steady = nullptr;
    for (int round = 0; round < 20; ++round) {
      const char* const bytes = arena.Allocate(size / 10);
      for (int i = 1; i < 10; ++i) arena.Allocate(size / 10);
      // From the same memory each time.
      if (round >= 10) {
        ASSERT_EQ(bytes, steady);
      }
      steady = bytes;
      arena.ReleaseAll();
    }
  }
}

TEST(ByteArenaTest, HoldsLittleForFewBytes) {
  ByteArena arena;
  EXPECT_EQ(arena.capacity(), 0u);
  arena.Allocate(50);
  EXPECT_EQ(arena.capacity(), ByteArena::kFirstChunk);
}

TEST(ByteArenaTest, TrimmingGivesBackWhatIsNotInUse) {
  ByteArena arena;
  for (int i = 0; i < 20; ++i) arena.Allocate(100);
  arena.ReleaseAll();
  EXPECT_GT(arena.capacity(), 0u);
  arena.Trim();
  EXPECT_EQ(arena.capacity(), 0u);

  char* const kept = arena.Allocate(100);
  std::fill_n(kept, 100, 'k');
  arena.Trim();
  EXPECT_EQ(std::string_view(kept, 100), std::string(100, 'k'));
}

TEST(ByteArenaTest, TakesBackTheEndOfTheLatestAllocation) {
  ByteArena arena;
  char* first = arena.Allocate(100);
  arena.TakeBack(90);
  EXPECT_EQ(arena.Allocate(100), first + 10);
  arena.TakeBack(100);
  EXPECT_EQ(arena.Allocate(1), first + 10);
}

TEST(DynamicTableTest, NumbersEntriesFromSixtyTwoAndNeverAgain) {
  DynamicTable table(100);  // two entries of this size
  for (std::uint64_t number = 62; number < 1000; ++number) {
    const std::optional<HeaderField> field = table.Insert("name", "value", HeaderName::kOther);
    ASSERT_TRUE(field);
    ASSERT_EQ(field->entry, number);
    ASSERT_EQ(table.newest(), number);
    ASSERT_EQ(table.AtIndex(62)->entry, number);
    ASSERT_EQ(table.IndexOf(number), 62u);
    if (number > 62) {
      ASSERT_EQ(table.AtIndex(63)->entry, number - 1);
    }
    ASSERT_FALSE(table.AtIndex(64));
    ASSERT_TRUE(table.Holds(number));
    ASSERT_FALSE(table.Holds(number + 1));
    ASSERT_FALSE(table.Holds(number - 2));
    table.ReleaseEvicted();
  }
}

TEST(DynamicTableTest, HoldsNothingAtFirst) {
  const DynamicTable table(4096);
  for (std::uint64_t entry = 0; entry < 70; ++entry) EXPECT_FALSE(table.Holds(entry));
  EXPECT_FALSE(table.AtIndex(62));
  EXPECT_FALSE(table.AtIndex(0xffffffff));
}

TEST(DynamicTableTest, CountsThirtyTwoBytesBesideNameAndValue) {
  DynamicTable table(4096);
  table.Insert("custom-key", "custom-header", HeaderName::kOther);
  EXPECT_EQ(table.size(), 55u);
  table.Insert("x", "", HeaderName::kOther);
  EXPECT_EQ(table.size(), 88u);
}

TEST(DynamicTableTest, EvictsTheOldestToMakeRoom) {
  DynamicTable table(3 * 34);
  for (const char* value : {"1", "2", "3", "4"}) table.Insert("n", value, HeaderName::kOther);
  EXPECT_EQ(Entries(table), (std::vector<OwnedField>{{"n", "4"}, {"n", "3"}, {"n", "2"}}));
  table.Insert("n", std::string(35, 'x'), HeaderName::kOther);  // as large as two of them
  EXPECT_EQ(Entries(table), (std::vector<OwnedField>{{"n", std::string(35, 'x')}, {"n", "4"}}));
}

TEST(DynamicTableTest, AFieldLargerThanTheTableEmptiesIt) {
  DynamicTable table(64);
  table.Insert("n", "v", HeaderName::kOther);
  const std::uint64_t version = table.version();
  EXPECT_FALSE(table.Insert("n", std::string(32, 'x'), HeaderName::kOther));
  EXPECT_EQ(table.entry_count(), 0u);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_NE(table.version(), version);
  EXPECT_TRUE(table.Insert("n", std::string(31, 'x'), HeaderName::kOther));
}

TEST(DynamicTableTest, ShrinkingEvictsAndGrowingBringsNothingBack) {
  DynamicTable table(4096);
  for (const char* value : {"1", "2", "3"}) table.Insert("n", value, HeaderName::kOther);
  table.Resize(70);
  EXPECT_EQ(Entries(table), (std::vector<OwnedField>{{"n", "3"}, {"n", "2"}}));
  table.Resize(0);
  table.Resize(4096);
  EXPECT_EQ(table.entry_count(), 0u);
  EXPECT_EQ(table.Insert("n", "4", HeaderName::kOther)->entry, 65u);
}

TEST(DynamicTableTest, BytesOfEvictedEntriesStayUntilTheyAreReleased) {
  DynamicTable table(4096);
  std::vector<HeaderField> handed_out;
  for (int i = 0; i < 300; ++i) {
    handed_out.push_back(*table.Insert("name", std::string(100, static_cast<char>(i)), HeaderName::kOther));
  }
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(handed_out[static_cast<std::size_t>(i)].name, "name");
    ASSERT_EQ(handed_out[static_cast<std::size_t>(i)].value, std::string(100, static_cast<char>(i)));
  }
}

TEST(DynamicTableTest, ANameMayBeThatOfTheEntryWhichItEvicts) {
  DynamicTable table(64);
  table.Insert("some-name", "v", HeaderName::kOther);
  const std::optional<HeaderField> field = table.Insert(table.AtIndex(62)->name, "other", HeaderName::kOther);
  EXPECT_EQ(field->name, "some-name");
  EXPECT_EQ(field->value, "other");
  EXPECT_EQ(table.entry_count(), 1u);
}

TEST(DynamicTableTest, ASteadyStreamOfInsertionsHoldsABoundedAmountOfMemory) {
  DynamicTable table(4096);
  for (int i = 0; i < 100'000; ++i) {
    table.Insert("x-name", std::string(static_cast<std::size_t>(i * 7 % 900), 'v'), HeaderName::kOther);
    table.ReleaseEvicted();
    ASSERT_LE(table.capacity(), 32u * 1024);
  }
}

}  // namespace
}  // namespace rhei::inline v0::http2
