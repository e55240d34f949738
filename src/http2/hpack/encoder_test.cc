#include "http2/hpack/encoder.h"

#include <gtest/gtest.h>

#include "http2/hpack/test_support.h"

namespace rhei::inline v0::http2 {
namespace {

constexpr HpackDecoder::Limits kUnlimited = {
    .table_size = 64 * 1024, .list_soft = SIZE_MAX, .list_hard = SIZE_MAX, .max_fields = UINT32_MAX};

HeaderField Field(std::string_view name, std::string_view value, bool never_index = false) {
  return {.name = name, .value = value, .never_index = never_index};
}

// An encoder and the decoder at the other end, which must always agree.
class HpackEncoderTest : public testing::Test {
 protected:
  // The size of the block that was sent.
  std::size_t Send(HeaderTemplate prefix, const std::vector<HeaderField>& expected_of_prefix,
                   const std::vector<HeaderField>& extra = {}) {
    const std::string known(encoder_.Encoded(prefix));
    block_.clear();
    encoder_.Encode(prefix, extra, block_);
    if (!known.empty()) {
      EXPECT_TRUE(block_.starts_with(known));
    }
    std::vector<HeaderField> expected = expected_of_prefix;
    expected.insert(expected.end(), extra.begin(), extra.end());
    const Decoded decoded = DecodeBlock(decoder_, block_);
    EXPECT_EQ(decoded.outcome, DecodeOutcome::kOk);
    EXPECT_EQ(decoded.fields, Own(expected));
    EXPECT_EQ(Entries(encoder_.table()), Entries(decoder_.table()));
    EXPECT_EQ(encoder_.table().max_size(), decoder_.table().max_size());
    return block_.size();
  }
  std::size_t SendExtra(const std::vector<HeaderField>& extra) { return Send(HeaderTemplate::kNone, {}, extra); }

  const std::vector<HeaderField> request_ = {
      Field(":method", "POST"),
      Field(":scheme", "http"),
      Field(":path", "/weather.v1.Weather/GetCurrent"),
      Field(":authority", "weather:8090"),
      Field("content-type", "application/grpc"),
      Field("te", "trailers"),
      Field("user-agent", "grpc-c++-rhei/0.1"),
      Field("grpc-accept-encoding", "identity,deflate,gzip"),
  };
  HpackEncoder encoder_;
  HpackDecoder decoder_{kUnlimited};
  std::string block_;
};

TEST_F(HpackEncoderTest, ATemplateIsOneByteAFieldOnceItHasBeenSent) {
  const HeaderTemplate request = encoder_.Register(request_);
  EXPECT_GT(Send(request, request_), 80u);
  EXPECT_EQ(Send(request, request_), request_.size());
  EXPECT_EQ(Send(request, request_), request_.size());
  EXPECT_EQ(encoder_.Encoded(request), block_);
}

TEST_F(HpackEncoderTest, WhatATemplateEncodesToIsKnownWhileTheTableStaysAsItIs) {
  const HeaderTemplate request = encoder_.Register(request_);
  EXPECT_EQ(encoder_.Encoded(HeaderTemplate::kNone), "");
  EXPECT_EQ(encoder_.Encoded(request), "");
  Send(request, request_);
  Send(request, request_);
  EXPECT_NE(encoder_.Encoded(request), "");
  const HeaderField other = Field("x-other", "value");
  SendExtra({other});
  SendExtra({other});  // it enters the table
  EXPECT_EQ(encoder_.Encoded(request), "");
  Send(request, request_);
  EXPECT_NE(encoder_.Encoded(request), "");
  encoder_.SetPeerTableSize(100);  // which the next block has to announce
  EXPECT_EQ(encoder_.Encoded(request), "");
}

TEST_F(HpackEncoderTest, TemplatesShareTheirCommonFields) {
  const HeaderTemplate first = encoder_.Register(request_);
  std::vector<HeaderField> other = request_;
  other[2].value = "/weather.v1.Weather/Observe";
  const HeaderTemplate second = encoder_.Register(other);
  Send(first, request_);
  EXPECT_LE(Send(second, other), request_.size() + other[2].value.size());
  EXPECT_EQ(encoder_.table().entry_count(), 7u);
  EXPECT_EQ(Send(first, request_), request_.size());
  EXPECT_EQ(Send(second, other), request_.size());
}

TEST_F(HpackEncoderTest, ATemplateFollowsItsFieldsAsOthersMoveThem) {
  const HeaderTemplate request = encoder_.Register(request_);
  for (int i = 0; i < 300; ++i) {
    const std::string value = std::to_string(i);
    Send(request, request_, {Field("x-counter", value)});
    Send(request, request_, {Field("x-counter", value)});  // now it enters the table
  }
}

TEST_F(HpackEncoderTest, MoreTemplatesThanTheTableHoldsStillWork) {
  std::vector<std::string> paths;
  for (int i = 0; i < 200; ++i) paths.push_back("/package.Service/Method" + std::to_string(i));
  std::vector<HeaderTemplate> templates;
  std::vector<std::vector<HeaderField>> lists;
  for (const std::string& path : paths) {
    lists.push_back(request_);
    lists.back()[2].value = path;
    templates.push_back(encoder_.Register(lists.back()));
  }
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < templates.size(); ++i) Send(templates[i], lists[i]);
  }
  EXPECT_LE(encoder_.table().size(), 4096u);
}

