// The cities that the client asks for.
#pragma once

#include <array>
#include <string_view>

#include "climate.h"

namespace weather {

struct City {
  std::string_view name;
  Place place;
};

inline constexpr std::array<City, 12> kCities{{
    {"Reykjavik", {64.15, -21.94}},
    {"Kyiv", {50.45, 30.52}},
    {"Boston", {42.36, -71.06}},
    {"Lisbon", {38.72, -9.14}},
    {"Tokyo", {35.68, 139.69}},
    {"Cairo", {30.04, 31.24}},
    {"Mumbai", {19.08, 72.88}},
    {"Singapore", {1.35, 103.82}},
    {"Nairobi", {-1.29, 36.82}},
    {"Sydney", {-33.87, 151.21}},
    {"Auckland", {-36.85, 174.76}},
    {"Ushuaia", {-54.80, -68.30}},
}};

}  // namespace weather
