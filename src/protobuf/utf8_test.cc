#include "protobuf/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace rhei::inline v0::protobuf {
namespace {

TEST(ValidUtf8Test, LeavesGoodTextAsItIs) {
  // The first and the last character of each size, and those around the surrogates.
  for (const std::string_view text :
       {std::string_view(), std::string_view("\0", 1), std::string_view("plain"), std::string_view("\x7f"),
        std::string_view("\u0080"), std::string_view("\u07ff"), std::string_view("\u0800"), std::string_view("\ud7ff"),
        std::string_view("\ue000"), std::string_view("\uffff"), std::string_view("\U00010000"),
        std::string_view("\U0010ffff"), std::string_view("немає станції \U0001F608")}) {
    EXPECT_EQ(ValidUtf8(text), text);
  }
}

TEST(ValidUtf8Test, PutsAReplacementForEachByteThatIsNone) {
  EXPECT_EQ(ValidUtf8("caf\xe9"), "caf\ufffd");
  EXPECT_EQ(ValidUtf8("\x80x\xff"), "\ufffdx\ufffd");
  EXPECT_EQ(ValidUtf8("\u263a\xe2\x98z"), "\u263a\ufffd\ufffdz");
}

TEST(ValidUtf8Test, OverlongSurrogateAndTooLargeCodesAreNone) {
  EXPECT_EQ(ValidUtf8("\xc0\x80"), "\ufffd\ufffd");
  EXPECT_EQ(ValidUtf8("\xc1\xbf"), "\ufffd\ufffd");
  EXPECT_EQ(ValidUtf8("\xe0\x9f\xbf"), "\ufffd\ufffd\ufffd");
  EXPECT_EQ(ValidUtf8("\xed\xa0\x80"), "\ufffd\ufffd\ufffd");
  EXPECT_EQ(ValidUtf8("\xf0\x8f\xbf\xbf"), "\ufffd\ufffd\ufffd\ufffd");
  EXPECT_EQ(ValidUtf8("\xf4\x90\x80\x80"), "\ufffd\ufffd\ufffd\ufffd");
  EXPECT_EQ(ValidUtf8("\xf5\x80\x80\x80"), "\ufffd\ufffd\ufffd\ufffd");
}

TEST(ValidUtf8Test, ASequenceThatTheEndCutsIsNone) {
  const std::string_view whole = "\U0001F608";
  EXPECT_EQ(ValidUtf8(whole.substr(0, 1)), "\ufffd");
  EXPECT_EQ(ValidUtf8(whole.substr(0, 2)), "\ufffd\ufffd");
  EXPECT_EQ(ValidUtf8(whole.substr(0, 3)), "\ufffd\ufffd\ufffd");
}

}  // namespace
}  // namespace rhei::inline v0::protobuf
