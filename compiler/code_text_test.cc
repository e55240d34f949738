#include "compiler/code_text.h"

#include <gtest/gtest.h>

#include <string>

namespace rhei::compiler {
namespace {

TEST(CodeTextTest, ShortDeclarationsStandOnOneLine) {
  EXPECT_EQ(WithParameters(2, "void F", {"int a", "int b"}, ";"), "void F(int a, int b);");
  EXPECT_EQ(WithParameters(2, "void F", {}, " const;"), "void F() const;");
}

TEST(CodeTextTest, ALineOfAllColumnsIsTheLongestThatIsNotBroken) {
  const std::string fitting(120 - 4 - std::string("F();").size(), 'x');
  EXPECT_EQ(WithParameters(4, "F", {fitting}, ";"), "F(" + fitting + ");");
  EXPECT_EQ(WithParameters(4, "F", {fitting + "x"}, ";"), "F(\n        " + fitting + "x);");
}

TEST(CodeTextTest, ParametersThatFitNoLineTogetherGetOneEach) {
  const std::string a(60, 'a');
  const std::string b(60, 'b');
  EXPECT_EQ(WithParameters(0, "F", {a, b}, ";"), "F(\n    " + a + ",\n    " + b + ");");
}

TEST(CodeTextTest, QuotedTextIsALiteral) { EXPECT_EQ(Quoted("a\"b\\c"), "\"a\\\"b\\\\c\""); }

}  // namespace
}  // namespace rhei::compiler
