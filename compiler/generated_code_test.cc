// What generated code does, beside compiling.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <vector>

#include "rhei/channel.h"
#include "rhei/inprocess.h"
#include "rhei/result.h"
#include "rhei/server.h"
#include "rhei/server_context.h"
#include "rhei/service.h"
#include "rhei/task.h"
#include "streaming.rhei.h"
#include "weather.rhei.h"

namespace {

using ::testing::Contains;
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
  streaming::OnlyStreams::Service only_streams;
  EXPECT_THAT(PathsOf(only_streams), Contains("/streaming.OnlyStreams/Talk"));
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
  using Observe = rhei::ServerStreamingCall<Reply> (Stub::*)(const Request&, const rhei::CallOptions&) const;
  using ObserveMoved = rhei::ServerStreamingCall<Reply> (Stub::*)(Request&&, const rhei::CallOptions&) const;
  static_cast<void>(static_cast<Observe>(&Stub::Observe));
  static_cast<void>(static_cast<ObserveMoved>(&Stub::Observe));
  static_assert(kIs<decltype(&Stub::Upload),
                    rhei::ClientStreamingCall<Request, Reply> (Stub::*)(const rhei::CallOptions&) const>);
  using OtherStub = streaming::OnlyStreams::Stub;  // Mixed::Chat is deprecated: naming it would warn
  static_assert(kIs<decltype(&OtherStub::Talk),
                    rhei::BidiStreamingCall<Request, Reply> (OtherStub::*)(const rhei::CallOptions&) const>);
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

TEST(GeneratedCodeTest, AStreamingMethodThatIsNotOverriddenAnswersUnimplementedAndNamesItself) {
  streaming::Mixed::Service mixed;
  streaming::OnlyStreams::Service only_streams;
  rhei::Server server;
  server.Add(mixed).Add(only_streams).Listen(rhei::kInProcess);
  ASSERT_TRUE(server.Start().ok());
  const rhei::Channel channel = rhei::ConnectInProcess(server);
  const streaming::Mixed::Stub mixed_stub(channel);
  const streaming::OnlyStreams::Stub only_streams_stub(channel);

  auto observe = mixed_stub.Observe(streaming::Request());
  const rhei::Status observed = observe.Finish().Wait();
  EXPECT_EQ(observed.code(), rhei::StatusCode::kUnimplemented);
  EXPECT_THAT(observed.error().message(), HasSubstr("streaming.Mixed/Observe"));

  auto upload = mixed_stub.Upload();
  const rhei::Result<streaming::Reply> uploaded = upload.Finish().Wait();
  EXPECT_EQ(uploaded.code(), rhei::StatusCode::kUnimplemented);
  EXPECT_THAT(uploaded.error().message(), HasSubstr("streaming.Mixed/Upload"));

  auto talk = only_streams_stub.Talk();
  const rhei::Status talked = talk.Finish().Wait();
  EXPECT_EQ(talked.code(), rhei::StatusCode::kUnimplemented);
  EXPECT_THAT(talked.error().message(), HasSubstr("streaming.OnlyStreams/Talk"));
}

}  // namespace
