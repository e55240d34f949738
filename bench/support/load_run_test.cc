#include "support/load_run.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace rhei::bench {
namespace {

ClientArguments Arguments(std::int64_t in_flight) {
  ClientArguments arguments;
  arguments.in_flight = in_flight;
  arguments.warmup = 0;
  arguments.seconds = 1e-9;  // over at the second timed call
  return arguments;
}

TEST(LoadRun, TimesEveryCallWhenOnlyOneIsInFlight) {
  LoadRun run(Arguments(1));
  for (int i = 0; i < 3; ++i) EXPECT_NE(run.Begin(), LoadRun::TimePoint{});
}

TEST(LoadRun, TimesOneCallInAStrideWhenManyAreInFlight) {
  LoadRun run(Arguments(100));
  int timed = 0;
  for (int i = 0; i < 10 * LoadRun::kStride; ++i) timed += run.Begin() != LoadRun::TimePoint{} ? 1 : 0;
  EXPECT_EQ(timed, 10);
}

TEST(LoadRun, TimesACallThatWasDueFromThenOn) {
  ClientArguments arguments = Arguments(1);
  LoadRun run(arguments);
  EXPECT_TRUE(run.End(run.Begin(), true)) << "opens the window";
  EXPECT_FALSE(run.End(run.BeginDue(LoadRun::Clock::now() - std::chrono::seconds(3)), true));
  const std::string json = run.ToJson();
  const std::size_t p50 = json.find("\"p50_us\": ");
  ASSERT_NE(p50, std::string::npos) << json;
  EXPECT_NEAR(std::stod(json.substr(p50 + 10)), 3e6, 1e5) << json;
}

TEST(LoadRun, StreamsCountAsCallsInFlight) {
  ClientArguments arguments = Arguments(1);
  arguments.streams = 100;
  LoadRun run(arguments);
  EXPECT_NE(run.Begin(), LoadRun::TimePoint{});
  EXPECT_EQ(run.Begin(), LoadRun::TimePoint{});
}

TEST(LoadRun, CountsOnlyWhatEndsInsideTheWindow) {
  LoadRun run(Arguments(100));
  const LoadRun::TimePoint first = run.Begin();
  ASSERT_NE(first, LoadRun::TimePoint{});
  EXPECT_TRUE(run.End({}, true)) << "warm-up";
  EXPECT_TRUE(run.End(first, true)) << "opens the window";
  EXPECT_TRUE(run.End({}, true));
  EXPECT_TRUE(run.End({}, false));
  EXPECT_FALSE(run.End(first, true)) << "closes the window";
  EXPECT_FALSE(run.running());
  EXPECT_FALSE(run.End({}, true)) << "after it";
  const std::string json = run.ToJson();
  EXPECT_NE(json.find("\"requests\": 2,"), std::string::npos) << json;
  EXPECT_NE(json.find("\"errors\": 1,"), std::string::npos) << json;
  EXPECT_NE(json.find("\"server_cpu_us\": null"), std::string::npos) << json;
}

TEST(LoadRun, ReportsTheServersCpuTimeWhenItKnowsTheProcess) {
  ClientArguments arguments = Arguments(1);
  arguments.server_pid = getpid();
  LoadRun run(arguments);
  while (run.End(run.Begin(), true)) {
  }
  EXPECT_EQ(run.ToJson().find("null"), std::string::npos) << run.ToJson();
}

}  // namespace
}  // namespace rhei::bench
