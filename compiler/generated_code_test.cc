// What generated code does, beside compiling.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <vector>

#include "rhei/result.h"
#include "rhei/server_context.h"
#include "rhei/service.h"
#include "rhei/task.h"
#include "streaming.rhei.h"
#include "weather.rhei.h"

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> PathsOf(rhei::Service& service) {
  rhei::MethodTable table;
  service.AddMethods(table);
  std::vector<std::string> paths;
  for (const rhei::MethodTable::Method& method : table.methods()) paths.push_back(method.path);
  return paths;
}

TEST(GeneratedCodeTest, AServiceTellsItsNameAndItsMethodsPaths) {
  weather::Weather::Service service;
  EXPECT_EQ(service.service_name(), "weather.Weather");
  EXPECT_EQ(weather::Weather::kServiceName, "weather.Weather");
  EXPECT_THAT(PathsOf(service), ElementsAre("/weather.Weather/GetCurrent", "/weather.Weather/GetTomorrow"));
}

TEST(GeneratedCodeTest, AllKindsOfMethodsAreOffered) {
  streaming::Mixed::Service mixed;
  EXPECT_THAT(PathsOf(mixed), ElementsAre("/streaming.Mixed/Get", "/streaming.Mixed/Observe", "/streaming.Mixed/Upload",
                                          "/streaming.Mixed/Chat"));
}

template <typename Handler, typename Function>
inline constexpr bool kIs = std::is_same_v<Handler, Function>;

TEST(GeneratedCodeTest, HandlersAndCallsHaveTheTypesOfTheirKinds) {
  using Service = streaming::Mixed::Service;
  using Stub = streaming::Mixed::Stub;
  using streaming::Reply;
  using streaming::Request;
  static_assert(kIs<decltype(&Service::Observe),
                    rhei::Task<rhei::Status> (Service::*)(rhei::ServerContext&, const Request&, rhei::Writer<Reply>&)>);
  static_assert(kIs<decltype(&Service::Upload),
                    rhei::Task<rhei::Result<Reply>> (Service::*)(rhei::ServerContext&, rhei::Reader<Request>&)>);
  static_assert(kIs<decltype(&Service::Chat), rhei::Task<rhei::Status> (Service::*)(
                                                  rhei::ServerContext&, rhei::Reader<Request>&, rhei::Writer<Reply>&)>);
  static_assert(kIs<decltype(&Stub::Observe),
                    rhei::ServerStreamingCall<Reply> (Stub::*)(const Request&, const rhei::CallOptions&) const>);
  static_assert(kIs<decltype(&Stub::Upload),
                    rhei::ClientStreamingCall<Request, Reply> (Stub::*)(const rhei::CallOptions&) const>);
}

TEST(GeneratedCodeTest, AMethodThatIsNotOverriddenAnswersUnimplementedAndNamesItself) {
  weather::Weather::Service service;
  rhei::ServerContext context;
  rhei::Task<rhei::Result<weather::WeatherResponse>> task = service.GetCurrent(context, weather::WeatherRequest());
  ASSERT_TRUE(task.ready());
  const rhei::Result<weather::WeatherResponse> answer = task.Take();
  EXPECT_EQ(answer.code(), rhei::StatusCode::kUnimplemented);
  EXPECT_THAT(answer.error().message(), HasSubstr("weather.Weather/GetCurrent"));
}

}  // namespace
