// gRPC C++'s servers, called by rhei: by a client, and by the Weather server of examples/weather.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coordinates.h"
#include "rhei/rhei.h"
#include "tests/e2e/weather/grpc_caller.h"
#include "tests/e2e/weather/program.h"
#include "weather.rhei.h"

namespace rhei::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr weather::Place kKyiv{50.45, 30.52};
constexpr weather::Place kNorthOfThePole{90.5, 0};
constexpr char kSeveralScripts[] = "такого місця немає · 北極の北 · 🧭 100%";

weather::WeatherRequest RequestFor(weather::Place place) {
  weather::WeatherRequest request;
  *request.mutable_coordinates() = weather::ToCoordinates(place);
  return request;
}

class GrpcServerTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(port_, 0); }
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }

  Program server_{{GRPC_PROGRAMS "/grpc_weather_server"}};
  int port_ = ReadPort(server_);
};

TEST_F(GrpcServerTest, AnswersARheiClientThatWaits) {
  const weather::Weather::Stub stub(Connect(target()));
  const Result<weather::WeatherResponse> reply = stub.GetCurrent(RequestFor(kKyiv)).Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(reply->temperature().degrees(), 70);
  EXPECT_EQ(reply->temperature().units(), weather::Temperature::FAHRENHEIT);
  EXPECT_EQ(reply->humidity(), 0.65f);
  EXPECT_EQ(reply->wind().speed().value(), 12);
  EXPECT_EQ(reply->wind().speed().units(), weather::Speed::KNOTS);
  EXPECT_EQ(reply->wind().direction(), 315);
}

TEST_F(GrpcServerTest, AnswersManyRheiCallsInFlightAtOnce) {
  const weather::Weather::Stub stub(Connect(target()));
  std::vector<std::future<Result<weather::WeatherResponse>>> replies;
  for (int i = 0; i < 500; ++i) replies.push_back(stub.GetCurrent(RequestFor(kKyiv)).Future());
  for (auto& future : replies) {
    const Result<weather::WeatherResponse> reply = future.get();
    ASSERT_TRUE(reply.ok()) << reply.error().ToString();
    EXPECT_EQ(reply->wind().direction(), 315);
  }
}

// What a call leaves beside its reply.
struct Outcome {
  Result<weather::WeatherResponse> reply;
  Metadata headers;
  Metadata trailers;
  std::string peer;
};

Task<void> CallInCoroutine(const weather::Weather::Stub& stub, const weather::WeatherRequest& request,
                           const CallOptions& options, std::promise<Outcome> done) {
  UnaryCall<weather::WeatherResponse> call = stub.GetCurrent(request, options);
  Result<weather::WeatherResponse> reply = co_await call;
  done.set_value({std::move(reply), call.headers(), call.trailers(), std::string(call.peer())});
}

Outcome CallWith(const std::string& target, weather::Place place, const CallOptions& options) {
  const weather::Weather::Stub stub(Connect(target));
  const weather::WeatherRequest request = RequestFor(place);
  std::promise<Outcome> done;
  std::future<Outcome> outcome = done.get_future();
  Spawn(CallInCoroutine(stub, request, options, std::move(done)));
  return outcome.get();
}

TEST_F(GrpcServerTest, ExchangesMetadataWithARheiClientInHeadersAndTrailers) {
  const std::string bytes("\x00\xff\x80\x2c\x0a", 5);
  CallOptions options;
  options.Metadata("x-user", "ann").Metadata("x-trace-bin", bytes);
  options.Metadata("x-user", "bob, the second").Metadata("x-trace-bin", "second").Metadata("x-trace-bin", "thirds");
  const Outcome outcome = CallWith(target(), kKyiv, options);
  ASSERT_TRUE(outcome.reply.ok()) << outcome.reply.error().ToString();
  EXPECT_EQ(outcome.peer, target());
  for (const Metadata& metadata : {outcome.headers, outcome.trailers}) {
    EXPECT_THAT(metadata.GetAll("x-user"), ElementsAre("ann", "bob, the second"));
    EXPECT_THAT(metadata.GetAll("x-trace-bin"), ElementsAre(bytes, "second", "thirds"));
  }
}

