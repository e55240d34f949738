#include "tests/e2e/weather/grpc_caller.h"

#include <cmath>
#include <cstdlib>

namespace rhei::e2e {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

std::string ToHex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) {
    hex.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    hex.push_back(kDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return hex;
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(kDigits.find(hex[i]) * 16 + kDigits.find(hex[i + 1])));
  }
  return bytes;
}

std::pair<std::string, std::string> ReadPair(const std::string& text) {
  const std::size_t equals = text.find('=');
  return {text.substr(0, equals), FromHex(std::string_view(text).substr(equals + 1))};
}

void ReadInto(GrpcAnswer& answer, const std::string& line) {
  const std::size_t space = line.find(' ');
  const std::string name = line.substr(0, space);
  const std::string value = line.substr(space + 1);
  if (name == "code") {
    answer.code = std::atoi(value.c_str());
  } else if (name == "message") {
    answer.message = value;
  } else if (name == "header") {
    answer.headers.push_back(ReadPair(value));
  } else if (name == "trailer") {
    answer.trailers.push_back(ReadPair(value));
  } else {
    answer.numbers[name] = std::atof(value.c_str());
  }
}

// " LATITUDE LONGITUDE"
std::string InUnits(weather::Place place) {
  std::string text;
  for (const double degrees : {place.latitude, place.longitude}) {
    text.append(" ").append(std::to_string(std::llround(degrees * 1e7)));
  }
  return text;
}

}  // namespace

std::vector<std::string> ValuesOf(const std::vector<std::pair<std::string, std::string>>& metadata,
                                  std::string_view key) {
  std::vector<std::string> values;
  for (const auto& [name, value] : metadata) {
    if (name == key) values.push_back(value);
  }
  return values;
}

GrpcCaller::GrpcCaller(const std::string& target)
    : program_(std::vector<std::string>{GRPC_PROGRAMS "/grpc_weather_client", target}) {}

GrpcAnswer GrpcCaller::ReadAnswer() {
  GrpcAnswer answer;
  for (std::string reply = program_.ReadLine(); !reply.empty(); reply = program_.ReadLine()) ReadInto(answer, reply);
  return answer;
}

GrpcAnswer GrpcCaller::Call(std::string_view service, weather::Place place,
                            const std::vector<std::pair<std::string, std::string>>& metadata) {
  std::string line(service);
  line.append(InUnits(place));
  for (const auto& [key, value] : metadata) line.append(" ").append(key).append("=").append(ToHex(value));
  program_.WriteLine(line);
  return ReadAnswer();
}

GrpcAnswer GrpcCaller::Observe(std::string_view service, weather::Place place, int count) {
  std::string line("observe ");
  line.append(service).append(" ").append(std::to_string(count)).append(InUnits(place));
  program_.WriteLine(line);
  return ReadAnswer();
}

}  // namespace rhei::e2e
