// Calls by gRPC C++, out of a test that cannot link it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "climate.h"
#include "tests/e2e/weather/program.h"

namespace rhei::e2e {

// What a call by gRPC C++ came to.
struct GrpcAnswer {
  int code = -1;
  std::string message;
  std::map<std::string, double> numbers;  // "degrees", "humidity", "speed", ...: what the reply has
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::pair<std::string, std::string>> trailers;
};

// The values of a key, in order.
std::vector<std::string> ValuesOf(const std::vector<std::pair<std::string, std::string>>& metadata,
                                  std::string_view key);

// A process with one gRPC C++ channel.
class GrpcCaller {
 public:
  explicit GrpcCaller(const std::string& target);

  // Calls GetCurrent of "Weather", "TemperatureService", "HumidityService" or "WindService".
  GrpcAnswer Call(std::string_view service, weather::Place place,
                  const std::vector<std::pair<std::string, std::string>>& metadata = {});

  // Calls Observe of "WeatherStreaming", "TemperatureServiceStreaming", ... with so many requests for one place. The
  // numbers are how many "temperatures", "humidities" and "winds" came, and the last one of each.
  GrpcAnswer Observe(std::string_view service, weather::Place place, int count);

  // Its exit code.
  int Finish() { return program_.Wait(); }

 private:
  GrpcAnswer ReadAnswer();

  Program program_;
};

}  // namespace rhei::e2e
