#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "rhei/log.h"
#include "runtime/line_limiter.h"

namespace rhei::inline v0 {
namespace {

using namespace std::chrono_literals;
using runtime::LineLimiter;
using ::testing::Eq;
using ::testing::Optional;

TEST(LineLimiterTest, AdmitsSoManyInASecondAndTellsHowManyItRefused) {
  LineLimiter limiter(2);
  const TimePoint start{};
  EXPECT_THAT(limiter.Admit(start), Optional(Eq(0u)));
  EXPECT_THAT(limiter.Admit(start + 1ms), Optional(Eq(0u)));
  EXPECT_THAT(limiter.Admit(start + 2ms), Eq(std::nullopt));
  EXPECT_THAT(limiter.Admit(start + 999ms), Eq(std::nullopt));
  EXPECT_THAT(limiter.Admit(start + 1000ms), Optional(Eq(2u)));
  EXPECT_THAT(limiter.Admit(start + 1001ms), Optional(Eq(0u)));
  EXPECT_THAT(limiter.Admit(start + 1002ms), Eq(std::nullopt));
}

std::string Written(const std::function<void()>& write) {
  ::testing::internal::CaptureStderr();
  write();
  return ::testing::internal::GetCapturedStderr();
}

TEST(StderrLoggerTest, WritesOneLineWithItsLevel) {
  EXPECT_EQ(Written([] { StderrLogger()->Write(LogLevel::kWarning, "the tap drips"); }),
            "rhei: warning: the tap drips\n");
}

TEST(StderrLoggerTest, LeavesOutLowerLevels) {
  const auto logger = StderrLogger(LogLevel::kError);
  EXPECT_EQ(logger->level(), LogLevel::kError);
  EXPECT_EQ(Written([&] { logger->Write(LogLevel::kWarning, "x"); }), "");
}

TEST(StderrLoggerTest, TextOfAPeerCannotBeginALineOrSteerATerminal) {
  EXPECT_EQ(Written([] { StderrLogger()->Write(LogLevel::kError, "a\nrhei: error: b\x1b[2J\xc3\xa9"); }),
            "rhei: error: a?rhei: error: b?[2J\xc3\xa9\n");
}

TEST(StderrLoggerTest, IsLimited) {
  const auto logger = StderrLogger(LogLevel::kWarning, 3);
  const std::string written = Written([&] {
    // Two windows of a second at most pass while this runs.
    for (int i = 0; i < 1000; ++i) logger->Write(LogLevel::kWarning, "again");
  });
  EXPECT_LE(std::count(written.begin(), written.end(), '\n'), 6);
  EXPECT_GE(std::count(written.begin(), written.end(), '\n'), 3);
}

}  // namespace
}  // namespace rhei::inline v0
