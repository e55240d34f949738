#include "table.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>

namespace weather {
namespace {

std::string Format(const char* format, double number, std::string_view behind) {
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), format, number);
  return std::string(text.data(), static_cast<std::size_t>(size)).append(behind);
}

std::string Describe(const WeatherResponse& weather) {
  return Format("%8.1f", Celsius(weather.temperature()), " °C") +
         Format("%8.0f", 100.0 * static_cast<double>(weather.humidity()), " %") +
         Format("%6.1f", MetresPerSecond(weather.wind().speed()), " m/s from ") +
         std::string(CompassPoint(static_cast<double>(weather.wind().direction())));
}

}  // namespace

void PrintTable(std::ostream& out, std::span<const Answer> answers) {
  out << "City         Latitude  Longitude  Temperature  Humidity  Wind\n";
  for (const Answer& answer : answers) {
    std::string line(answer.city.name);
    line.resize(12, ' ');
    line += Format("%9.2f", answer.city.place.latitude, "") + Format("%11.2f", answer.city.place.longitude, "");
    line += answer.weather.ok() ? "  " + Describe(*answer.weather) : "  " + answer.weather.error().ToString();
    out << line << '\n';
  }
}

double Celsius(const Temperature& temperature) {
  const double degrees = static_cast<double>(temperature.degrees());
  switch (temperature.units()) {
    case Temperature::FAHRENHEIT: return (degrees - 32) / 1.8;
    case Temperature::KELVIN: return degrees - 273.15;
    default: return degrees;
  }
}

double MetresPerSecond(const Speed& speed) {
  const double value = static_cast<double>(speed.value());
  switch (speed.units()) {
    case Speed::MPH: return value * 0.44704;
    case Speed::KNOTS: return value * 1852 / 3600;
    case Speed::KMH: return value / 3.6;
    default: return value;
  }
}

std::string_view CompassPoint(double degrees) {
  static constexpr std::array<std::string_view, 16> kPoints{"N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE",
                                                            "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"};
  const double turns = degrees / 360 - std::floor(degrees / 360);
  if (!std::isfinite(turns)) return "?";
  return kPoints[static_cast<std::size_t>(std::lround(turns * 16)) % kPoints.size()];
}

}  // namespace weather
