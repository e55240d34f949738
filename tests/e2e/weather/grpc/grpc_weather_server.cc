// All services of the Weather protocol, by gRPC C++. Prints "listening on PORT"; ends with 0 on SIGTERM.
//
// The answers are always the same. A latitude north of the pole gives INVALID_ARGUMENT with a text in several scripts.
// Metadata with keys in "x-" is sent back in the headers and in the trailers. The streaming services answer each
// request, WeatherStreaming by three parts.
#include <grpcpp/grpcpp.h>

#include <csignal>
#include <iostream>
#include <string>

#include "weather.grpc.pb.h"

namespace {

constexpr char kNoSuchPlace[] = "такого місця немає · 北極の北 · 🧭 100%";

grpc::Status Check(grpc::ServerContext& context, const weather::Coordinates& coordinates) {
  for (const auto& [key, value] : context.client_metadata()) {
    if (!key.starts_with("x-")) continue;
    const std::string name(key.data(), key.size());
    const std::string text(value.data(), value.size());
    context.AddInitialMetadata(name, text);
    context.AddTrailingMetadata(name, text);
  }
  if (static_cast<std::int64_t>(coordinates.latitude()) > 900000000) {
    return {grpc::StatusCode::INVALID_ARGUMENT, kNoSuchPlace};
  }
  return grpc::Status::OK;
}

void Fill(weather::Temperature& temperature) {
  temperature.set_degrees(70);
  temperature.set_units(weather::Temperature::FAHRENHEIT);
}

void Fill(weather::HumidityResponse& humidity) { humidity.set_value(0.65f); }

void Fill(weather::Wind& wind) {
  wind.mutable_speed()->set_value(12);
  wind.mutable_speed()->set_units(weather::Speed::KNOTS);
  wind.set_direction(315);
}

void Fill(weather::WeatherResponse& response) {
  Fill(*response.mutable_temperature());
  response.set_humidity(0.65f);
  Fill(*response.mutable_wind());
}

const weather::Coordinates& CoordinatesOf(const weather::WeatherRequest& request) { return request.coordinates(); }
const weather::Coordinates& CoordinatesOf(const weather::Coordinates& coordinates) { return coordinates; }

template <typename Base, typename Request, typename Reply>
class FixedService final : public Base {
  grpc::Status GetCurrent(grpc::ServerContext* context, const Request* request, Reply* reply) override {
    Fill(*reply);
    return Check(*context, CoordinatesOf(*request));
  }
};

// Calls give(part) for each part of an answer.
template <typename Give>
bool GiveParts(const Give& give, const weather::WeatherResponse& whole) {
  weather::WeatherResponse temperature;
  *temperature.mutable_temperature() = whole.temperature();
  weather::WeatherResponse humidity;
  humidity.set_humidity(whole.humidity());
  weather::WeatherResponse wind;
  *wind.mutable_wind() = whole.wind();
  return give(temperature) && give(humidity) && give(wind);
}
template <typename Give, typename Reply>
bool GiveParts(const Give& give, const Reply& whole) {
  return give(whole);
}

template <typename Base, typename Request, typename Reply>
class FixedStreamingService final : public Base {
  grpc::Status Observe(grpc::ServerContext* context, grpc::ServerReaderWriter<Reply, Request>* stream) override {
    Reply reply;
    Fill(reply);
    const auto give = [stream](const Reply& part) { return stream->Write(part); };
    for (Request request; stream->Read(&request);) {
      const grpc::Status checked = Check(*context, CoordinatesOf(request));
      if (!checked.ok()) return checked;
      if (!GiveParts(give, reply)) break;
    }
    return grpc::Status::OK;
  }
};

}  // namespace

int main() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  // Before any thread starts, so that no thread is ended by it.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  FixedService<weather::Weather::Service, weather::WeatherRequest, weather::WeatherResponse> weather;
  FixedService<weather::TemperatureService::Service, weather::Coordinates, weather::Temperature> temperature;
  FixedService<weather::HumidityService::Service, weather::Coordinates, weather::HumidityResponse> humidity;
  FixedService<weather::WindService::Service, weather::Coordinates, weather::Wind> wind;
  FixedStreamingService<weather::WeatherStreaming::Service, weather::WeatherRequest, weather::WeatherResponse>
      weather_streaming;
  FixedStreamingService<weather::TemperatureServiceStreaming::Service, weather::Coordinates, weather::Temperature>
      temperature_streaming;
  FixedStreamingService<weather::HumidityServiceStreaming::Service, weather::Coordinates, weather::HumidityResponse>
      humidity_streaming;
  FixedStreamingService<weather::WindServiceStreaming::Service, weather::Coordinates, weather::Wind> wind_streaming;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&weather).RegisterService(&temperature).RegisterService(&humidity).RegisterService(&wind);
  builder.RegisterService(&weather_streaming).RegisterService(&temperature_streaming);
  builder.RegisterService(&humidity_streaming).RegisterService(&wind_streaming);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::cout << "listening on " << port << std::endl;

  int received = 0;
  sigwait(&signals, &received);
  server->Shutdown();
  server->Wait();
  return 0;
}
