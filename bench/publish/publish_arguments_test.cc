#include "publish/publish_arguments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace rhei::bench {
namespace {

TEST(Pace, TheConnectionsTogetherKeepTheRateAtEqualDistances) {
  PublishArguments arguments;
  arguments.connections = 4;
  arguments.rate = 1000;
  std::vector<std::chrono::nanoseconds> due;
  for (std::int64_t connection = 0; connection < arguments.connections; ++connection) {
    Pace pace(arguments, LoadRun::TimePoint{}, connection);
    for (int i = 0; i < 5; ++i, pace.Advance()) due.push_back(pace.due().time_since_epoch());
  }
  std::sort(due.begin(), due.end());
  for (std::size_t i = 0; i < due.size(); ++i) EXPECT_EQ(due[i], std::chrono::milliseconds(i));
}

TEST(MessageData, IsOfTheSizeAndVaried) {
  const std::string data = MessageData(50'000);
  EXPECT_EQ(data.size(), 50'000u);
  EXPECT_GT(std::count_if(data.begin(), data.end(), [](char byte) { return static_cast<unsigned char>(byte) > 127; }),
            20'000);
}

}  // namespace
}  // namespace rhei::bench
