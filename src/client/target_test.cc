#include "client/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace rhei::inline v0::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// The addresses of a target, or the name and port that are to be looked up.
std::string Describe(const Target& target) {
  if (target.addresses.empty()) return "lookup " + target.host + " " + std::to_string(target.port);
  std::string text;
  for (const runtime::Address& address : target.addresses) text += address.ToString() + " ";
  return text;
}

struct Good {
  std::string_view text;
  std::string_view meaning;
  std::string_view authority;
};

class GoodTargetTest : public ::testing::TestWithParam<Good> {};

TEST_P(GoodTargetTest, MeansWhatItSays) {
  const Result<Target> target = Target::Parse(GetParam().text);
  ASSERT_TRUE(target.ok()) << target.error().ToString();
  EXPECT_EQ(Describe(*target), GetParam().meaning);
  EXPECT_EQ(target->authority, GetParam().authority);
}

INSTANTIATE_TEST_SUITE_P(
    Table, GoodTargetTest,
    ::testing::Values(
        Good{"weather:8090", "lookup weather 8090", "weather:8090"}, Good{"weather", "lookup weather 443", "weather"},
        Good{"dns:weather:8090", "lookup weather 8090", "weather:8090"},
        Good{"dns:///weather:8090", "lookup weather 8090", "weather:8090"},
        Good{"dns:///weather.example.org", "lookup weather.example.org 443", "weather.example.org"},
        Good{"dns:///unix:80", "lookup unix 80", "unix:80"}, Good{"localhost:0", "lookup localhost 0", "localhost:0"},
        Good{"127.0.0.1:80", "127.0.0.1:80 ", "127.0.0.1:80"}, Good{"[::1]:80", "[::1]:80 ", "[::1]:80"},
        Good{"dns:///[::1]:80", "[::1]:80 ", "[::1]:80"}, Good{"ipv4:1.2.3.4:5", "1.2.3.4:5 ", "1.2.3.4:5"},
        Good{"ipv4:1.2.3.4:5,6.7.8.9:10", "1.2.3.4:5 6.7.8.9:10 ", "1.2.3.4:5"},
        Good{"ipv6:[::1]:80,[fd00::2]:81", "[::1]:80 [fd00::2]:81 ", "[::1]:80"},
        Good{"unix:/run/weather.sock", "unix:/run/weather.sock ", "localhost"},
        Good{"unix:weather.sock", "unix:weather.sock ", "localhost"},
        Good{"unix:///run/weather.sock", "unix:/run/weather.sock ", "localhost"}));

class BadTargetTest : public ::testing::TestWithParam<std::string_view> {};

TEST_P(BadTargetTest, IsUnavailableAndQuoted) {
  const Result<Target> target = Target::Parse(GetParam());
  ASSERT_FALSE(target.ok()) << Describe(*target);
  EXPECT_EQ(target.code(), StatusCode::kUnavailable);
  EXPECT_THAT(target.error().message(),
              AllOf(HasSubstr("bad target"), HasSubstr("\"" + std::string(GetParam()) + "\"")));
}

INSTANTIATE_TEST_SUITE_P(Table, BadTargetTest,
                         ::testing::Values("", ":80", "weather:", "weather:http", "weather:65536", "weather:-1",
                                           "weather:80x", "we ather:80", "user@weather:80", "weather:80/path",
                                           "weather\n:80", "::1", "[::1]", "[::1]80", "[weather]:80", "dns:", "dns:///",
                                           "dns://", "dns://8.8.8.8/weather:80", "ipv4:", "ipv4:weather:80",
                                           "ipv4:1.2.3.4", "ipv4:[::1]:80", "ipv4:1.2.3.4:5,", "ipv6:1.2.3.4:5",
                                           "ipv6:::1:80", "unix:", "unix://", "http://weather:80", "xds:///weather"));

}  // namespace
}  // namespace rhei::inline v0::client
