#include "streaming_weather.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "rhei/inprocess.h"
#include "rhei/rhei.h"
#include "testing/simulated_world.h"

namespace weather {
namespace {

using namespace std::chrono_literals;
using ::testing::StartsWith;

// A source that does as a test says.
template <typename Source, typename Reply>
class FakeSource final : public Source::Service {
 public:
  using Handler =
      std::function<rhei::Task<rhei::Status>(rhei::ServerContext&, rhei::Reader<Coordinates>&, rhei::Writer<Reply>&)>;
  Handler handler = Answer;

  rhei::Task<rhei::Status> Observe(rhei::ServerContext& context, rhei::Reader<Coordinates>& reader,
                                   rhei::Writer<Reply>& writer) override {
    return handler(context, reader, writer);
  }

  // With the latitude, in whatever the reply has a number for.
  static rhei::Task<rhei::Status> Answer(rhei::ServerContext&, rhei::Reader<Coordinates>& reader,
                                         rhei::Writer<Reply>& writer) {
    while (const std::optional<Coordinates> place = co_await reader.Next()) {
      Reply reply;
      Put(static_cast<float>(place->latitude()), reply);
      if (!co_await writer.Write(reply)) break;
    }
    co_return rhei::Status();
  }

 private:
  static void Put(float number, Temperature& temperature) { temperature.set_degrees(number); }
  static void Put(float number, HumidityResponse& humidity) { humidity.set_value(number); }
  static void Put(float number, Wind& wind) { wind.set_direction(number); }
};

class StreamingWeatherTest : public ::testing::Test {
 protected:
  // The system, once its sources are as the test wants them.
  rhei::BidiStreamingCall<WeatherRequest, WeatherResponse> Observe(
      const rhei::CallOptions& options = rhei::CallOptions()) {
    sources_.Add(temperature_).Add(humidity_).Add(wind_).Listen(rhei::kInProcess);
    EXPECT_TRUE(sources_.Start().ok());
    const rhei::Channel channel = rhei::ConnectInProcess(sources_, rhei::ChannelOptions().UseRuntime(world_.runtime()));
    weather_ = std::make_unique<StreamingWeatherServer>(channel, channel, channel);
    server_.Add(*weather_).Listen(rhei::kInProcess);
    EXPECT_TRUE(server_.Start().ok());
    return WeatherStreaming::Stub(rhei::ConnectInProcess(server_, rhei::ChannelOptions().UseRuntime(world_.runtime())))
        .Observe(options);
  }

  static WeatherRequest RequestFor(std::uint64_t latitude) {
    WeatherRequest request;
    request.mutable_coordinates()->set_latitude(latitude);
    return request;
  }

  // Reads for a source until its call is over, and tells why it is.
  template <typename Reply>
  static auto WaitForTheEnd(std::optional<rhei::StatusCode>& end) {
    return [&end](rhei::ServerContext& context, rhei::Reader<Coordinates>& reader,
                  rhei::Writer<Reply>&) -> rhei::Task<rhei::Status> {
      while (co_await reader.Next()) {
      }
      end = context.IsCancelled() ? context.CancellationCause()->code() : rhei::StatusCode::kOk;
      co_return rhei::Status();
    };
  }