TEST_F(HpackEncoderTest, ATemplateWithAFieldLargerThanTheTableLeavesTheTableAlone) {
  const std::string large(5000, 'x');
  const std::vector<HeaderField> list = {Field("a", "small"), Field("b", large)};
  const HeaderTemplate with_large = encoder_.Register(list);
  Send(with_large, list);
  Send(with_large, list);
  EXPECT_EQ(encoder_.table().entry_count(), 1u);
}

TEST_F(HpackEncoderTest, AnExtraFieldEntersTheTableWhenItIsSentAgain) {
  SendExtra({Field("x-user", "ann")});
  EXPECT_EQ(encoder_.table().entry_count(), 0u);
  SendExtra({Field("x-user", "ann")});
  EXPECT_EQ(encoder_.table().entry_count(), 1u);
  EXPECT_EQ(SendExtra({Field("x-user", "ann")}), 1u);
  EXPECT_EQ(encoder_.table().entry_count(), 1u);
}

TEST_F(HpackEncoderTest, ValuesThatNeverComeAgainPushNothingOut) {
  const HeaderTemplate request = encoder_.Register(request_);
  Send(request, request_);
  const std::size_t entries = encoder_.table().entry_count();
  for (int i = 0; i < 5000; ++i) Send(request, request_, {Field("x-trace-id", std::to_string(i * 7919))});
  EXPECT_EQ(encoder_.table().entry_count(), entries + 1);  // the one more is for the name's sake
}

TEST_F(HpackEncoderTest, ANameThatComesAgainAndAgainGetsAnEntry) {
  std::size_t size = 0;
  for (int i = 0; i < 20; ++i) size = SendExtra({Field("grpc-timeout", std::to_string(100 + i) + "m")});
  EXPECT_EQ(encoder_.table().entry_count(), 1u);
  EXPECT_EQ(size, 6u);  // two bytes for the name, four for the value in Huffman code
}

TEST_F(HpackEncoderTest, TheNameOfASecretGetsNoEntry) {
  for (int i = 0; i < 20; ++i) SendExtra({Field("x-token", std::to_string(i), true)});
  EXPECT_EQ(encoder_.table().entry_count(), 0u);
}

TEST_F(HpackEncoderTest, ExtraFieldsUseTheNameOfAnEntry) {
  SendExtra({Field("grpc-timeout", "100m")});
  SendExtra({Field("grpc-timeout", "100m")});
  EXPECT_EQ(SendExtra({Field("grpc-timeout", "99m")}), 6u);  // two for the name, four for the value
}

TEST_F(HpackEncoderTest, AnExtraFieldOfMoreThanAQuarterOfTheTableStaysOut) {
  const std::string value(1024 - 32 - 1, 'v');
  for (int i = 0; i < 3; ++i) SendExtra({Field("ab", value)});
  EXPECT_EQ(encoder_.table().entry_count(), 0u);
  for (int i = 0; i < 3; ++i) SendExtra({Field("a", value)});
  EXPECT_EQ(encoder_.table().entry_count(), 1u);
}

TEST_F(HpackEncoderTest, StaticEntriesAreUsedAtOnce) {
  EXPECT_EQ(SendExtra({Field(":status", "200"), Field(":method", "POST")}), 2u);
  EXPECT_EQ(SendExtra({Field("content-type", "x")}), 4u);
}

