#include "table.h"

#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <vector>

namespace weather {
namespace {

WeatherResponse MakeWeather() {
  WeatherResponse weather;
  weather.mutable_temperature()->set_degrees(70);
  weather.mutable_temperature()->set_units(Temperature::FAHRENHEIT);
  weather.set_humidity(0.65f);
  weather.mutable_wind()->mutable_speed()->set_value(36);
  weather.mutable_wind()->mutable_speed()->set_units(Speed::KMH);
  weather.mutable_wind()->set_direction(315);
  return weather;
}

TEST(TableTest, PrintsOneLineACityInUnitsOfItsOwn) {
  std::ostringstream out;
  PrintTable(out, std::vector<Answer>{{{"Kyiv", {50.45, 30.52}}, MakeWeather()}});
  EXPECT_EQ(out.str(),
            "City         Latitude  Longitude  Temperature  Humidity  Wind\n"
            "Kyiv            50.45      30.52      21.1 °C      65 %  10.0 m/s from NW\n");
}

TEST(TableTest, PrintsTheErrorWhereThereIsNoAnswer) {
  std::ostringstream out;
  const rhei::Error error(rhei::StatusCode::kUnavailable, "wind: no connection");
  PrintTable(out, std::vector<Answer>{{{"Lisbon", {38.72, -9.14}}, error}});
  EXPECT_NE(out.str().find("Lisbon          38.72      -9.14  UNAVAILABLE: wind: no connection\n"), std::string::npos)
      << out.str();
}

TEST(TableTest, KnowsAllUnits) {
  Temperature temperature;
  temperature.set_degrees(300);
  temperature.set_units(Temperature::KELVIN);
  EXPECT_NEAR(Celsius(temperature), 26.85, 1e-9);
  Speed speed;
  speed.set_value(10);
  speed.set_units(Speed::MPH);
  EXPECT_NEAR(MetresPerSecond(speed), 4.4704, 1e-9);
  speed.set_units(Speed::KNOTS);
  EXPECT_NEAR(MetresPerSecond(speed), 5.1444, 1e-4);
  speed.set_units(Speed::MPS);
  EXPECT_EQ(MetresPerSecond(speed), 10);
}

TEST(TableTest, NamesDirections) {
  EXPECT_EQ(CompassPoint(0), "N");
  EXPECT_EQ(CompassPoint(359.9), "N");
  EXPECT_EQ(CompassPoint(90), "E");
  EXPECT_EQ(CompassPoint(202.5), "SSW");
  EXPECT_EQ(CompassPoint(-90), "W");
  EXPECT_EQ(CompassPoint(std::numeric_limits<double>::quiet_NaN()), "?");
}

}  // namespace
}  // namespace weather
