#include "transport/send_waiters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace rhei::inline v0::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SendWaitersTest : public ::testing::Test {
 protected:
  class Writer final : public SendWaiters::Waiter {
   public:
    Writer(int number, std::vector<int>& told) : number_(number), told_(told) {}
    bool TellIfWritable() override {
      told_.push_back(number_);
      if (when_told) when_told();
      return has_room;
    }

    bool has_room = true;
    std::function<void()> when_told;

   private:
    const int number_;
    std::vector<int>& told_;
  };

  std::vector<int> Tell() {
    told_.clear();
    waiters_.Tell();
    return told_;
  }

  std::vector<int> told_;
  SendWaiters waiters_;
  Writer a_{1, told_};
  Writer b_{2, told_};
  Writer c_{3, told_};
};

TEST_F(SendWaitersTest, EachIsToldOnceTheOldestFirst) {
  for (Writer* const writer : {&b_, &a_, &c_, &b_}) waiters_.Add(*writer);
  EXPECT_THAT(Tell(), ElementsAre(2, 1, 3));
  EXPECT_TRUE(waiters_.empty());
  EXPECT_THAT(Tell(), IsEmpty());
}

TEST_F(SendWaitersTest, WhoFindsNoRoomWaitsOnBehindTheOthers) {
  a_.has_room = false;
  for (Writer* const writer : {&a_, &b_, &c_}) waiters_.Add(*writer);
  EXPECT_THAT(Tell(), ElementsAre(1, 2, 3));
  waiters_.Add(b_);
  EXPECT_THAT(Tell(), ElementsAre(1, 2));
  a_.has_room = true;
  EXPECT_THAT(Tell(), ElementsAre(1));
  EXPECT_TRUE(waiters_.empty());
}

TEST_F(SendWaitersTest, WhoIsRemovedIsNotToldAlsoInTheMiddle) {
  for (Writer* const writer : {&a_, &b_, &c_}) waiters_.Add(*writer);
  waiters_.Remove(b_);
  waiters_.Remove(b_);
  a_.when_told = [this] { waiters_.Remove(c_); };
  EXPECT_THAT(Tell(), ElementsAre(1));
  EXPECT_TRUE(waiters_.empty());
}

// One that always comes back does not keep the loop.
TEST_F(SendWaitersTest, WhoWaitsAgainWhenToldHasItsNextTurnLater) {
  a_.when_told = [this] { waiters_.Add(a_); };
  waiters_.Add(a_);
  waiters_.Add(b_);
  EXPECT_THAT(Tell(), ElementsAre(1, 2));
  EXPECT_THAT(Tell(), ElementsAre(1));
  EXPECT_FALSE(waiters_.empty());
}

}  // namespace
}  // namespace rhei::inline v0::transport