TEST_F(HpackEncoderTest, SecretFieldsEnterNoTableAndKeepTheirMark) {
  const std::vector<HeaderField> list = {Field("authorization", "secret", true), Field("x-token", "secret", true),
                                         Field(":method", "GET", true)};
  const HeaderTemplate secrets = encoder_.Register(list);
  for (int i = 0; i < 3; ++i) {
    Send(secrets, list, list);
    EXPECT_EQ(block_.find(static_cast<char>(0x82)), std::string::npos);
  }
  EXPECT_EQ(encoder_.table().entry_count(), 0u);
}

TEST_F(HpackEncoderTest, ASecretAndAnOpenFieldOfTheSameTextAreTwoFields) {
  const std::vector<HeaderField> open = {Field("x-token", "text")};
  const std::vector<HeaderField> secret = {Field("x-token", "text", true)};
  const HeaderTemplate first = encoder_.Register(open);
  const HeaderTemplate second = encoder_.Register(secret);
  for (int i = 0; i < 3; ++i) {
    Send(first, open);
    Send(second, secret);
  }
}

TEST_F(HpackEncoderTest, ATemplateFindsAFieldThatCameAsExtra) {
  SendExtra({Field("x-user", "ann")});
  SendExtra({Field("x-user", "ann")});
  const std::vector<HeaderField> list = {Field("x-user", "ann")};
  EXPECT_EQ(Send(encoder_.Register(list), list), 1u);
}

TEST_F(HpackEncoderTest, AnExtraFieldFindsTheEntryOfATemplate) {
  Send(encoder_.Register(request_), request_);
  EXPECT_EQ(SendExtra({Field("te", "trailers")}), 1u);
}

// --- size of the table --------------------------------------------------------------------------------------------

TEST_F(HpackEncoderTest, AnnouncesASmallerTableAndObeys) {
  const HeaderTemplate request = encoder_.Register(request_);
  Send(request, request_);
  encoder_.SetPeerTableSize(100);
  Send(request, request_);
  EXPECT_EQ(block_.substr(0, 2), FromHex("3f45"));
  EXPECT_LE(encoder_.table().size(), 100u);
  for (int i = 0; i < 3; ++i) Send(request, request_);
}

TEST_F(HpackEncoderTest, AnnouncesTheLowestSizeAndThenTheFinalOne) {
  const HeaderTemplate request = encoder_.Register(request_);
  Send(request, request_);
  for (const std::uint32_t size : {1000u, 0u, 2000u, 4096u}) encoder_.SetPeerTableSize(size);
  Send(request, request_);
  EXPECT_EQ(block_.substr(0, 4), FromHex("20 3fe11f"));
  EXPECT_EQ(Send(request, request_), request_.size());
}

TEST_F(HpackEncoderTest, ATableOfNothingIsUsedForNothing) {
  const HeaderTemplate request = encoder_.Register(request_);
  encoder_.SetPeerTableSize(0);
  for (int i = 0; i < 3; ++i) Send(request, request_, {Field("x-user", "ann")});
  EXPECT_EQ(encoder_.table().entry_count(), 0u);
}

// CVE-2026-93492.
TEST_F(HpackEncoderTest, ALargeTableOfThePeerMakesOursNoLarger) {
  encoder_.SetPeerTableSize(0xffffffff);
  EXPECT_EQ(encoder_.table().max_size(), 4096u);
  EXPECT_EQ(SendExtra({Field(":status", "200")}), 1u);  // nothing to announce
}

TEST_F(HpackEncoderTest, ATableMayGrowAboveTheInitialSizeWhenBothSidesWant) {
  encoder_ = HpackEncoder(8192);
  SendExtra({});
  EXPECT_EQ(encoder_.table().max_size(), 4096u);
  encoder_.SetPeerTableSize(16384);
  EXPECT_EQ(encoder_.table().max_size(), 8192u);
  SendExtra({});
}

TEST_F(HpackEncoderTest, ASmallerTableOfOurOwnIsAnnouncedInTheFirstBlock) {
  encoder_ = HpackEncoder(256);
  SendExtra({Field(":status", "200")});
  EXPECT_EQ(block_, FromHex("3fe101 88"));
}

}  // namespace
}  // namespace rhei::inline v0::http2
