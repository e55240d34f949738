// rhei's servers, called by gRPC C++.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "climate.h"
#include "coordinates.h"
#include "rhei/rhei.h"
#include "tests/e2e/weather/grpc_caller.h"
#include "tests/e2e/weather/program.h"
#include "weather.rhei.h"

namespace rhei::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using weather::Place;

constexpr Place kKyiv{50.45, 30.52};
constexpr Place kUshuaia{-54.80, -68.30};
constexpr char kSeveralScripts[] = "такого місця немає · 北極の北 · 🧭 100%";

// One server of examples/weather.
class ServerProcess {
 public:
  explicit ServerProcess(const std::string& name, std::vector<std::string> arguments = {})
      : program_(CommandFor(name, std::move(arguments))), port_(ReadPort(program_)) {}

  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }
  int Terminate() { return program_.Terminate(); }

 private:
  static std::vector<std::string> CommandFor(const std::string& name, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), WEATHER_PROGRAMS "/" + name);
    return arguments;
  }

  Program program_;
  int port_;
};

// The four processes of the Weather system.
class WeatherSystemTest : public ::testing::Test {
 protected:
  ServerProcess temperature_{"temperature_server"};
  ServerProcess humidity_{"humidity_server"};
  ServerProcess wind_{"wind_server"};
  ServerProcess weather_{
      "weather_server",
      {"--temperature", temperature_.target(), "--humidity", humidity_.target(), "--wind", wind_.target()}};
};

TEST_F(WeatherSystemTest, EachServiceAnswersAGrpcClientByTheClimateModel) {
  const weather::Climate climate(1);
  const auto now = std::chrono::system_clock::now();
  for (const Place place : {kKyiv, kUshuaia}) {
    const GrpcAnswer temperature = GrpcCaller(temperature_.target()).Call("TemperatureService", place);
    EXPECT_EQ(temperature.code, 0) << temperature.message;
    EXPECT_NEAR(temperature.numbers.at("degrees"), climate.Temperature(place, now), 0.5);
    EXPECT_EQ(temperature.numbers.at("temperature-units"), weather::Temperature::CELSIUS);

    const GrpcAnswer humidity = GrpcCaller(humidity_.target()).Call("HumidityService", place);
    EXPECT_EQ(humidity.code, 0) << humidity.message;
    EXPECT_NEAR(humidity.numbers.at("humidity"), climate.Humidity(place, now), 0.02);

    const GrpcAnswer wind = GrpcCaller(wind_.target()).Call("WindService", place);
    EXPECT_EQ(wind.code, 0) << wind.message;
    EXPECT_NEAR(wind.numbers.at("speed"), climate.Wind(place, now).speed, 0.5);
    EXPECT_EQ(wind.numbers.at("speed-units"), weather::Speed::MPS);
  }
}

TEST_F(WeatherSystemTest, TheWeatherServiceJoinsTheThreeForAGrpcClient) {
  const weather::Climate climate(1);
  GrpcCaller caller(weather_.target());
  for (int i = 0; i < 100; ++i) {
    const GrpcAnswer answer = caller.Call("Weather", kKyiv);
    ASSERT_EQ(answer.code, 0) << answer.message;
    const auto now = std::chrono::system_clock::now();
    EXPECT_NEAR(answer.numbers.at("degrees"), climate.Temperature(kKyiv, now), 0.5);
    EXPECT_NEAR(answer.numbers.at("humidity"), climate.Humidity(kKyiv, now), 0.02);
    EXPECT_NEAR(answer.numbers.at("speed"), climate.Wind(kKyiv, now).speed, 0.5);
  }
  EXPECT_EQ(caller.Finish(), 0);
}

TEST_F(WeatherSystemTest, AnErrorOfAServiceReachesTheGrpcClientThroughTheWeatherService) {
  const GrpcAnswer answer = GrpcCaller(weather_.target()).Call("Weather", {95, 0});
  EXPECT_EQ(answer.code, static_cast<int>(StatusCode::kInvalidArgument));
  EXPECT_EQ(answer.message, "temperature: latitude 95° lies outside −90° to 90°");
}

