#include "compiler/comments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rhei::compiler {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CommentsTest, EachLineBecomesACommentOfItsOwn) {
  EXPECT_THAT(CommentLines(" One.\n\n Two.\n"), ElementsAre("// One.", "//", "// Two."));
  EXPECT_THAT(CommentLines(" Windows.\r\n Lines.\r\n"), ElementsAre("// Windows.", "// Lines."));
}

TEST(CommentsTest, NothingAndBlankLinesAtTheEndGiveNoLines) {
  EXPECT_THAT(CommentLines(""), IsEmpty());
  EXPECT_THAT(CommentLines(" \n\n"), IsEmpty());
  EXPECT_THAT(CommentLines(" One.\n\n"), ElementsAre("// One."));
}

TEST(CommentsTest, NoLineEndsSoThatTheNextOneBecomesPartOfIt) {
  EXPECT_EQ(SafeInComment("C:\\temp\\"), "C:\\temp\\ //");
  EXPECT_EQ(SafeInComment("C:\\temp\\ \t"), "C:\\temp\\ //");
  EXPECT_EQ(SafeInComment("what?\?/"), "what?\?/ //");
}

TEST(CommentsTest, CharactersThatEndOrDisguiseALineAreMadeVisible) {
  EXPECT_EQ(SafeInComment("a\rint injected;"), "a<U+000D>int injected;");
  EXPECT_EQ(SafeInComment(std::string_view("a\0b", 3)), "a<U+0000>b");
  EXPECT_EQ(SafeInComment("\xe2\x80\xae!"), "<U+202E>!");
  EXPECT_EQ(SafeInComment("\xe2\x81\xa6!"), "<U+2066>!");
}

TEST(CommentsTest, BrokenUtf8IsMadeVisible) {
  EXPECT_EQ(SafeInComment("\xff"), "<FF>");
  EXPECT_EQ(SafeInComment("\xc3"), "<C3>");                  // cut short
  EXPECT_EQ(SafeInComment("\xc0\xaf"), "<C0><AF>");          // too long for its character
  EXPECT_EQ(SafeInComment("\xe0\x80\x80"), "<E0><80><80>");  // likewise
  EXPECT_EQ(SafeInComment("\xed\xa0\x80"), "<ED><A0><80>");  // half of a surrogate pair
  EXPECT_EQ(SafeInComment("\xf4\x90\x80\x80"), "<F4><90><80><80>");
}

TEST(CommentsTest, OtherTextStaysAsItIs) {
  EXPECT_EQ(SafeInComment(" Київ 東京 \xf0\x9f\x8c\xa6 */ /* \"$x$\""), " Київ 東京 \xf0\x9f\x8c\xa6 */ /* \"$x$\"");
  EXPECT_EQ(SafeInComment("a\tb"), "a b");
}

}  // namespace
}  // namespace rhei::compiler
