#include "support/flags.h"

#include <gtest/gtest.h>

namespace rhei::bench {
namespace {

struct FlagsTest : testing::Test {
  FlagsTest() {
    flags.Add("--port", &port, "the port");
    flags.Add("--seconds", &seconds, "how long");
    flags.Add("--path", &path, "what to ask for");
  }
  std::int64_t port = 7;
  double seconds = 1.5;
  std::string path = "/";
  Flags flags{"A program."};
};

TEST_F(FlagsTest, StoresValuesByTheirTypeAndKeepsTheDefaultsOfTheRest) {
  EXPECT_EQ(flags.TryParse({"--port", "8080", "--path", "/a b"}), "");
  EXPECT_EQ(port, 8080);
  EXPECT_EQ(path, "/a b");
  EXPECT_EQ(seconds, 1.5);
}

TEST_F(FlagsTest, SaysWhatIsWrong) {
  EXPECT_EQ(flags.TryParse({"--prot", "1"}), "unknown flag --prot");
  EXPECT_EQ(flags.TryParse({"--port"}), "--port needs a value");
  EXPECT_EQ(flags.TryParse({"--port", "80x"}), "--port does not take the value 80x");
  EXPECT_EQ(flags.TryParse({"--seconds", ""}), "--seconds does not take the value ");
}

TEST_F(FlagsTest, UsageNamesEachFlagWithItsDefault) {
  EXPECT_EQ(flags.Usage(),
            "A program.\n  --port (7): the port\n  --seconds (1.5): how long\n  --path (/): what to ask for\n");
}

}  // namespace
}  // namespace rhei::bench
