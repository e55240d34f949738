#include "wire/timeout_coding.h"

#include <gtest/gtest.h>

#include <string>

namespace rhei::inline v0::wire {
namespace {

using namespace std::chrono_literals;

std::string Exact(Duration timeout) { return std::string(TimeoutText::Exact(timeout).view()); }
std::string Rounded(Duration timeout) { return std::string(TimeoutText::Rounded(timeout).view()); }

TEST(TimeoutTextTest, ExactSaysNanosecondsWhileEightDigitsSuffice) {
  EXPECT_EQ(Exact(1ns), "1n");
  EXPECT_EQ(Exact(99'999'999ns), "99999999n");
}

TEST(TimeoutTextTest, ExactRoundsUpToTheSmallestUnitThatFits) {
  EXPECT_EQ(Exact(100'000'001ns), "100001u");
  EXPECT_EQ(Exact(99'999'999'000ns), "99999999u");
  EXPECT_EQ(Exact(99'999'999'001ns), "100000m");
  EXPECT_EQ(Exact(30h), "108000S");
  EXPECT_EQ(Exact(std::chrono::hours(24 * 365 * 5)), "2628000M");
  EXPECT_EQ(Exact(Duration::max()), "2562048H");
}

TEST(TimeoutTextTest, WhatIsNotPositiveIsTheShortestTimeout) {
  EXPECT_EQ(Exact(0ns), "1n");
  EXPECT_EQ(Exact(-5s), "1n");
  EXPECT_EQ(Rounded(0ns), "1n");
  EXPECT_EQ(Rounded(Duration::min()), "1n");
}

TEST(TimeoutTextTest, RoundedHasThreeDigitsThatAreNotZeros) {
  EXPECT_EQ(Rounded(200ms), "200m");
  EXPECT_EQ(Rounded(200ms - 13us), "200m");
  EXPECT_EQ(Rounded(1500ms), "1500m");
  EXPECT_EQ(Rounded(1s), "1S");
  EXPECT_EQ(Rounded(1s - 1ns), "1S");
  EXPECT_EQ(Rounded(5min), "300S");
  EXPECT_EQ(Rounded(1234567ns), "1240u");
  EXPECT_EQ(Rounded(999ns), "999n");
  EXPECT_EQ(Rounded(1001ns), "1010n");
}

TEST(TimeoutTextTest, RoundedIsNeverLessAndAtMostOneHundredthMore) {
  for (std::int64_t nanoseconds = 1; nanoseconds < 1'000'000'000'000'000'000; nanoseconds += nanoseconds / 10 * 7 + 1) {
    const std::optional<Duration> said = ParseTimeout(TimeoutText::Rounded(Duration(nanoseconds)).view());
    ASSERT_TRUE(said.has_value()) << nanoseconds;
    EXPECT_GE(said->count(), nanoseconds);
    EXPECT_LE(said->count() - nanoseconds, nanoseconds / 99 + 1) << nanoseconds;
  }
}

TEST(TimeoutTextTest, ExactIsNeverLessAndAtMostAMillionthMore) {
  for (std::int64_t nanoseconds = 1; nanoseconds < 1'000'000'000'000'000'000; nanoseconds += nanoseconds / 10 * 7 + 1) {
    const std::optional<Duration> said = ParseTimeout(TimeoutText::Exact(Duration(nanoseconds)).view());
    ASSERT_TRUE(said.has_value()) << nanoseconds;
    EXPECT_GE(said->count(), nanoseconds);
    EXPECT_LE(said->count() - nanoseconds, nanoseconds / 27'000) << nanoseconds;
  }
}

TEST(ParseTimeoutTest, ReadsEveryUnit) {
  EXPECT_EQ(ParseTimeout("1n"), Duration(1ns));
  EXPECT_EQ(ParseTimeout("20u"), Duration(20us));
  EXPECT_EQ(ParseTimeout("0300m"), Duration(300ms));
  EXPECT_EQ(ParseTimeout("4S"), Duration(4s));
  EXPECT_EQ(ParseTimeout("5M"), Duration(5min));
  EXPECT_EQ(ParseTimeout("00000006H"), Duration(6h));
  EXPECT_EQ(ParseTimeout("0m"), Duration(0ns));
}

TEST(ParseTimeoutTest, ATimeoutThatCannotBeSaidIsTheLongestOne) {
  EXPECT_EQ(ParseTimeout("99999999H"), Duration::max());
  EXPECT_EQ(ParseTimeout("2562047H"), Duration(2562047h));
}

TEST(ParseTimeoutTest, RefusesEverythingElse) {
  for (const char* text :
       {"", "m", "1", "123456789m", "1x", "1s", "-1m", "+1m", " 1m", "1 m", "1m ", "1.5S", "0x1m", "mm"}) {
    EXPECT_EQ(ParseTimeout(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace rhei::inline v0::wire
