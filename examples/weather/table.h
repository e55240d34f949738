// Answers of the Weather service, for people to read.
#pragma once

#include <ostream>
#include <span>

#include "cities.h"
#include "rhei/result.h"
#include "weather.pb.h"

namespace weather {

struct Answer {
  City city;
  rhei::Result<WeatherResponse> weather;
};

// One line a city; where there is no answer, the error.
void PrintTable(std::ostream& out, std::span<const Answer> answers);

// The units of the reply may be any of the protocol's; the table has one of each.
double Celsius(const Temperature& temperature);
double MetresPerSecond(const Speed& speed);
// "N", "NNE", "NE", ... for degrees clockwise from north.
std::string_view CompassPoint(double degrees);

}  // namespace weather
