#include "climate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

namespace weather {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;

Time At(int y, unsigned m, int hour = 0) { return sys_days(year(y) / month(m) / 1) + hours(hour); }

// The mean over 30 days from the first of a month, in steps that meet every hour of the day.
double MeanTemperature(const Climate& climate, Place place, unsigned m) {
  double sum = 0;
  int count = 0;
  for (Time time = At(2024, m); time < At(2024, m) + days(30); time += hours(5)) {
    sum += climate.Temperature(place, time);
    ++count;
  }
  return sum / count;
}

std::vector<Place> Grid() {
  std::vector<Place> places;
  for (double latitude = -90; latitude <= 90; latitude += 10) {
    for (double longitude = -180; longitude < 180; longitude += 15) places.push_back({latitude, longitude});
  }
  return places;
}

constexpr Place kKyiv{50.45, 30.52};
constexpr Place kUshuaia{-54.80, -68.30};
constexpr Place kReykjavik{64.15, -21.94};
constexpr Place kSingapore{1.35, 103.82};

TEST(ClimateTest, JulyIsWarmerThanJanuaryInTheNorthAndColderInTheSouth) {
  const Climate climate(1);
  for (double longitude = -180; longitude < 180; longitude += 30) {
    EXPECT_GT(MeanTemperature(climate, {50, longitude}, 7), MeanTemperature(climate, {50, longitude}, 1) + 4);
    EXPECT_LT(MeanTemperature(climate, {-50, longitude}, 7), MeanTemperature(climate, {-50, longitude}, 1) - 4);
  }
}

TEST(ClimateTest, TheEquatorHasNoSeasons) {
  const Climate climate(1);
  EXPECT_NEAR(MeanTemperature(climate, {0, 0}, 7), MeanTemperature(climate, {0, 0}, 1), 1.5);
}

TEST(ClimateTest, ThePolesAreColderThanTheMiddleLatitudesAndThoseThanTheEquator) {
  const Climate climate(1);
  for (const unsigned m : {1u, 4u, 7u, 10u}) {
    for (const double sign : {-1.0, 1.0}) {
      EXPECT_LT(MeanTemperature(climate, {sign * 90, 0}, m), MeanTemperature(climate, {sign * 45, 0}, m));
      EXPECT_LT(MeanTemperature(climate, {sign * 45, 0}, m), MeanTemperature(climate, {0, 0}, m));
    }
  }
}

TEST(ClimateTest, CitiesHaveMonthsLikeTheirRealOnes) {
  const Climate climate(1);
  EXPECT_NEAR(MeanTemperature(climate, kKyiv, 1), -4, 5);
  EXPECT_NEAR(MeanTemperature(climate, kKyiv, 7), 21, 5);
  EXPECT_NEAR(MeanTemperature(climate, kReykjavik, 7), 11, 8);
  EXPECT_NEAR(MeanTemperature(climate, kSingapore, 1), 27, 3);
  EXPECT_NEAR(MeanTemperature(climate, kUshuaia, 7), 2, 5);
}

TEST(ClimateTest, InlandHasLargerSeasonsThanTheSea) {
  const Climate climate(1);
  const Place siberia{58, 90};
  const Place atlantic{58, -30};
  EXPECT_GT(Continentality(siberia), 0.9);
  EXPECT_LT(Continentality(atlantic), 0.1);
  const double inland = MeanTemperature(climate, siberia, 7) - MeanTemperature(climate, siberia, 1);
  const double sea = MeanTemperature(climate, atlantic, 7) - MeanTemperature(climate, atlantic, 1);
  EXPECT_GT(inland, 2 * sea);
}

TEST(ClimateTest, AfternoonsAreWarmerAndDrierThanNightsByTheLocalSun) {
  const Climate climate(1);
  for (const double longitude : {-150.0, -60.0, 0.0, 45.0, 179.0}) {
    double warmer = 0;
    double drier = 0;
    for (int day = 0; day < 60; ++day) {
      const Time noon_by_sun = At(2024, 6) + days(day) + minutes(static_cast<int>(720 - 4 * longitude));
      const Place place{20, longitude};
      warmer += climate.Temperature(place, noon_by_sun + hours(3)) - climate.Temperature(place, noon_by_sun - hours(9));
      drier += climate.Humidity(place, noon_by_sun - hours(9)) - climate.Humidity(place, noon_by_sun + hours(3));
    }
    EXPECT_GT(warmer / 60, 2) << longitude;
    EXPECT_GT(drier / 60, 0) << longitude;
  }
}

TEST(ClimateTest, ValuesStayWithinWhatTheEarthHasSeen) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Climate climate(seed);
    for (const Place place : Grid()) {
      for (unsigned m = 1; m <= 12; ++m) {
        const Time time = At(2025, m, static_cast<int>(m * 7 % 24));
        EXPECT_GT(climate.Temperature(place, time), -75);
        EXPECT_LT(climate.Temperature(place, time), 55);
        EXPECT_GE(climate.Humidity(place, time), 0.05);
        EXPECT_LE(climate.Humidity(place, time), 1.0);
        const WindVector wind = climate.Wind(place, time);
        EXPECT_GE(wind.speed, 0);
        EXPECT_LT(wind.speed, 40);
        EXPECT_GE(wind.direction, 0);
        EXPECT_LT(wind.direction, 360);
      }
    }
  }
}

