#include "coordinates.h"

#include <cmath>
#include <cstdint>
#include <sstream>

namespace weather {
namespace {

constexpr double kUnitsPerDegree = 1e7;

double ToDegrees(std::uint64_t units) {
  return static_cast<double>(static_cast<std::int64_t>(units)) / kUnitsPerDegree;
}

std::uint64_t ToUnits(double degrees) { return static_cast<std::uint64_t>(std::llround(degrees * kUnitsPerDegree)); }

rhei::Error OutOfRange(const char* what, double degrees, int limit) {
  std::ostringstream message;
  message << what << " " << degrees << "° lies outside −" << limit << "° to " << limit << "°";
  return rhei::Error(rhei::StatusCode::kInvalidArgument, message.str());
}

}  // namespace

rhei::Result<Place> ToPlace(const Coordinates& coordinates) {
  const Place place{ToDegrees(coordinates.latitude()), ToDegrees(coordinates.longitude())};
  if (std::abs(place.latitude) > 90) return OutOfRange("latitude", place.latitude, 90);
  if (std::abs(place.longitude) > 180) return OutOfRange("longitude", place.longitude, 180);
  return place;
}

Coordinates ToCoordinates(Place place) {
  Coordinates coordinates;
  coordinates.set_latitude(ToUnits(place.latitude));
  coordinates.set_longitude(ToUnits(place.longitude));
  return coordinates;
}

}  // namespace weather
