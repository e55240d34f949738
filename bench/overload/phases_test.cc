#include "overload/phases.h"

#include <gtest/gtest.h>

#include <chrono>

namespace rhei::bench {
namespace {

using namespace std::chrono_literals;

TEST(ParsePhases, ReadsRatesAndSeconds) {
  const auto phases = ParsePhases("2500:1,20000:0.5");
  ASSERT_TRUE(phases);
  ASSERT_EQ(phases->size(), 2U);
  EXPECT_EQ((*phases)[1].rate, 20000);
  EXPECT_EQ((*phases)[1].seconds, 0.5);
}

TEST(ParsePhases, RefusesWhatIsNotThat) {
  for (const char* text : {"", "1", "1:", "1:2,", "1:2;", "0:1", "-1:1", "a:b"})
    EXPECT_FALSE(ParsePhases(text)) << text;
}

TEST(ScheduleTest, CallsAreDueAtEachPhasesRate) {
  Schedule schedule({{1000, 2}, {100, 3}});
  int first = 0;
  int second = 0;
  std::chrono::nanoseconds last{};
  for (; schedule.due(); schedule.Next()) {
    EXPECT_GE(*schedule.due(), last);
    last = *schedule.due();
    EXPECT_EQ(schedule.phase(), last < 2s ? 0U : 1U);
    ++(schedule.phase() == 0 ? first : second);
  }
  EXPECT_LT(last, 5s);
  EXPECT_NEAR(first, 2000, 150);
  EXPECT_NEAR(second, 300, 60);
}

TEST(PhaseCountsTest, AnAnswerThatComesTooLateIsOfNoUse) {
  PhaseCounts counts(1, 50ms);
  for (int i = 0; i < 4; ++i) counts.Sent(0, 10ms);
  counts.Ended(0, 10ms, 50ms, PhaseCounts::End::kAnswered);
  counts.Ended(0, 10ms, 51ms, PhaseCounts::End::kAnswered);
  counts.Ended(0, 10ms, 1ms, PhaseCounts::End::kRefused);
  counts.Ended(0, 10ms, 1ms, PhaseCounts::End::kExpired);
  const std::string json = counts.ToJson();
  EXPECT_NE(json.find("\"sent\": 4, \"useful\": 1, \"late\": 1, \"refused\": 1, \"expired\": 1, \"failed\": 0"),
            std::string::npos)
      << json;
  EXPECT_NE(json.find("\"slots\": [[4, 1]]"), std::string::npos) << json;
}

}  // namespace
}  // namespace rhei::bench