TEST_F(GrpcServerTest, AnErrorsTextReachesARheiClientInAllScriptsAndWithMetadata) {
  const Outcome outcome = CallWith(target(), kNorthOfThePole, CallOptions().Metadata("x-user", "ann"));
  ASSERT_FALSE(outcome.reply.ok());
  const Error& error = outcome.reply.error();
  EXPECT_EQ(error.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(error.message(), kSeveralScripts);
  EXPECT_EQ(error.origin(), Origin::kRemote);
  EXPECT_THAT(error.metadata().GetAll("x-user"), ElementsAre("ann"));
}

TEST_F(GrpcServerTest, EndsCleanlyWhileARheiClientIsConnectedWhichThenSeesUnavailable) {
  const weather::Weather::Stub stub(Connect(target()));
  ASSERT_TRUE(stub.GetCurrent(RequestFor(kKyiv)).Wait().ok());
  EXPECT_EQ(server_.Terminate(), 0);
  const Result<weather::WeatherResponse> reply = stub.GetCurrent(RequestFor(kKyiv)).Wait();
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code(), StatusCode::kUnavailable);
  EXPECT_THAT(reply.error().message(), HasSubstr(target()));
}

// Writes as fast as the other side takes it.
Task<void> WriteAll(BidiStreamingCall<weather::WeatherRequest, weather::WeatherResponse>& call,
                    const weather::WeatherRequest& request, int count, std::promise<int> done) {
  int written = 0;
  for (; written < count; ++written) {
    if (!co_await call.Write(request)) break;
  }
  call.WritesDone();
  done.set_value(written);
}

struct Parts {
  int temperatures = 0;
  int humidities = 0;
  int winds = 0;
};

Task<void> ReadAll(BidiStreamingCall<weather::WeatherRequest, weather::WeatherResponse>& call,
                   std::promise<Parts> done) {
  Parts parts;
  while (const std::optional<weather::WeatherResponse> part = co_await call.Next()) {
    ++(part->has_temperature() ? parts.temperatures : part->has_wind() ? parts.winds : parts.humidities);
  }
  done.set_value(parts);
}

TEST_F(GrpcServerTest, AnswersAStreamOfARheiClient) {
  constexpr int kCount = 10'000;
  auto call = weather::WeatherStreaming::Stub(Connect(target())).Observe();
  const weather::WeatherRequest request = RequestFor(kKyiv);
  std::promise<int> writing;
  std::future<int> written = writing.get_future();
  Spawn(WriteAll(call, request, kCount, std::move(writing)));
  std::promise<Parts> reading;
  std::future<Parts> read = reading.get_future();
  Spawn(ReadAll(call, std::move(reading)));
  const Parts parts = read.get();
  const Status status = call.Finish().Wait();
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(written.get(), kCount);
  EXPECT_EQ(parts.temperatures, kCount);
  EXPECT_EQ(parts.humidities, kCount);
  EXPECT_EQ(parts.winds, kCount);
}

TEST_F(GrpcServerTest, EndsAStreamOfARheiClientWithAnErrorAfterTheAnswers) {
  auto call = weather::WeatherStreaming::Stub(Connect(target())).Observe();
  ASSERT_TRUE(call.Write(RequestFor(kKyiv)).Wait());
  ASSERT_TRUE(call.Write(RequestFor(kNorthOfThePole)).Wait());
  int parts = 0;
  while (call.Next().Wait()) ++parts;
  EXPECT_EQ(parts, 3);
  const Status status = call.Finish().Wait();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), kSeveralScripts);
}

