// Tells the whole weather of a place, from the three services that know a part of it each; as a stream too.
// Usage: weather_server [--port PORT] --temperature TARGET --humidity TARGET --wind TARGET [--log_calls 1]
#include <string>
#include <utility>

#include "flags.h"
#include "serve.h"
#include "streaming_weather.h"
#include "weather.rhei.h"

namespace weather {
namespace {

// The caller sees the code that the service gave, and which one it was.
rhei::Error From(std::string_view service, const rhei::Error& error) {
  return rhei::Error(error.code(), std::string(service) + ": " + error.message());
}

}  // namespace

class WeatherServer final : public Weather::Service {
 public:
  WeatherServer(rhei::Channel temperature, rhei::Channel humidity, rhei::Channel wind)
      : temperature_(std::move(temperature)), humidity_(std::move(humidity)), wind_(std::move(wind)) {}

  rhei::Task<rhei::Result<WeatherResponse>> GetCurrent(rhei::ServerContext&, const WeatherRequest& request) override {
    // All three are under way before the first is awaited. One that fails ends this call, and that cancels the others.
    auto temperature_call = temperature_.GetCurrent(request.coordinates());
    auto humidity_call = humidity_.GetCurrent(request.coordinates());
    auto wind_call = wind_.GetCurrent(request.coordinates());

    rhei::Result<Temperature> temperature = co_await temperature_call;
    if (!temperature.ok()) co_return From("temperature", temperature.error());
    rhei::Result<HumidityResponse> humidity = co_await humidity_call;
    if (!humidity.ok()) co_return From("humidity", humidity.error());
    rhei::Result<Wind> wind = co_await wind_call;
    if (!wind.ok()) co_return From("wind", wind.error());

    WeatherResponse reply;
    *reply.mutable_temperature() = *std::move(temperature);
    reply.set_humidity(humidity->value());
    *reply.mutable_wind() = *std::move(wind);
    co_return reply;
  }

 private:
  const TemperatureService::Stub temperature_;
  const HumidityService::Stub humidity_;
  const WindService::Stub wind_;
};

}  // namespace weather

int main(int argc, char** argv) {
  const weather::Flags flags(argc, argv,
                             {{"port", "0"}, {"log_calls", "0"}, {"temperature", ""}, {"humidity", ""}, {"wind", ""}});
  for (const char* const target : {"temperature", "humidity", "wind"}) {
    if (flags.Text(target).empty()) flags.Fail(std::string("needs --") + target);
  }
  const rhei::ChannelOptions options = rhei::ChannelOptions().Intercept(weather::Headers());
  const rhei::Channel temperature = rhei::Connect(flags.Text("temperature"), options);
  const rhei::Channel humidity = rhei::Connect(flags.Text("humidity"), options);
  const rhei::Channel wind = rhei::Connect(flags.Text("wind"), options);
  weather::WeatherServer server(temperature, humidity, wind);
  weather::StreamingWeatherServer streaming_server(temperature, humidity, wind);
  return weather::Serve({server, streaming_server}, flags);
}
