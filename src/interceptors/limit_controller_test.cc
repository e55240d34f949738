#include "interceptors/limit_controller.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace rhei::inline v0 {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kMethod = "/shop.Shop/Buy";

class LimitControllerTest : public ::testing::Test {
 protected:
  void Make(AdaptiveLimitOptions options = AdaptiveLimitOptions()) { controller_ = LimitController(options); }

  std::size_t limit() const { return controller_.figures().limit; }

  // Calls one after the other on a loop that computes, so many of them waiting at any time: each is let in or not when
  // its turn comes, and arrived when the one stood at the end of the line that is so far ahead.
  void ServeInLine(std::size_t waiting, Duration each, Duration for_time, std::string_view method = kMethod) {
    const TimePoint end = now_ + for_time;
    while (now_ < end) {
      const TimePoint arrived = now_ - each * static_cast<int>(waiting);
      const TimePoint begun = now_;
      if (controller_.Begin(arrived, begun, true)) {
        now_ += each;
        controller_.End({method, arrived, begun, true}, now_);
      } else {
        now_ += 5us;
      }
    }
  }

  // So many calls at once on something that does `together` of them at a time, each in `each`; as many as are let in.
  // Returns how many were.
  std::size_t ServeTogether(std::size_t callers, std::size_t together, Duration each, Duration for_time,
                            std::string_view method = kMethod) {
    const TimePoint end = now_ + for_time;
    std::size_t most = 0;
    while (now_ < end) {
      std::vector<TimePoint> begun;
      for (std::size_t i = 0; i < callers; ++i) {
        if (controller_.Begin(now_, now_, true)) begun.push_back(now_);
      }
      most = std::max(most, begun.size());
      const std::size_t rounds = std::max<std::size_t>(1, (begun.size() + together - 1) / together);
      for (std::size_t round = 0; round < rounds; ++round) {
        now_ += each;
        for (std::size_t i = round * together; i < std::min(begun.size(), (round + 1) * together); ++i) {
          controller_.End({method, begun[i], begun[i], true}, now_);
        }
      }
    }
    return most;
  }

  TimePoint now_{1000s};
  LimitController controller_{AdaptiveLimitOptions()};
};

TEST_F(LimitControllerTest, CallsAheadAreThoseThatRun) {
  Make(AdaptiveLimitOptions().Initial(4).Minimum(4));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(controller_.Begin(now_, now_, true));
  EXPECT_FALSE(controller_.Begin(now_, now_, true));
  controller_.End({kMethod, now_, now_, true}, now_);
  EXPECT_TRUE(controller_.Begin(now_, now_, true));
  EXPECT_EQ(controller_.figures().in_flight, 4U);
  EXPECT_EQ(controller_.figures().admitted, 5U);
  EXPECT_EQ(controller_.figures().rejected, 1U);
}

TEST_F(LimitControllerTest, AndThoseThatHaveEndedSinceItArrived) {
  Make(AdaptiveLimitOptions().Initial(4).Minimum(4));
  const TimePoint arrived = now_;
  for (int i = 0; i < 4; ++i) {
    const TimePoint begun = now_;
    ASSERT_TRUE(controller_.Begin(arrived, begun, true));
    now_ += 1ms;
    controller_.End({kMethod, arrived, begun, true}, now_);
  }
  EXPECT_FALSE(controller_.Begin(arrived, now_, true)) << "it was fifth in line";
  EXPECT_TRUE(controller_.Begin(arrived + 1ms, now_, true)) << "it came when one had ended";
}

TEST_F(LimitControllerTest, CallsThatDoNotCountAreLetInByTheSameRuleOnly) {
  Make(AdaptiveLimitOptions().Initial(4).Minimum(4));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(controller_.Begin(now_, now_, false));
  EXPECT_EQ(controller_.figures().in_flight, 0U);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(controller_.Begin(now_, now_, true));
  EXPECT_FALSE(controller_.Begin(now_, now_, false));
}

TEST_F(LimitControllerTest, ALineThatGrowsLowersTheLimitUntilWaitsAreShort) {
  ServeInLine(0, 200us, 1s);
  EXPECT_EQ(limit(), 32U);
  ServeInLine(30, 200us, 3s);
  EXPECT_GE(controller_.figures().rejected, 1000U);
  // Some of these wait for the first few of the line, and no more than a millisecond on the average.
  EXPECT_LE(limit(), 12U);
  EXPECT_GE(limit(), 4U);
}

