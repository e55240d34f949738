#include "coordinates.h"

#include <gtest/gtest.h>

namespace weather {
namespace {

Coordinates Make(std::uint64_t latitude, std::uint64_t longitude) {
  Coordinates coordinates;
  coordinates.set_latitude(latitude);
  coordinates.set_longitude(longitude);
  return coordinates;
}

TEST(CoordinatesTest, NegativeDegreesAreTwosComplement) {
  // What a Java client sends for setLatitude(420000000).setLongitude(-720000000).
  const rhei::Result<Place> place = ToPlace(Make(420000000, 18446744072989551616u));
  ASSERT_TRUE(place.ok());
  EXPECT_EQ(place->latitude, 42.0);
  EXPECT_EQ(place->longitude, -72.0);
}

TEST(CoordinatesTest, APlaceComesBackAsItWas) {
  const rhei::Result<Place> place = ToPlace(ToCoordinates({-54.8019, -68.3029}));
  ASSERT_TRUE(place.ok());
  EXPECT_DOUBLE_EQ(place->latitude, -54.8019);
  EXPECT_DOUBLE_EQ(place->longitude, -68.3029);
}

TEST(CoordinatesTest, ThePolesAndTheDateLineArePlaces) {
  for (const Place place : {Place{90, 180}, Place{-90, -180}}) EXPECT_TRUE(ToPlace(ToCoordinates(place)).ok());
}

TEST(CoordinatesTest, TheErrorNamesTheNumberThatIsNoPlace) {
  const rhei::Result<Place> north = ToPlace(Make(905000000, 0));
  ASSERT_FALSE(north.ok());
  EXPECT_EQ(north.error().code(), rhei::StatusCode::kInvalidArgument);
  EXPECT_EQ(north.error().message(), "latitude 90.5° lies outside −90° to 90°");

  const rhei::Result<Place> east = ToPlace(Make(0, UINT64_C(1) << 63));
  ASSERT_FALSE(east.ok());
  EXPECT_NE(east.error().message().find("longitude"), std::string::npos);
}

}  // namespace
}  // namespace weather
