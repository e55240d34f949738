#include "rhei/metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace rhei::inline v0 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(MetadataTest, KeepsPairsInOrderAndKeysMayRepeat) {
  Metadata metadata{{"a", "1"}, {"b", "2"}};
  metadata.Add("a", "3");
  EXPECT_THAT(std::vector<Metadata::Entry>(metadata.begin(), metadata.end()),
              ElementsAre(Metadata::Entry{"a", "1"}, Metadata::Entry{"b", "2"}, Metadata::Entry{"a", "3"}));
  EXPECT_EQ(metadata.size(), 3U);
}

TEST(MetadataTest, APairMayBeAddedThatItHoldsAlready) {
  Metadata metadata{{"key", std::string(90, 'v')}};
  for (int i = 0; i < 8; ++i) {
    const Metadata::Entry first = *metadata.begin();
    metadata.Add(first.key, first.value);
  }
  EXPECT_EQ(metadata.size(), 9U);
  for (const auto [key, value] : metadata) {
    EXPECT_EQ(key, "key");
    EXPECT_EQ(value, std::string(90, 'v'));
  }
}

TEST(MetadataTest, CopiesAreIndependentAndWhatWasMovedFromIsEmpty) {
  Metadata metadata{{"a", "1"}, {"b", std::string(500, 'x')}};
  Metadata copy = metadata;
  EXPECT_EQ(copy, metadata);
  copy.Add("c", "3");
  EXPECT_EQ(metadata.size(), 2U);
  Metadata moved = std::move(metadata);
  EXPECT_TRUE(metadata.empty());
  EXPECT_EQ(moved.size(), 2U);
  moved = copy;
  EXPECT_EQ(moved, copy);
  moved = Metadata();
  EXPECT_TRUE(moved.empty());
  moved.Add("d", "");
  EXPECT_EQ(moved, (Metadata{{"d", ""}}));
  moved.Clear();
  EXPECT_EQ(moved.begin(), moved.end());
  EXPECT_EQ(Metadata(moved), Metadata());
}

TEST(MetadataTest, GetGivesTheFirstAndGetAllEveryValue) {
  const Metadata metadata{{"a", "1"}, {"b", "2"}, {"a", "3"}};
  EXPECT_EQ(metadata.Get("a"), "1");
  EXPECT_EQ(metadata.Get("c"), std::nullopt);
  EXPECT_THAT(metadata.GetAll("a"), ElementsAre("1", "3"));
  EXPECT_THAT(metadata.GetAll("c"), IsEmpty());
}

TEST(MetadataTest, RemoveTakesAllPairsOfAKeyAndLeavesTheOthers) {
  Metadata metadata{{"a", "1"}, {"b", "2"}, {"a", "3"}, {"c", "4"}};
  EXPECT_EQ(metadata.Remove("a"), 2U);
  EXPECT_EQ(metadata, (Metadata{{"b", "2"}, {"c", "4"}}));
  EXPECT_EQ(metadata.Remove("a"), 0U);
  EXPECT_EQ(metadata.size(), 2U);
}

TEST(MetadataTest, CarriesAnyBytesAndEmptyValues) {
  Metadata metadata;
  const std::string bytes("\0\xff\n", 3);
  metadata.Add("x-bin", bytes);
  metadata.Add("empty", "");
  EXPECT_EQ(metadata.Get("x-bin"), bytes);
  EXPECT_EQ(metadata.Get("empty"), "");
}

TEST(MetadataTest, IsEmptyWhenClearedAndCanBeFilledAgain) {
  Metadata metadata{{"a", "1"}};
  metadata.Clear();
  EXPECT_TRUE(metadata.empty());
  EXPECT_EQ(metadata.begin(), metadata.end());
  metadata.Add("b", "2");
  EXPECT_EQ(metadata, (Metadata{{"b", "2"}}));
}

TEST(MetadataTest, ComparesOrderToo) {
  EXPECT_NE((Metadata{{"a", "1"}, {"b", "2"}}), (Metadata{{"b", "2"}, {"a", "1"}}));
  // The same bytes, cut elsewhere.
  EXPECT_NE((Metadata{{"ab", "c"}}), (Metadata{{"a", "bc"}}));
}

TEST(CheckMetadataTest, AcceptsWhatTheProtocolAllows) {
  for (const std::string_view key : {"a", "x-user", "x_user", "x.user", "0", "grpcish", "te-ch", "hosts"}) {
    EXPECT_EQ(CheckMetadata(key, "value"), std::nullopt) << key;
  }
  EXPECT_EQ(CheckMetadata("a", ""), std::nullopt);
  EXPECT_EQ(CheckMetadata("a", "~ in the middle !"), std::nullopt);
  EXPECT_EQ(CheckMetadata("a-bin", std::string_view("\0\r\n\xff ", 5)), std::nullopt);
}

TEST(CheckMetadataTest, RefusesKeysThatAreNotLowerCaseNames) {
  EXPECT_THAT(*CheckMetadata("", "v"), HasSubstr("empty"));
  for (const std::string_view key : {"A", "a b", ":path", "a\n", "a:", "\xc3\xa4", "a/b", "a\"b"}) {
    const auto wrong = CheckMetadata(key, "v");
    ASSERT_TRUE(wrong.has_value()) << key;
    EXPECT_THAT(*wrong, HasSubstr(key));
    EXPECT_THAT(*wrong, HasSubstr("[0-9a-z_.-]"));
  }
}

TEST(CheckMetadataTest, RefusesTheProtocolsOwnNames) {
  for (const std::string_view key :
       {"grpc-status", "grpc-anything", "grpc-trace-bin", "content-type", "te", "host", "connection", "keep-alive",
        "proxy-connection", "transfer-encoding", "upgrade", "content-length", "user-agent"}) {
    const auto wrong = CheckMetadata(key, "v");
    ASSERT_TRUE(wrong.has_value()) << key;
    EXPECT_THAT(*wrong, HasSubstr("reserved"));
  }
}

TEST(CheckMetadataTest, RefusesValuesThatWouldNotArriveAsTheyAre) {
  for (const std::string_view value : {"\n", "a\rb", "\x7f", "\xc3\xa4", "\t"}) {
    ASSERT_TRUE(CheckMetadata("key", value).has_value()) << value;
    EXPECT_THAT(*CheckMetadata("key", value), HasSubstr("\"key\""));
  }
  EXPECT_TRUE(CheckMetadata("key", std::string_view("\0", 1)).has_value());
  EXPECT_TRUE(CheckMetadata("key", " a").has_value());
  EXPECT_TRUE(CheckMetadata("key", "a ").has_value());
}

}  // namespace
}  // namespace rhei::inline v0