TEST_F(LimitControllerTest, ThingsDoneTogetherAreFoundToTheirNumber) {
  ServeTogether(5, 20, 10ms, 2s);
  // From now on far more than can be done at once: each crowd takes as many rounds as it needs.
  ServeTogether(500, 20, 10ms, 5s);
  std::size_t lowest = limit();
  std::size_t highest = limit();
  for (int i = 0; i < 50; ++i) {
    ServeTogether(500, 20, 10ms, 150ms);
    lowest = std::min(lowest, limit());
    highest = std::max(highest, limit());
  }
  EXPECT_LE(highest, 80U);
  EXPECT_GE(lowest, 5U);
}

TEST_F(LimitControllerTest, AnOverloadThatLastsDoesNotBecomeUsual) {
  ServeTogether(500, 20, 10ms, 10min);
  EXPECT_LE(limit(), 80U);
}

TEST_F(LimitControllerTest, WithoutOverloadItRisesToWhatIsAskedFor) {
  ServeTogether(400, 1000, 20ms, 3s);
  EXPECT_EQ(ServeTogether(400, 1000, 20ms, 1s), 400U);
}

TEST_F(LimitControllerTest, ItRisesAgainAfterAnOverload) {
  ServeTogether(500, 20, 10ms, 5s);
  ASSERT_LE(limit(), 80U);
  ServeTogether(200, 1000, 10ms, 5s);
  EXPECT_EQ(ServeTogether(200, 1000, 10ms, 100ms), 200U);
}

TEST_F(LimitControllerTest, ItStaysBetweenItsBounds) {
  Make(AdaptiveLimitOptions().Initial(500).Minimum(10).Maximum(50));
  EXPECT_EQ(limit(), 50U);
  ServeTogether(400, 1000, 20ms, 3s);
  EXPECT_EQ(limit(), 50U);
  for (int i = 0; i < 50; ++i) {
    ServeTogether(400, 1, 5ms, 150ms);
    EXPECT_GE(limit(), 10U);
  }
  EXPECT_LE(limit(), 25U);
}

TEST_F(LimitControllerTest, SlowAndQuickMethodsAreEachMeasuredByThemselves) {
  // By turns: a hundred methods, the slowest a hundred times as slow as the quickest, none of which waits.
  for (int i = 0; i < 20'000; ++i) {
    const int which = i % 100 + 1;
    const TimePoint begun = now_;
    for (int other = 0; other < 20; ++other) ASSERT_TRUE(controller_.Begin(begun, begun, true));
    now_ += 100us * which;
    for (int other = 0; other < 20; ++other) {
      controller_.End({"/shop.Shop/Method" + std::to_string(which), begun, begun, true}, now_);
    }
  }
  EXPECT_GE(limit(), 32U);
  EXPECT_EQ(controller_.figures().rejected, 0U);
}

TEST_F(LimitControllerTest, MethodsThatAreMadeUpDoNotFillTheMemory) {
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(controller_.Begin(now_, now_, true));
    now_ += 100us;
    controller_.End({"/made.Up/M" + std::to_string(i), now_ - 100us, now_ - 100us, true}, now_);
  }
  EXPECT_EQ(controller_.methods(), 1001U);
}

TEST_F(LimitControllerTest, CallsThatFailQuicklyDoNotMakeOthersLookSlow) {
  ServeTogether(20, 1000, 20ms, 1s);
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(controller_.Begin(now_, now_, true));
    now_ += 100us;
    controller_.End({kMethod, now_ - 100us, now_ - 100us, false}, now_);
  }
  const std::size_t before = limit();
  ServeTogether(20, 1000, 20ms, 1s);
  EXPECT_GE(limit(), before);
}

TEST_F(LimitControllerTest, CallsThatRunIntoTheirDeadlinesAreSlow) {
  ServeTogether(20, 1000, 10ms, 1s);
  const std::size_t before = limit();
  for (int i = 0; i < 5; ++i) {
    for (std::size_t call = 0; call < before; ++call) (void)controller_.Begin(now_, now_, true);
    const std::size_t running = controller_.figures().in_flight;
    now_ += 200ms;
    for (std::size_t call = 0; call < running; ++call) {
      controller_.End({kMethod, now_ - 200ms, now_ - 200ms, false}, now_);
    }
  }
  EXPECT_LE(limit(), before / 4);
}

TEST_F(LimitControllerTest, AServerThatIsSlowWithoutACrowdKeepsItsLimit) {
  ServeTogether(2, 1000, 10ms, 2s);
  ServeTogether(2, 1000, 500ms, 10s);
  EXPECT_EQ(limit(), 32U);
}

}  // namespace
}  // namespace rhei::inline v0
