#include "transport/receive_budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "base/abuse_counters.h"
#include "base/block_pool.h"

namespace rhei::inline v0::transport {
namespace {

// The shares' streams do not exist, so what is given back opens the connection's window only, and nothing is sent.
class ReceiveBudgetTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kBudget = 100'000;

  ReceiveBudgetTest() {
    connection_.CountAbuses(counters_);
    for (int i = 0; i < 10; ++i) shares_.push_back(std::make_unique<ReceiveBudget::Share>());
  }

  std::size_t Withheld() const {
    std::size_t sum = 0;
    for (const auto& share : shares_) sum += share->withheld;
    return sum;
  }

  std::uint64_t TimesWithheld() const { return counters_.Now()[Abuse::kWindowWithheld]; }

  BlockPool blocks_;
  AbuseCounters counters_;
  const Limits limits_;
  http2::Connection connection_{http2::Role::kServer, limits_, blocks_, TimePoint(std::chrono::hours(1))};
  const std::size_t before_ = connection_.output_size();
  ReceiveBudget budget_{connection_, kBudget};
  std::vector<std::unique_ptr<ReceiveBudget::Share>> shares_;
};

TEST_F(ReceiveBudgetTest, WholeMessagesAreGivenBackAtOnce) {
  budget_.Arrived(*shares_[0], 50'000, 0);
  EXPECT_EQ(shares_[0]->held, 0U);
  EXPECT_EQ(Withheld(), 0U);
}

TEST_F(ReceiveBudgetTest, UnderTheBudgetEverythingIsGivenBackAsItArrives) {
  for (std::size_t i = 0; i < 5; ++i) budget_.Arrived(*shares_[i], 20'000, 20'000);
  EXPECT_EQ(Withheld(), 0U);
}

// Each window once, until it is open again.
TEST_F(ReceiveBudgetTest, WindowsThatAreKeptShutAreCounted) {
  budget_.Arrived(*shares_[0], kBudget, kBudget);
  budget_.Unread(4 * kBudget);
  budget_.Read(4 * kBudget);
  EXPECT_EQ(TimesWithheld(), 0U);

  budget_.Arrived(*shares_[1], 10'000, 10'000);
  budget_.Arrived(*shares_[1], 10'000, 20'000);
  EXPECT_EQ(TimesWithheld(), 1U);
  budget_.Arrived(*shares_[2], 10'000, 10'000);
  EXPECT_EQ(TimesWithheld(), 2U);

  budget_.Unread(4 * kBudget + 1);
  budget_.Unread(1);
  EXPECT_EQ(TimesWithheld(), 3U);
  budget_.Read(4 * kBudget + 2);
  budget_.Unread(4 * kBudget + 1);
  EXPECT_EQ(TimesWithheld(), 4U);
}

// 1 MiB and 600,000 bytes are the connection's window and what makes it send credit.
TEST_F(ReceiveBudgetTest, WhileTooManyRequestsWaitTheConnectionsWindowStaysShut) {
  budget_.Waits(400'000, 400'000);
  const std::size_t sent = connection_.output_size();
  EXPECT_GT(sent, before_);
  budget_.Waits(1, 0);
  budget_.Waits(400'000, 400'000);
  budget_.Arrived(*shares_[0], 600'000, 0);
  EXPECT_EQ(connection_.output_size(), sent);
  budget_.WaitsNoMore(400'001);
  EXPECT_GT(connection_.output_size(), sent);
}

TEST_F(ReceiveBudgetTest, AboveItOnlyTheOldestIsGivenCredit) {
  budget_.Arrived(*shares_[0], 60'000, 60'000);
  budget_.Arrived(*shares_[1], 40'000, 40'000);
  budget_.Arrived(*shares_[2], 10'000, 10'000);
  EXPECT_EQ(shares_[2]->withheld, 10'000U);
  budget_.Arrived(*shares_[1], 5'000, 45'000);
  EXPECT_EQ(shares_[1]->withheld, 5'000U);
  budget_.Arrived(*shares_[0], 500'000, 560'000);
  EXPECT_EQ(shares_[0]->withheld, 0U);
}

TEST_F(ReceiveBudgetTest, WhenTheOldestIsWholeTheOthersAreGivenWhatWasWithheld) {
  budget_.Arrived(*shares_[0], 90'000, 90'000);
  budget_.Arrived(*shares_[1], 30'000, 30'000);
  budget_.Arrived(*shares_[2], 30'000, 30'000);
  EXPECT_EQ(Withheld(), 60'000U);
  budget_.Arrived(*shares_[0], 1'000, 0);
  EXPECT_EQ(Withheld(), 0U);
}

TEST_F(ReceiveBudgetTest, AStreamThatLeavesMakesRoomToo) {
  budget_.Arrived(*shares_[0], 90'000, 90'000);
  budget_.Arrived(*shares_[1], 30'000, 30'000);
  EXPECT_EQ(shares_[1]->withheld, 30'000U);
  budget_.Leave(*shares_[0]);
  EXPECT_EQ(Withheld(), 0U);
  budget_.Leave(*shares_[0]);
  budget_.Leave(*shares_[1]);
  EXPECT_EQ(shares_[1]->held, 0U);
}

// --- bytes that wait for their reader --------------------------------------------------------------------------------

// WINDOW_UPDATE frames of the connection are what the output grows by.
TEST_F(ReceiveBudgetTest, UnreadBytesAreGivenBackToTheConnectionAtOnceWhileTheyAreNotTooMany) {
  // Both together are half of its window, so that they are announced.
  budget_.Unread(3 * kBudget);
  budget_.Read(3 * kBudget);
  budget_.Unread(3 * kBudget);
  EXPECT_GT(connection_.output_size(), before_);
}

TEST_F(ReceiveBudgetTest, AboveFourBudgetsTheConnectionsWindowStaysClosedUntilThereIsRoom) {
  budget_.Unread(4 * kBudget);
  const std::size_t open = connection_.output_size();
  budget_.Unread(600'000);
  EXPECT_EQ(connection_.output_size(), open);
  budget_.Read(500'000);
  EXPECT_EQ(connection_.output_size(), open);  // 500'000 are unread still
  budget_.Read(100'000);
  EXPECT_GT(connection_.output_size(), open);
}

TEST_F(ReceiveBudgetTest, CollectedBytesServeTheStreamAndNotTheConnectionAgain) {
  budget_.Collected(*shares_[0], 50'000, 50'000);
  EXPECT_EQ(shares_[0]->withheld, 0U);
  EXPECT_EQ(shares_[0]->held, 50'000U);
  budget_.Collected(*shares_[1], 60'000, 60'000);
  EXPECT_EQ(shares_[1]->withheld, 60'000U);  // above the budget, and not the oldest
  budget_.Collected(*shares_[0], 500'000, 550'000);
  EXPECT_EQ(shares_[0]->withheld, 0U);
  budget_.Leave(*shares_[0]);
  EXPECT_EQ(Withheld(), 0U);
  EXPECT_EQ(connection_.output_size(), before_);
}

TEST_F(ReceiveBudgetTest, UnfinishedAndUnreadBytesCountTogether) {
  budget_.Collected(*shares_[0], 4 * kBudget, 4 * kBudget);
  budget_.Unread(600'000);
  EXPECT_EQ(connection_.output_size(), before_);
  budget_.Leave(*shares_[0]);
  EXPECT_EQ(connection_.output_size(), before_);  // too much is unread by itself
  budget_.Read(600'000);
  EXPECT_GT(connection_.output_size(), before_);
}

// However streams come, grow, end and leave: the oldest is never held back, and when all are gone nothing is withheld.
TEST_F(ReceiveBudgetTest, NeverHoldsBackTheOldest) {
  std::mt19937 random(1);
  std::vector<ReceiveBudget::Share*> order;
  for (int step = 0; step < 20'000; ++step) {
    ReceiveBudget::Share& share = *shares_[random() % shares_.size()];
    const auto place = std::find(order.begin(), order.end(), &share);
    const std::size_t charged = random() % 40'000;
    if (place != order.end() && random() % 4 == 0) {
      order.erase(place);
      random() % 2 == 0 ? budget_.Leave(share) : budget_.Arrived(share, charged, 0);
      ASSERT_EQ(share.withheld, 0U);
    } else {
      if (place == order.end()) order.push_back(&share);
      budget_.Arrived(share, charged, share.held + charged + 1);
    }
    if (!order.empty()) {
      ASSERT_EQ(order.front()->withheld, 0U);
    }
  }
  for (const auto& share : shares_) budget_.Leave(*share);
  EXPECT_EQ(Withheld(), 0U);
}

}  // namespace
}  // namespace rhei::inline v0::transport
