#include "climate.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

namespace weather {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kSecondsPerDay = 86400;
constexpr double kDaysPerYear = 365.2425;

constexpr double Radians(double degrees) { return degrees * kPi / 180; }

struct Point {
  double x, y, z;
};

Point OnSphere(Place place) {
  const double latitude = Radians(place.latitude);
  const double longitude = Radians(place.longitude);
  return {std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude), std::sin(latitude)};
}

double Seconds(Time time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

// 1 when the north is warmest, around 20 July, and -1 half a year later.
double Season(Time time) {
  constexpr double kWarmestDay = 200;
  const double days = Seconds(time) / kSecondsPerDay;
  return std::cos(2 * kPi * (days - kWarmestDay) / kDaysPerYear);
}

// 1 at 15 h by the sun, -1 at 3 h.
double HourOfDay(Place place, Time time) {
  constexpr double kWarmestHour = 15;
  const double hours = Seconds(time) / 3600 + place.longitude / 15;
  return std::cos(2 * kPi * (hours - kWarmestHour) / 24);
}

// A land mass as a centre and the distance in degrees at which its influence has faded to 1/e.
struct LandMass {
  Place centre;
  double radius;
};
constexpr std::array<LandMass, 9> kLandMasses{{
    {{52, 45}, 22},    // eastern Europe
    {{58, 90}, 28},    // Siberia
    {{38, 90}, 24},    // central Asia
    {{50, -102}, 22},  // North America
    {{-10, -55}, 16},  // South America
    {{20, 10}, 18},    // the Sahara
    {{-10, 25}, 15},   // southern Africa
    {{-25, 134}, 13},  // Australia
    {{-85, 60}, 18},   // Antarctica
}};

}  // namespace

double Continentality(Place place) {
  const Point here = OnSphere(place);
  double most = 0;
  for (const LandMass& land : kLandMasses) {
    const Point centre = OnSphere(land.centre);
    const double cosine = here.x * centre.x + here.y * centre.y + here.z * centre.z;
    const double distance = std::acos(std::clamp(cosine, -1.0, 1.0)) / Radians(land.radius);
    most = std::max(most, std::exp(-distance * distance));
  }
  return most;
}

WeatherField::WeatherField(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  // Of the standard library only the engine gives the same numbers everywhere, the distributions do not.
  const auto between = [&random](double low, double high) {
    return low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53;
  };
  for (Wave& wave : waves_) {
    const double length = between(4, 10);
    const double z = between(-1, 1);
    const double angle = between(0, 2 * kPi);
    const double across = std::sqrt(1 - z * z);
    const double days = between(2, 8);
    wave = {length * across * std::cos(angle), length * across * std::sin(angle), length * z,
            2 * kPi / (days * kSecondsPerDay), between(0, 2 * kPi)};
  }
}

double WeatherField::At(Place place, Time time) const {
  const Point here = OnSphere(place);
  const double seconds = Seconds(time);
  double sum = 0;
  for (const Wave& wave : waves_) {
    sum += std::sin(wave.x * here.x + wave.y * here.y + wave.z * here.z - wave.per_second * seconds + wave.phase);
  }
  // Each wave has the variance 1/2.
  return sum / std::sqrt(static_cast<double>(waves_.size()) / 2);
}

Climate::Climate(std::uint64_t seed) : warmth_(seed), moisture_(seed + 1), east_(seed + 2), north_(seed + 3) {}

double Climate::Temperature(Place place, Time time) const {
  const double sine = std::sin(Radians(place.latitude));
  const double land = Continentality(place);
  const double mean = 27 - (33 + 15 * land) * std::pow(std::abs(sine), 3);
  const double season = sine * (6 + 14 * land) * Season(time);
  const double hour = std::cos(Radians(place.latitude)) * (2 + 5 * land) * HourOfDay(place, time);
  const double change = (1 + 3 * std::abs(sine)) * warmth_.At(place, time);
  return mean + season + hour + change;
}

double Climate::Humidity(Place place, Time time) const {
  const double land = Continentality(place);
  const double from_desert_belt = (std::abs(place.latitude) - 27) / 10;
  const double desert = (0.1 + 0.25 * land) * std::exp(-from_desert_belt * from_desert_belt);
  const double hour = (0.03 + 0.12 * land) * std::cos(Radians(place.latitude)) * HourOfDay(place, time);
  const double change = 0.08 * moisture_.At(place, time);
  return std::clamp(0.80 - 0.20 * land - desert - hour + change, 0.05, 1.0);
}

WindVector Climate::Wind(Place place, Time time) const {
  const double latitude = Radians(place.latitude);
  const double strength = 1 - 0.5 * Continentality(place);
  // Towards east and north, in metres a second. The trade winds blow to the west and the equator, the westerlies to the
  // east and the poles.
  const double east = strength * (-5 * std::cos(3 * latitude) + 3 * east_.At(place, time));
  const double north = strength * (-1.5 * std::sin(6 * latitude) + 3 * north_.At(place, time));
  const double from = std::atan2(-east, -north) * 180 / kPi;
  const double direction = from < 0 ? from + 360 : from;
  return {std::hypot(east, north), direction < 360 ? direction : 0};
}

}  // namespace weather
