#include <gtest/gtest.h>

#include "http2/abuse/answer_queue.h"
#include "http2/abuse/control_budget.h"
#include "http2/abuse/empty_data_budget.h"
#include "http2/abuse/ping_policy.h"
#include "http2/abuse/reset_budget.h"

namespace rhei::inline v0::http2 {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::hours(1)};

int ChargeUntilEmpty(ResetBudget& budget, TimePoint now) {
  int charged = 0;
  while (charged < 10'000 && budget.Charge(now)) ++charged;
  return charged;
}

TEST(ResetBudgetTest, HoldsTheBurst) {
  ResetBudget budget(Limits(), kStart);
  EXPECT_EQ(ChargeUntilEmpty(budget, kStart), 200);
}

TEST(ResetBudgetTest, TimeRefillsItUpToTheBurst) {
  ResetBudget budget(Limits(), kStart);
  ChargeUntilEmpty(budget, kStart);
  EXPECT_EQ(ChargeUntilEmpty(budget, kStart + 1s), 50);
  EXPECT_EQ(ChargeUntilEmpty(budget, kStart + 1s + 20ms), 1);
  EXPECT_EQ(ChargeUntilEmpty(budget, kStart + 1s + 39ms), 0);
  EXPECT_EQ(ChargeUntilEmpty(budget, kStart + 1s + 40ms), 1);
  EXPECT_EQ(ChargeUntilEmpty(budget, kStart + 24h * 365), 200);
}

TEST(ResetBudgetTest, CompletedCallsRefillItUpToTheBurst) {
  ResetBudget budget(Limits(), kStart);
  budget.Completed();
  EXPECT_EQ(ChargeUntilEmpty(budget, kStart), 200);
  budget.Completed();
  EXPECT_EQ(ChargeUntilEmpty(budget, kStart), 1);
}

TEST(ResetBudgetTest, ATimeThatGoesBackRefillsNothing) {
  ResetBudget budget(Limits(), kStart);
  ChargeUntilEmpty(budget, kStart);
  EXPECT_EQ(ChargeUntilEmpty(budget, kStart - 1h), 0);
}

TEST(ControlBudgetTest, ControlBytesMayExceedPayloadByRatioAndAllowance) {
  Limits limits;
  limits.control_allowance = 100;
  ControlBudget budget(limits, kStart);
  EXPECT_TRUE(budget.Control(100, kStart));
  budget.Payload(10);
  EXPECT_TRUE(budget.Control(80, kStart));
  EXPECT_FALSE(budget.Control(1, kStart));
}

TEST(ControlBudgetTest, CreditDoesNotPileUp) {
  Limits limits;
  limits.control_allowance = 100;
  ControlBudget budget(limits, kStart);
  budget.Payload(1'000'000);
  EXPECT_TRUE(budget.Control(100, kStart));
  EXPECT_FALSE(budget.Control(1, kStart));
}

TEST(ControlBudgetTest, TheExcessDrainsWithTime) {
  Limits limits;
  limits.control_allowance = 2'000;
  ControlBudget budget(limits, kStart);
  EXPECT_TRUE(budget.Control(2'000, kStart));
  EXPECT_TRUE(budget.Control(1'024, kStart + 1s));
  EXPECT_FALSE(budget.Control(1, kStart + 1s));
}

TEST(EmptyDataBudgetTest, PayloadGivesEmptyFramesBack) {
  EmptyDataBudget budget(2);
  EXPECT_TRUE(budget.Empty());
  EXPECT_TRUE(budget.Empty());
  budget.Payload();
  EXPECT_TRUE(budget.Empty());
  EXPECT_FALSE(budget.Empty());
}

TEST(PingPolicyTest, TheThirdStrikeIsTooMany) {
  PingPolicy policy{Limits()};
  EXPECT_TRUE(policy.Ping(kStart, true));
  EXPECT_TRUE(policy.Ping(kStart + 1s, true));
  EXPECT_TRUE(policy.Ping(kStart + 2s, true));
  EXPECT_FALSE(policy.Ping(kStart + 3s, true));
}

TEST(PingPolicyTest, SlowPingsAreNoStrikes) {
  PingPolicy policy{Limits()};
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(policy.Ping(kStart + i * 5min, true));
}

TEST(PingPolicyTest, WithoutAStreamTheIntervalIsLonger) {
  PingPolicy policy{Limits()};
  EXPECT_TRUE(policy.Ping(kStart, false));
  EXPECT_TRUE(policy.Ping(kStart + 1h, false));
  EXPECT_TRUE(policy.Ping(kStart + 2h, false));
  EXPECT_FALSE(policy.Ping(kStart + 3h, false));
}

TEST(PingPolicyTest, WhatTheServerSendsForgivesStrikes) {
  PingPolicy policy{Limits()};
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(policy.Ping(kStart + i * 1s, true));
    policy.SentHeadersOrData();
  }
}

TEST(AnswerQueueTest, IsFullUntilTheLastAnswerIsWritten) {
  AnswerQueue queue(2);
  queue.Queued(10);
  EXPECT_FALSE(queue.full());
  queue.Queued(20);
  EXPECT_TRUE(queue.full());
  queue.Written(19);
  EXPECT_TRUE(queue.full());
  queue.Written(20);
  EXPECT_FALSE(queue.full());
}

}  // namespace
}  // namespace rhei::inline v0::http2
