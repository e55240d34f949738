// A small model of the Earth's climate: what the weather might be at a place and a time.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace weather {

// Degrees. Latitude from -90 (south) to 90, longitude from -180 (west) to 180.
struct Place {
  double latitude = 0;
  double longitude = 0;
};

using Time = std::chrono::system_clock::time_point;

// Speed in metres a second; direction that it blows from, in degrees clockwise from north, in [0, 360).
struct WindVector {
  double speed = 0;
  double direction = 0;
};

// Waves that travel over the globe, added up: a value for each place and time that looks random, has mean 0 and
// standard deviation 1, and is smooth everywhere, also over the poles and the date line, because it is computed from
// the place as a point of the unit sphere. The same seed gives the same field.
class WeatherField {
 public:
  explicit WeatherField(std::uint64_t seed);
  double At(Place place, Time time) const;

 private:
  struct Wave {
    double x, y, z;     // radians per unit of length of the sphere's space: 4 to 10, so 4,000 to 10,000 km long
    double per_second;  // radians: periods of 2 to 8 days
    double phase;
  };
  std::array<Wave, 8> waves_;
};

// Climate is what one expects of a latitude, a distance from the sea, a season and an hour; weather is a WeatherField
// on top. It knows no town: the only facts about the globe in it are where the large land masses lie, roughly. Sea
// level everywhere.
//
//   temperature = 27 - (33 + 15 land) |sin latitude|^3
//                                                  degrees Celsius, the mean over the year: 27 at the equator, at the
//                                                  poles -6 on the sea and -21 on land
//               + season                           up to 6 at sea and 20 deep inland, growing with the sine of the
//               latitude;
//                                                  the peak is 30 days after the solstice, as the ground stores heat
//               + hour                             up to 2 at sea and 7 inland, the peak at 15 h by the sun
//               + weather                          1 to 4
//   humidity    = 0.80 at sea to 0.60 inland, drier in the belts of deserts around 27 degrees, and when the day is hot
//   wind        = the three cells of each hemisphere (trade winds, westerlies, polar winds) + weather; weaker inland
//
// Immutable, so thread-safe.
class Climate {
 public:
  // The seed chooses the weather; servers that share it tell one story.
  explicit Climate(std::uint64_t seed);

  // Degrees Celsius.
  double Temperature(Place place, Time time) const;
  // Relative, from 0 to 1.
  double Humidity(Place place, Time time) const;
  WindVector Wind(Place place, Time time) const;

 private:
  WeatherField warmth_;
  WeatherField moisture_;
  WeatherField east_;
  WeatherField north_;
};

// How much a place has the climate of a large land mass: 0 at open sea, 1 in the middle of a continent.
double Continentality(Place place);

}  // namespace weather
