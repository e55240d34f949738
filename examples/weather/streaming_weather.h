// The whole weather of many places, as one stream out of three.
#pragma once

#include "weather.rhei.h"

namespace weather {

// Sends each request on to the three services, and each of their answers to the client as it comes. A service that
// fails, or that ends before the requests do, ends the call with its code and its name. The client's deadline and
// cancellation reach the three by themselves, because they are called under its call.
class StreamingWeatherServer final : public WeatherStreaming::Service {
 public:
  StreamingWeatherServer(rhei::Channel temperature, rhei::Channel humidity, rhei::Channel wind);

  rhei::Task<rhei::Status> Observe(rhei::ServerContext& context, rhei::Reader<WeatherRequest>& reader,
                                   rhei::Writer<WeatherResponse>& writer) override;

 private:
  const TemperatureServiceStreaming::Stub temperature_;
  const HumidityServiceStreaming::Stub humidity_;
  const WindServiceStreaming::Stub wind_;
};

}  // namespace weather
