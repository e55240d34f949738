#include "transport/received_bytes.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace rhei::inline v0::transport {
namespace {

TEST(ReceivedBytesTest, GivesWhatWasPutInInItsOrder) {
  ReceivedBytes bytes;
  EXPECT_TRUE(bytes.empty());
  bytes.Append("first ");
  bytes.Append("");
  bytes.Append("second");
  EXPECT_EQ(bytes.view(), "first second");
  bytes.Take(6);
  EXPECT_EQ(bytes.view(), "second");
  bytes.Take(6);
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.view(), "");
}

TEST(ReceivedBytesTest, BehavesAsAStringDoes) {
  std::mt19937 random(1);
  ReceivedBytes bytes;
  std::string expected;
  for (int i = 0; i < 20'000; ++i) {
    if (random() % 2 == 0) {
      const std::string more(random() % 300, static_cast<char>('a' + random() % 26));
      bytes.Append(more);
      expected += more;
    } else {
      const std::size_t size = random() % 3 == 0 ? expected.size() : random() % (expected.size() + 1);
      bytes.Take(size);
      expected.erase(0, size);
    }
    ASSERT_EQ(bytes.view(), expected);
    ASSERT_EQ(bytes.size(), expected.size());
  }
}

}  // namespace
}  // namespace rhei::inline v0::transport