  // What would block otherwise makes it go on.
  rhei::testing::SimulatedWorld world_{1};
  FakeSource<TemperatureServiceStreaming, Temperature> temperature_;
  FakeSource<HumidityServiceStreaming, HumidityResponse> humidity_;
  FakeSource<WindServiceStreaming, Wind> wind_;
  std::unique_ptr<StreamingWeatherServer> weather_;
  rhei::Server sources_{rhei::ServerOptions().UseRuntime(world_.runtime())};
  rhei::Server server_{rhei::ServerOptions().UseRuntime(world_.runtime())};
};

TEST_F(StreamingWeatherTest, GivesEachPartOfEachPlaceAndTheOrderOfEachKind) {
  constexpr std::uint64_t kPlaces = 100;
  auto call = Observe();
  for (std::uint64_t i = 1; i <= kPlaces; ++i) ASSERT_TRUE(call.Write(RequestFor(i)).Wait());
  call.WritesDone();
  float temperatures = 0;
  float humidities = 0;
  float winds = 0;
  while (const std::optional<WeatherResponse> part = call.Next().Wait()) {
    if (part->has_temperature()) {
      EXPECT_EQ(part->temperature().degrees(), ++temperatures);
      EXPECT_FALSE(part->has_wind());
      EXPECT_EQ(part->humidity(), 0);
    } else if (part->has_wind()) {
      EXPECT_EQ(part->wind().direction(), ++winds);
      EXPECT_EQ(part->humidity(), 0);
    } else {
      EXPECT_EQ(part->humidity(), ++humidities);
    }
  }
  EXPECT_TRUE(call.Finish().Wait().ok());
  EXPECT_EQ(temperatures, kPlaces);
  EXPECT_EQ(humidities, kPlaces);
  EXPECT_EQ(winds, kPlaces);
}

TEST_F(StreamingWeatherTest, OnePartDoesNotWaitForTheOthers) {
  temperature_.handler = [](rhei::ServerContext&, rhei::Reader<Coordinates>& reader,
                            rhei::Writer<Temperature>& writer) -> rhei::Task<rhei::Status> {
    while (co_await reader.Next()) {
    }
    co_await writer.Write(Temperature());
    co_return rhei::Status();
  };
  auto call = Observe();
  ASSERT_TRUE(call.Write(RequestFor(7)).Wait());
  for (int i = 0; i < 2; ++i) {
    const std::optional<WeatherResponse> part = call.Next().Wait();
    ASSERT_TRUE(part.has_value());
    EXPECT_FALSE(part->has_temperature());
  }
  call.WritesDone();
  const std::optional<WeatherResponse> last = call.Next().Wait();
  ASSERT_TRUE(last.has_value());
  EXPECT_TRUE(last->has_temperature());
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_TRUE(call.Finish().Wait().ok());
}

TEST_F(StreamingWeatherTest, ASourceThatFailsEndsTheCallAndTheOtherSources) {
  std::optional<rhei::StatusCode> temperature_end;
  temperature_.handler = WaitForTheEnd<Temperature>(temperature_end);
  wind_.handler = [](rhei::ServerContext&, rhei::Reader<Coordinates>& reader,
                     rhei::Writer<Wind>&) -> rhei::Task<rhei::Status> {
    co_await reader.Next();
    co_return rhei::Error(rhei::StatusCode::kDataLoss, "the mast fell down");
  };
  auto call = Observe();
  ASSERT_TRUE(call.Write(RequestFor(7)).Wait());
  // The requests go on, as far as the client knows: it writes no more and has not said so.
  while (call.Next().Wait()) {
  }
  const rhei::Status status = call.Finish().Wait();
  EXPECT_EQ(status.code(), rhei::StatusCode::kDataLoss);
  EXPECT_EQ(status.message(), "wind: the mast fell down");
  world_.RunFor(1s);
  EXPECT_EQ(temperature_end, rhei::StatusCode::kCancelled);
}

TEST_F(StreamingWeatherTest, ASourceThatEndsEarlyWithoutAnErrorEndsTheCallToo) {
  humidity_.handler = [](rhei::ServerContext&, rhei::Reader<Coordinates>&, rhei::Writer<HumidityResponse>&) {
    return rhei::Task<rhei::Status>(rhei::Status());
  };
  auto call = Observe();
  while (call.Next().Wait()) {
  }
  const rhei::Status status = call.Finish().Wait();
  EXPECT_EQ(status.code(), rhei::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), "humidity: ended before the requests did");
}

TEST_F(StreamingWeatherTest, AFailureEndsTheCallAlsoWhileAWriteWaitsForTheClient) {
  // Answers without end, until the client's side is full and a write of the weather server waits.
  humidity_.handler = [](rhei::ServerContext&, rhei::Reader<Coordinates>& reader,
                         rhei::Writer<HumidityResponse>& writer) -> rhei::Task<rhei::Status> {
    co_await reader.Next();
    HumidityResponse reply;
    while (co_await writer.Write(reply)) {
    }
    co_return rhei::Status();
  };
  wind_.handler = [](rhei::ServerContext&, rhei::Reader<Coordinates>&,
                     rhei::Writer<Wind>&) -> rhei::Task<rhei::Status> {
    if (!(co_await rhei::Sleep(1s)).ok()) co_return rhei::Status();
    co_return rhei::Error(rhei::StatusCode::kDataLoss, "the mast fell down");
  };
  std::optional<rhei::StatusCode> temperature_end;
  temperature_.handler = WaitForTheEnd<Temperature>(temperature_end);
  auto call = Observe();
  ASSERT_TRUE(call.Write(RequestFor(7)).Wait());
  world_.RunFor(2s);
  EXPECT_EQ(temperature_end, rhei::StatusCode::kCancelled);
  const rhei::Status stopped = server_.Stop(1s);
  EXPECT_TRUE(stopped.ok()) << stopped.ToString();
}

TEST_F(StreamingWeatherTest, TheClientsCancellationReachesTheSources) {
  std::optional<rhei::StatusCode> end;
  temperature_.handler = WaitForTheEnd<Temperature>(end);
  auto call = Observe();
  ASSERT_TRUE(call.Write(RequestFor(7)).Wait());
  ASSERT_TRUE(call.Next().Wait().has_value());
  call.Cancel();
  world_.RunFor(1s);
  EXPECT_EQ(end, rhei::StatusCode::kCancelled);
  EXPECT_EQ(call.Finish().Wait().code(), rhei::StatusCode::kCancelled);
}

TEST_F(StreamingWeatherTest, ASlowSourceEndsTheCallWithItsDeadlineEverywhere) {
  std::optional<rhei::StatusCode> end;
  wind_.handler = WaitForTheEnd<Wind>(end);
  auto call = Observe(rhei::CallOptions().Timeout(100ms));
  ASSERT_TRUE(call.Write(RequestFor(7)).Wait());
  while (call.Next().Wait()) {
  }
  const rhei::Status status = call.Finish().Wait();
  EXPECT_EQ(status.code(), rhei::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), StartsWith("/weather.WeatherStreaming/Observe"));
  world_.RunFor(1s);
  EXPECT_EQ(end, rhei::StatusCode::kDeadlineExceeded);
}