TEST_F(GrpcServerTest, IsToldWhenARheiClientCancelsItsStream) {
  auto call = weather::WeatherStreaming::Stub(Connect(target())).Observe();
  ASSERT_TRUE(call.Write(RequestFor(kKyiv)).Wait());
  ASSERT_TRUE(call.Next().Wait().has_value());
  call.Cancel();
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kCancelled);
  // Waits for the handler, which waits for requests until it is told.
  EXPECT_EQ(server_.Terminate(), 0);
}

// rhei's Weather server in the middle: gRPC C++ behind it, and in front of it too.
class MixedSystemTest : public GrpcServerTest {
 protected:
  Program weather_{
      {WEATHER_PROGRAMS "/weather_server", "--temperature", target(), "--humidity", target(), "--wind", target()}};
  std::string weather_target_ = "127.0.0.1:" + std::to_string(ReadPort(weather_));
};

TEST_F(MixedSystemTest, RheisWeatherServerJoinsThreeGrpcServicesForAGrpcClient) {
  GrpcCaller caller(weather_target_);
  const GrpcAnswer answer = caller.Call("Weather", kKyiv);
  ASSERT_EQ(answer.code, 0) << answer.message;
  EXPECT_EQ(answer.numbers.at("degrees"), 70);
  EXPECT_NEAR(answer.numbers.at("humidity"), 0.65, 1e-6);
  EXPECT_EQ(answer.numbers.at("speed"), 12);
  EXPECT_EQ(answer.numbers.at("speed-units"), weather::Speed::KNOTS);
  EXPECT_EQ(answer.numbers.at("direction"), 315);
  EXPECT_EQ(weather_.Terminate(), 0);
}

TEST_F(MixedSystemTest, AGrpcServicesErrorPassesThroughRheisWeatherServerUnharmed) {
  const weather::Weather::Stub stub(Connect(weather_target_));
  const Result<weather::WeatherResponse> reply = stub.GetCurrent(RequestFor(kNorthOfThePole)).Wait();
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(reply.error().message(), std::string("temperature: ") + kSeveralScripts);
  EXPECT_EQ(weather_.Terminate(), 0);
}

TEST_F(MixedSystemTest, RheisWeatherServerMergesThreeGrpcStreamsForAGrpcClient) {
  GrpcCaller caller(weather_target_);
  const GrpcAnswer answer = caller.Observe("WeatherStreaming", kKyiv, 10'000);
  ASSERT_EQ(answer.code, 0) << answer.message;
  for (const char* const kind : {"temperatures", "humidities", "winds"}) EXPECT_EQ(answer.numbers.at(kind), 10'000);
  EXPECT_EQ(answer.numbers.at("degrees"), 70);
  EXPECT_NEAR(answer.numbers.at("humidity"), 0.65, 1e-6);
  EXPECT_EQ(answer.numbers.at("direction"), 315);
  EXPECT_EQ(weather_.Terminate(), 0);
}

TEST_F(MixedSystemTest, AnErrorOfAGrpcStreamEndsTheWholeStreamThroughRheisWeatherServer) {
  auto call = weather::WeatherStreaming::Stub(Connect(weather_target_)).Observe();
  ASSERT_TRUE(call.Write(RequestFor(kNorthOfThePole)).Wait());
  while (call.Next().Wait()) {
  }
  const Status status = call.Finish().Wait();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(": ") + kSeveralScripts));
  EXPECT_EQ(weather_.Terminate(), 0);
}

TEST_F(MixedSystemTest, ADeadlineEndsAStreamOnItsWholeWay) {
  auto call = weather::WeatherStreaming::Stub(Connect(weather_target_)).Observe(CallOptions().Timeout(200ms));
  ASSERT_TRUE(call.Write(RequestFor(kKyiv)).Wait());
  while (call.Next().Wait()) {
  }
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kDeadlineExceeded);
  // Neither has a handler left that it would wait for.
  EXPECT_EQ(weather_.Terminate(), 0);
  EXPECT_EQ(server_.Terminate(), 0);
}

}  // namespace
}  // namespace rhei::e2e
