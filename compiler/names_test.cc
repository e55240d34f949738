#include "compiler/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rhei::compiler {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NamesTest, WordsThatCppUsesAreTaken) {
  for (const char* word : {"class", "delete", "namespace", "xor_eq", "co_await", "requires", "char8_t", "NULL"}) {
    EXPECT_TRUE(IsTakenByCpp(word)) << word;
  }
  for (const char* word : {"Class", "GetCurrent", "final", "override", ""}) {
    EXPECT_FALSE(IsTakenByCpp(word)) << word;
  }
}

TEST(NamesTest, SnakeCasePartsWordsAndKeepsAcronymsTogether) {
  EXPECT_EQ(SnakeCase("GetCurrent"), "get_current");
  EXPECT_EQ(SnakeCase("getCurrent"), "get_current");
  EXPECT_EQ(SnakeCase("get_current"), "get_current");
  EXPECT_EQ(SnakeCase("GetHTTPInfo"), "get_http_info");
  EXPECT_EQ(SnakeCase("Get_Current"), "get_current");
  EXPECT_EQ(SnakeCase("GetIPv6"), "get_i_pv6");
  EXPECT_EQ(SnakeCase("X"), "x");
}

TEST(NamesTest, PackagesBecomeNestedNamespaces) {
  EXPECT_EQ(NamespaceOf("weather"), "weather");
  EXPECT_EQ(NamespaceOf("earth.weather.v1"), "earth::weather::v1");
  EXPECT_EQ(NamespaceOf("earth.class.new"), "earth::class_::new_");
  EXPECT_EQ(NamespaceOf(""), "");
}

TEST(NamesTest, SplitPackageYieldsThePartsBetweenTheDots) {
  EXPECT_THAT(SplitPackage(""), IsEmpty());
  EXPECT_THAT(SplitPackage("a"), ElementsAre("a"));
  EXPECT_THAT(SplitPackage("a.bc.d"), ElementsAre("a", "bc", "d"));
}

TEST(NamesTest, ANameIsGivenOutOnce) {
  UniqueNames scope({"taken"});
  EXPECT_FALSE(scope.Take("taken"));
  EXPECT_TRUE(scope.Take("free"));
  EXPECT_FALSE(scope.Take("free"));
  EXPECT_EQ(scope.TakeLike("get", "_"), "get_");
  EXPECT_EQ(scope.TakeLike("get", "_"), "get_2_");
  EXPECT_EQ(scope.TakeLike("get", "_"), "get_3_");
}

TEST(NamesTest, NamesThatAreFreeStayAsTheyAre) {
  UniqueNames scope;
  EXPECT_THAT(NameAll({"Get", "get", "GET"}, scope), ElementsAre("Get", "get", "GET"));
}

TEST(NamesTest, ARenamedOneGivesWayToOneThatIsCalledSo) {
  UniqueNames scope({"Stub"});
  EXPECT_THAT(NameAll({"delete", "delete_", "Stub", "Stub_"}, scope),
              ElementsAre("delete_2_", "delete_", "Stub_2_", "Stub_"));
}

}  // namespace
}  // namespace rhei::compiler