TEST_F(StreamingWeatherTest, ASourceThatReadsNothingHoldsUpTheClient) {
  wind_.handler = [](rhei::ServerContext&, rhei::Reader<Coordinates>&,
                     rhei::Writer<Wind>&) -> rhei::Task<rhei::Status> { co_return co_await rhei::Sleep(1h); };
  auto call = Observe(rhei::CallOptions().Timeout(1s));
  // Each write is waited for, in a world where the second does not pass as long as there is something to do.
  int written = 0;
  while (written < 1'000'000 && call.Write(RequestFor(7)).Wait()) ++written;
  EXPECT_GT(written, 100);
  EXPECT_LT(written, 10'000);
  EXPECT_EQ(call.Finish().Wait().code(), rhei::StatusCode::kDeadlineExceeded);
}

TEST_F(StreamingWeatherTest, AClientThatReadsNothingHoldsUpTheSources) {
  int asked = 0;
  humidity_.handler = [&asked](rhei::ServerContext&, rhei::Reader<Coordinates>&,
                               rhei::Writer<HumidityResponse>& writer) -> rhei::Task<rhei::Status> {
    HumidityResponse reply;
    for (; asked < 1'000'000; ++asked) {
      if (!co_await writer.Write(reply)) break;
    }
    co_return rhei::Status();
  };
  auto call = Observe();
  world_.RunFor(1s);
  EXPECT_GT(asked, 100);
  EXPECT_LT(asked, 10'000);
}

}  // namespace
}  // namespace weather