TEST_F(WeatherSystemTest, AServiceThatHasEndedIsNamedAsUnavailable) {
  GrpcCaller caller(weather_.target());
  EXPECT_EQ(caller.Call("Weather", kKyiv).code, 0);
  EXPECT_EQ(wind_.Terminate(), 0);
  const GrpcAnswer answer = caller.Call("Weather", kKyiv);
  EXPECT_EQ(answer.code, static_cast<int>(StatusCode::kUnavailable));
  EXPECT_THAT(answer.message, StartsWith("wind: "));
  EXPECT_THAT(answer.message, HasSubstr(wind_.target()));
}

TEST_F(WeatherSystemTest, AllServersEndCleanlyWhileGrpcClientsAreConnected) {
  GrpcCaller caller(weather_.target());
  EXPECT_EQ(caller.Call("Weather", kKyiv).code, 0);
  EXPECT_EQ(weather_.Terminate(), 0);
  EXPECT_EQ(temperature_.Terminate(), 0);
  EXPECT_EQ(humidity_.Terminate(), 0);
  EXPECT_EQ(wind_.Terminate(), 0);
  EXPECT_EQ(caller.Call("Weather", kKyiv).code, static_cast<int>(StatusCode::kUnavailable));
  EXPECT_EQ(caller.Finish(), 0);
}

TEST_F(WeatherSystemTest, AMethodThatTheServerLacksIsUnimplemented) {
  const GrpcAnswer answer = GrpcCaller(wind_.target()).Call("HumidityService", kKyiv);
  EXPECT_EQ(answer.code, static_cast<int>(StatusCode::kUnimplemented));
  EXPECT_THAT(answer.message, HasSubstr("weather.HumidityService"));
}

TEST_F(WeatherSystemTest, EachServiceAnswersAStreamOfAGrpcClient) {
  const weather::Climate climate(1);
  const auto now = std::chrono::system_clock::now();
  const GrpcAnswer temperature = GrpcCaller(temperature_.target()).Observe("TemperatureServiceStreaming", kKyiv, 1000);
  EXPECT_EQ(temperature.code, 0) << temperature.message;
  EXPECT_EQ(temperature.numbers.at("temperatures"), 1000);
  EXPECT_NEAR(temperature.numbers.at("degrees"), climate.Temperature(kKyiv, now), 0.5);

  const GrpcAnswer humidity = GrpcCaller(humidity_.target()).Observe("HumidityServiceStreaming", kKyiv, 1000);
  EXPECT_EQ(humidity.code, 0) << humidity.message;
  EXPECT_EQ(humidity.numbers.at("humidities"), 1000);
  EXPECT_NEAR(humidity.numbers.at("humidity"), climate.Humidity(kKyiv, now), 0.02);

  const GrpcAnswer wind = GrpcCaller(wind_.target()).Observe("WindServiceStreaming", kKyiv, 1000);
  EXPECT_EQ(wind.code, 0) << wind.message;
  EXPECT_EQ(wind.numbers.at("winds"), 1000);
  EXPECT_NEAR(wind.numbers.at("speed"), climate.Wind(kKyiv, now).speed, 0.5);
}

