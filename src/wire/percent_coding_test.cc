#include "wire/percent_coding.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace rhei::inline v0::wire {
namespace {

std::string Encode(std::string_view text) {
  std::string coded;
  AppendPercentEncoded(text, coded);
  return coded;
}

TEST(PercentCodingTest, LeavesPrintableAsciiAsItIs) {
  EXPECT_EQ(Encode("no city \"Kyjiw\", sorry! ~"), "no city \"Kyjiw\", sorry! ~");
  EXPECT_EQ(Encode(""), "");
}

// The interoperability suite's special_status_message.
TEST(PercentCodingTest, CodesTheSpecialMessageOfTheInteroperabilitySuite) {
  constexpr std::string_view kMessage = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001F608\t\n";
  EXPECT_EQ(Encode(kMessage),
            "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A");
  EXPECT_EQ(PercentDecode(Encode(kMessage)), kMessage);
}

TEST(PercentCodingTest, CodesThePercentSign) {
  EXPECT_EQ(Encode("100%"), "100%25");
  EXPECT_EQ(PercentDecode("100%25"), "100%");
}

TEST(PercentCodingTest, DecodesBothCasesOfHexadecimal) { EXPECT_EQ(PercentDecode("%e2%98%BA"), "\u263a"); }

TEST(PercentCodingTest, WhatIsNoCodeStaysAsItIs) {
  for (const std::string_view text : {"%", "%%", "%4", "%G1", "%1G", "a%", "a%2", "%-1", "% 41", "%\xff\xff"}) {
    EXPECT_EQ(PercentDecode(text), text);
  }
  EXPECT_EQ(PercentDecode("%%41"), "%A");
  EXPECT_EQ(PercentDecode("%4%41"), "%4A");
  EXPECT_EQ(PercentDecode("%00"), std::string(1, '\0'));
}

TEST(PercentCodingTest, RoundTripsAnyBytesInPrintableAscii) {
  std::mt19937 random(1);
  for (int round = 0; round < 10'000; ++round) {
    std::string text(random() % 50, '\0');
    for (char& c : text) c = static_cast<char>(random() % 3 == 0 ? '%' : random());
    const std::string coded = Encode(text);
    for (const char c : coded) ASSERT_TRUE(c >= 0x20 && c <= 0x7e);
    ASSERT_EQ(PercentDecode(coded), text);
  }
}

TEST(PercentCodingTest, TheDecoderNeverFailsAndNeverGrowsItsInput) {
  std::mt19937 random(2);
  for (int round = 0; round < 10'000; ++round) {
    std::string text(random() % 20, '\0');
    for (char& c : text) c = "%%0123456789abcdefABCDEFgG \xff"[random() % 28];
    ASSERT_LE(PercentDecode(text).size(), text.size());
  }
}

}  // namespace
}  // namespace rhei::inline v0::wire
