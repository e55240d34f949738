// Calls the Weather protocol by gRPC C++, as it is told on standard input. Usage: grpc_weather_client TARGET
//
// A line "SERVICE LATITUDE LONGITUDE [KEY=HEX...]" is one call, with coordinates in the protocol's units and metadata
// whose values are written in hexadecimal. The answer is lines of "NAME VALUE", and an empty line ends it. All calls go
// over one channel.
//
// A line "observe SERVICE COUNT LATITUDE LONGITUDE" is one call of a streaming service with so many requests. The
// answer begins with how many replies of each kind came, and has the last one of each.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <thread>

#include "weather.grpc.pb.h"

namespace {

using Multimap = std::multimap<grpc::string_ref, grpc::string_ref>;

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::string ToHex(grpc::string_ref bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char byte : bytes) {
    hex.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    hex.push_back(kDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return hex;
}

void Print(const weather::Temperature& temperature) {
  std::cout << "degrees " << temperature.degrees() << "\ntemperature-units " << temperature.units() << '\n';
}
void Print(const weather::HumidityResponse& humidity) { std::cout << "humidity " << humidity.value() << '\n'; }
void Print(const weather::Wind& wind) {
  std::cout << "speed " << wind.speed().value() << "\nspeed-units " << wind.speed().units() << "\ndirection "
            << wind.direction() << '\n';
}
void Print(const weather::WeatherResponse& response) {
  Print(response.temperature());
  std::cout << "humidity " << response.humidity() << '\n';
  Print(response.wind());
}

void Print(const char* kind, const Multimap& metadata) {
  for (const auto& [key, value] : metadata) {
    std::cout << kind << ' ' << std::string(key.data(), key.size()) << '=' << ToHex(value) << '\n';
  }
}

template <typename Service, typename Request, typename Reply>
void Call(const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext& context, const Request& request) {
  const auto stub = Service::NewStub(channel);
  Reply reply;
  const grpc::Status status = stub->GetCurrent(&context, request, &reply);
  std::cout << "code " << status.error_code() << "\nmessage " << status.error_message() << '\n';
  if (status.ok()) Print(reply);
  Print("header", context.GetServerInitialMetadata());
  Print("trailer", context.GetServerTrailingMetadata());
}

weather::Coordinates ReadCoordinates(std::istringstream& words) {
  std::int64_t latitude = 0;
  std::int64_t longitude = 0;
  words >> latitude >> longitude;
  weather::Coordinates coordinates;
  coordinates.set_latitude(static_cast<std::uint64_t>(latitude));
  coordinates.set_longitude(static_cast<std::uint64_t>(longitude));
  return coordinates;
}

// What came, of each kind.
struct Observed {
  int temperatures = 0;
  int humidities = 0;
  int winds = 0;
  weather::WeatherResponse last;

  void Add(const weather::Temperature& temperature) {
    ++temperatures;
    *last.mutable_temperature() = temperature;
  }
  void Add(const weather::HumidityResponse& humidity) {
    ++humidities;
    last.set_humidity(humidity.value());
  }
  void Add(const weather::Wind& wind) {
    ++winds;
    *last.mutable_wind() = wind;
  }
  void Add(const weather::WeatherResponse& part) {
    if (part.has_temperature()) return Add(part.temperature());
    if (part.has_wind()) return Add(part.wind());
    ++humidities;
    last.set_humidity(part.humidity());
  }
};

template <typename Service, typename Request, typename Reply>
void Observe(const std::shared_ptr<grpc::Channel>& channel, const Request& request, int count) {
  const auto stub = Service::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto stream = stub->Observe(&context);
  std::thread writer([&] {
    for (int i = 0; i < count && stream->Write(request); ++i) {
    }
    stream->WritesDone();
  });
  Observed observed;
  for (Reply reply; stream->Read(&reply);) observed.Add(reply);
  writer.join();
  const grpc::Status status = stream->Finish();
  std::cout << "temperatures " << observed.temperatures << "\nhumidities " << observed.humidities << "\nwinds "
            << observed.winds << "\ncode " << status.error_code() << "\nmessage " << status.error_message() << '\n';
  Print(observed.last);
}

void ObeyObserve(const std::shared_ptr<grpc::Channel>& channel, std::istringstream& words) {
  std::string service;
  int count = 0;
  words >> service >> count;
  const weather::Coordinates coordinates = ReadCoordinates(words);
  if (service == "WeatherStreaming") {
    weather::WeatherRequest request;
    *request.mutable_coordinates() = coordinates;
    Observe<weather::WeatherStreaming, weather::WeatherRequest, weather::WeatherResponse>(channel, request, count);
  } else if (service == "TemperatureServiceStreaming") {
    Observe<weather::TemperatureServiceStreaming, weather::Coordinates, weather::Temperature>(channel, coordinates,
                                                                                              count);
  } else if (service == "HumidityServiceStreaming") {
    Observe<weather::HumidityServiceStreaming, weather::Coordinates, weather::HumidityResponse>(channel, coordinates,
                                                                                                count);
  } else if (service == "WindServiceStreaming") {
    Observe<weather::WindServiceStreaming, weather::Coordinates, weather::Wind>(channel, coordinates, count);
  } else {
    std::cout << "no-such-service " << service << '\n';
  }
}

void Obey(const std::shared_ptr<grpc::Channel>& channel, const std::string& line) {
  std::istringstream words(line);
  std::string service;
  words >> service;
  if (service == "observe") return ObeyObserve(channel, words);
  const weather::Coordinates coordinates = ReadCoordinates(words);

  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  for (std::string pair; words >> pair;) {
    const std::size_t equals = pair.find('=');
    context.AddMetadata(pair.substr(0, equals), FromHex(pair.substr(equals + 1)));
  }
  if (service == "Weather") {
    weather::WeatherRequest request;
    *request.mutable_coordinates() = coordinates;
    Call<weather::Weather, weather::WeatherRequest, weather::WeatherResponse>(channel, context, request);
  } else if (service == "TemperatureService") {
    Call<weather::TemperatureService, weather::Coordinates, weather::Temperature>(channel, context, coordinates);
  } else if (service == "HumidityService") {
    Call<weather::HumidityService, weather::Coordinates, weather::HumidityResponse>(channel, context, coordinates);
  } else if (service == "WindService") {
    Call<weather::WindService, weather::Coordinates, weather::Wind>(channel, context, coordinates);
  } else {
    std::cout << "no-such-service " << service << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto channel = grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials());
  std::cout.precision(9);
  for (std::string line; std::getline(std::cin, line);) {
    Obey(channel, line);
    std::cout << std::endl;
  }
  return 0;
}
