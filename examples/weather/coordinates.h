// Between the coordinates of the protocol and those of the climate.
#pragma once

#include "climate.h"
#include "rhei/result.h"
#include "weather.pb.h"

namespace weather {

// INVALID_ARGUMENT for what is not a place on Earth, with a text that says which number is wrong.
rhei::Result<Place> ToPlace(const Coordinates& coordinates);

Coordinates ToCoordinates(Place place);

}  // namespace weather
