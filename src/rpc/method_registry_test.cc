#include "rpc/method_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rhei::inline v0::rpc {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class TestService final : public Service {
 public:
  explicit TestService(std::string name, std::vector<std::string> paths)
      : name_(std::move(name)), paths_(std::move(paths)) {}
  std::string_view service_name() const override { return name_; }
  void AddMethods(MethodTable& table) override {
    for (const std::string& path : paths_) {
      table.AddUnary<TestService, std::string, std::string>(path, *this, &TestService::Echo);
    }
  }
  Task<Result<std::string>> Echo(ServerContext&, const std::string& request) { return request; }

 private:
  std::string name_;
  std::vector<std::string> paths_;
};

class TestGenericService final : public GenericService {
  Task<Result<std::string>> Call(ServerContext&, const std::string& request) override { return request; }
};

// What hardening calls F1: a path is either exactly a method's or nobody's.
TEST(CanonicalPathTest, IsServiceAndMethodInNameCharacters) {
  for (const std::string_view path : {"/S/M", "/pkg.Svc/Method", "/a.b.c_1/X9", "/_/_"}) {
    EXPECT_TRUE(IsCanonicalPath(path)) << path;
  }
  for (const std::string_view path :
       {"",      "/",      "//",     "///",         "S/M",    "/S",     "/S/",    "//M",   "/S/M/",
        "//S/M", "/S//M",  "/S/M/N", "/s%2fM",      "/S/M?x", "/S/M#",  "*",      "/S/M ", " /S/M",
        "/S /M", "/S/M\n", "/S-x/M", "/S/\xc3\xa4", "/S\\M",  "/../M;", "/S/M:x", "/S/M~"}) {
    EXPECT_FALSE(IsCanonicalPath(path)) << path;
  }
  EXPECT_FALSE(IsCanonicalPath(std::string_view("/S/M\0", 5)));
  EXPECT_FALSE(IsCanonicalPath("/" + std::string(65'536, 'x')));
}

class MethodRegistryTest : public ::testing::Test {
 protected:
  Runtime runtime_{RuntimeOptions().Loops(1)};
  MethodRegistry registry_;
};

TEST_F(MethodRegistryTest, FindsWhatWasAddedAndNothingElse) {
  TestService service("test.S", {"/test.S/A", "/test.S/B"});
  registry_.Add(service, RunOn::kLoop);
  ASSERT_TRUE(registry_.Seal(runtime_).ok());
  const std::string asked = "/test.S/A";
  const transport::CallRouter::Route route = registry_.Find(asked);
  ASSERT_NE(route.handler, nullptr);
  EXPECT_EQ(route.path, asked);
  EXPECT_NE(route.path.data(), asked.data());  // it outlives what was asked
  EXPECT_NE(registry_.Find("/test.S/B").handler, route.handler);
  for (const std::string_view path : {"/test.S/C", "/test.S/a", "/test.S/A/", "//test.S/A", "", "/test.S/A?x"}) {
    EXPECT_EQ(registry_.Find(path).handler, nullptr) << path;
  }
}

TEST_F(MethodRegistryTest, SaysWhyAPathIsNotFound) {
  TestService service("test.S", {"/test.S/A"});
  registry_.Add(service, RunOn::kLoop);
  ASSERT_TRUE(registry_.Seal(runtime_).ok());
  EXPECT_EQ(registry_.WhyNotFound("/test.S/X"), "unknown method X of service test.S");
  EXPECT_EQ(registry_.WhyNotFound("/test.T/A"), "unknown service test.T");
  EXPECT_EQ(registry_.WhyNotFound("/a\nb"), "malformed method path \"/a?b\"");
  EXPECT_LT(registry_.WhyNotFound("/" + std::string(10'000, 'x')).size(), 300U);
}

TEST_F(MethodRegistryTest, AGenericServiceGetsEveryCanonicalPathThatNobodyElseHas) {
  TestService service("test.S", {"/test.S/A"});
  TestGenericService generic;
  registry_.Add(service, RunOn::kLoop);
  registry_.AddGeneric(generic, RunOn::kLoop);
  ASSERT_TRUE(registry_.Seal(runtime_).ok());
  EXPECT_EQ(registry_.Find("/test.S/A").path, "/test.S/A");
  const transport::CallRouter::Route other = registry_.Find("/any.Thing/AtAll");
  EXPECT_NE(other.handler, nullptr);
  EXPECT_EQ(other.path, "");
  EXPECT_EQ(registry_.Find("/any.Thing/AtAll/").handler, nullptr);
}

TEST_F(MethodRegistryTest, TellsAllMistakesAtOnce) {
  TestService first("test.S", {"/test.S/A"});
  TestService twice("test.S", {"/test.S/A"});
  TestService malformed("test.T", {"test.T/A"});
  TestGenericService generic;
  registry_.Add(first, RunOn::kLoop);
  registry_.Add(twice, RunOn::kLoop);
  registry_.Add(malformed, RunOn::kLoop);
  registry_.SetRunOn("/test.S/Nothing", RunOn::kPool);
  registry_.AddGeneric(generic, RunOn::kLoop);
  registry_.AddGeneric(generic, RunOn::kLoop);
  const Status sealed = registry_.Seal(runtime_);
  EXPECT_EQ(sealed.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(sealed.message()),
              AllOf(HasSubstr("/test.S/A was added twice"), HasSubstr("\"test.T/A\""), HasSubstr("\"/test.S/Nothing\""),
                    HasSubstr("second generic service")));
}

}  // namespace
}  // namespace rhei::inline v0::rpc