TEST(ClimateTest, NearbyPlacesAndMomentsHaveNearlyTheSameWeather) {
  const Climate climate(1);
  const Time time = At(2024, 3, 10);
  for (const Place place : Grid()) {
    const Place near{place.latitude > 0 ? place.latitude - 0.05 : place.latitude + 0.05, place.longitude + 0.05};
    EXPECT_NEAR(climate.Temperature(place, time), climate.Temperature(near, time), 0.3);
    EXPECT_NEAR(climate.Humidity(place, time), climate.Humidity(near, time), 0.02);
    EXPECT_NEAR(climate.Wind(place, time).speed, climate.Wind(near, time).speed, 0.3);
    EXPECT_NEAR(climate.Temperature(place, time), climate.Temperature(place, time + minutes(1)), 0.1);
    EXPECT_NEAR(climate.Humidity(place, time), climate.Humidity(place, time + minutes(1)), 0.01);
    EXPECT_NEAR(climate.Wind(place, time).speed, climate.Wind(place, time + minutes(1)).speed, 0.1);
  }
}

TEST(ClimateTest, TheDateLineAndThePolesAreOnePlaceEach) {
  const Climate climate(1);
  const Time time = At(2024, 3, 10);
  EXPECT_NEAR(climate.Temperature({40, 180}, time), climate.Temperature({40, -180}, time), 1e-6);
  EXPECT_NEAR(climate.Wind({40, 180}, time).speed, climate.Wind({40, -180}, time).speed, 1e-6);
  EXPECT_NEAR(climate.Temperature({90, 0}, time), climate.Temperature({90, 120}, time), 1e-6);
  EXPECT_NEAR(climate.Humidity({-90, 0}, time), climate.Humidity({-90, 120}, time), 1e-6);
}

TEST(ClimateTest, TheTradeWindsBlowFromTheEastAndTheWesterliesFromTheWest) {
  const Climate climate(1);
  int trades = 0;
  int westerlies = 0;
  for (int day = 0; day < 100; ++day) {
    const WindVector trade = climate.Wind({10, -30}, At(2024, 1) + days(day));
    if (trade.direction > 0 && trade.direction < 180) ++trades;
    const WindVector westerly = climate.Wind({-52, -100}, At(2024, 1) + days(day));
    if (westerly.direction > 180) ++westerlies;
  }
  EXPECT_GT(trades, 70);
  EXPECT_GT(westerlies, 70);
}

TEST(ClimateTest, TheSeedChoosesTheWeatherAndNothingElseDoes) {
  const Time time = At(2024, 3, 10);
  EXPECT_EQ(Climate(7).Temperature(kKyiv, time), Climate(7).Temperature(kKyiv, time));
  EXPECT_NE(Climate(7).Temperature(kKyiv, time), Climate(8).Temperature(kKyiv, time));
}

TEST(WeatherFieldTest, HasMeanZeroAndDeviationOne) {
  const WeatherField field(3);
  double sum = 0;
  double squares = 0;
  int count = 0;
  for (const Place place : Grid()) {
    for (int day = 0; day < 200; ++day) {
      const double value = field.At(place, At(2024, 1) + days(day));
      sum += value;
      squares += value * value;
      ++count;
    }
  }
  EXPECT_NEAR(sum / count, 0, 0.1);
  EXPECT_NEAR(std::sqrt(squares / count), 1, 0.1);
}

TEST(WeatherFieldTest, ChangesFromDayToDay) {
  const WeatherField field(3);
  double largest = 0;
  for (int day = 0; day < 30; ++day) {
    largest = std::max(
        largest, std::abs(field.At(kKyiv, At(2024, 1) + days(day)) - field.At(kKyiv, At(2024, 1) + days(day + 1))));
  }
  EXPECT_GT(largest, 0.5);
}

}  // namespace
}  // namespace weather
