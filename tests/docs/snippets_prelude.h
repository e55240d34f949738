// What the code in the documents may use without saying so.
#pragma once

#include <functional>
#include <future>
#include <iostream>
#include <memory>
#include <string>

#include "rhei/rhei.h"
#include "weather.rhei.h"

using weather::HumidityResponse;
using weather::HumidityService;
using weather::Weather;
using weather::WeatherRequest;
using weather::WeatherResponse;
using weather::Wind;
using weather::WindService;