TEST_F(WeatherSystemTest, TheStreamingWeatherServiceMergesTheThreeForAGrpcClient) {
  const weather::Climate climate(1);
  GrpcCaller caller(weather_.target());
  for (const int count : {0, 1, 10'000}) {
    const GrpcAnswer answer = caller.Observe("WeatherStreaming", kKyiv, count);
    ASSERT_EQ(answer.code, 0) << answer.message;
    for (const char* const kind : {"temperatures", "humidities", "winds"}) {
      EXPECT_EQ(answer.numbers.at(kind), count) << kind;
    }
    if (count == 0) continue;
    const auto now = std::chrono::system_clock::now();
    EXPECT_NEAR(answer.numbers.at("degrees"), climate.Temperature(kKyiv, now), 0.5);
    EXPECT_NEAR(answer.numbers.at("humidity"), climate.Humidity(kKyiv, now), 0.02);
    EXPECT_NEAR(answer.numbers.at("speed"), climate.Wind(kKyiv, now).speed, 0.5);
  }
}

TEST_F(WeatherSystemTest, AnErrorOfOneSourceEndsTheWholeStreamOfAGrpcClient) {
  const GrpcAnswer answer = GrpcCaller(weather_.target()).Observe("WeatherStreaming", {95, 0}, 1'000'000);
  EXPECT_EQ(answer.code, static_cast<int>(StatusCode::kInvalidArgument));
  EXPECT_THAT(answer.message, HasSubstr(": latitude 95° lies outside −90° to 90°"));
}

TEST_F(WeatherSystemTest, ASourceThatHasEndedEndsTheStreamOfAGrpcClient) {
  EXPECT_EQ(wind_.Terminate(), 0);
  const GrpcAnswer answer = GrpcCaller(weather_.target()).Observe("WeatherStreaming", kKyiv, 1'000'000);
  EXPECT_EQ(answer.code, static_cast<int>(StatusCode::kUnavailable));
  EXPECT_THAT(answer.message, StartsWith("wind: "));
  EXPECT_THAT(answer.message, HasSubstr(wind_.target()));
}

// Sends the metadata of "x-" keys back in headers and trailers, and refuses places north of the pole.
class EchoService final : public weather::Weather::Service {
  Task<Result<weather::WeatherResponse>> GetCurrent(ServerContext& context,
                                                    const weather::WeatherRequest& request) override {
    for (const Metadata::Entry entry : context.metadata()) {
      if (!entry.key.starts_with("x-")) continue;
      context.headers().Add(entry.key, entry.value);
      context.trailers().Add(entry.key, entry.value);
    }
    if (!weather::ToPlace(request.coordinates()).ok()) return Error(StatusCode::kInvalidArgument, kSeveralScripts);
    return weather::WeatherResponse();
  }
};

class RheiServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.Add(service_).Listen("127.0.0.1:0");
    const Status started = server_.Start();
    ASSERT_TRUE(started.ok()) << started.ToString();
  }
  std::string target() const { return "127.0.0.1:" + std::to_string(server_.port()); }

  EchoService service_;
  Server server_;
};

TEST_F(RheiServerTest, ExchangesMetadataWithAGrpcClientInHeadersAndTrailers) {
  const std::string bytes("\x00\xff\x80\x2c\x0a", 5);
  const GrpcAnswer answer = GrpcCaller(target()).Call("Weather", kKyiv,
                                                      {{"x-user", "ann"},
                                                       {"x-user", "bob, the second"},
                                                       {"x-trace-bin", bytes},
                                                       {"x-trace-bin", "second"},
                                                       {"x-trace-bin", "thirds"}});
  ASSERT_EQ(answer.code, 0) << answer.message;
  for (const auto& metadata : {answer.headers, answer.trailers}) {
    EXPECT_THAT(ValuesOf(metadata, "x-user"), ElementsAre("ann", "bob, the second"));
    EXPECT_THAT(ValuesOf(metadata, "x-trace-bin"), ElementsAre(bytes, "second", "thirds"));
  }
}

TEST_F(RheiServerTest, AnErrorsTextReachesAGrpcClientInAllScriptsAndWithMetadata) {
  const GrpcAnswer answer =
      GrpcCaller(target()).Call("Weather", {90.5, 0}, {{"x-trace-bin", std::string("\x00\x01", 2)}});
  EXPECT_EQ(answer.code, static_cast<int>(StatusCode::kInvalidArgument));
  EXPECT_EQ(answer.message, kSeveralScripts);
  EXPECT_THAT(ValuesOf(answer.trailers, "x-trace-bin"), ElementsAre(std::string("\x00\x01", 2)));
}

TEST_F(RheiServerTest, StopsWhileAGrpcClientIsConnected) {
  GrpcCaller caller(target());
  EXPECT_EQ(caller.Call("Weather", kKyiv).code, 0);
  const Status stopped = server_.Stop(std::chrono::seconds(30));
  EXPECT_TRUE(stopped.ok()) << stopped.ToString();
  EXPECT_EQ(caller.Call("Weather", kKyiv).code, static_cast<int>(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace rhei::e2e
