// What the code in the documents may use without saying so.
#pragma once

#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "rhei/adaptive_limit.h"
#include "rhei/call_limits.h"
#include "rhei/call_logging.h"
#include "rhei/call_metrics.h"
#include "rhei/error_details.h"
#include "rhei/generic.h"
#include "rhei/header_propagation.h"
#include "rhei/inprocess.h"
#include "rhei/request_validation.h"
#include "rhei/rhei.h"
#include "weather.rhei.h"

using weather::HumidityResponse;
using weather::HumidityService;
using weather::Weather;
using weather::WeatherRequest;
using weather::WeatherResponse;
using weather::Wind;
using weather::WindService;

// Calls Run for each block that is run. Written by snippets.py.
void RunSnippets();

using Snippet = void(Weather::Service& service, const Weather::Stub& weather, const WeatherRequest& request);
using AsynchronousSnippet = rhei::Task<void>(Weather::Service& service, const Weather::Stub& weather,
                                             const WeatherRequest& request);

// Runs a block to its end, behind a line with its place. `weather` is a server of this process.
void Run(const char* place, Snippet& snippet);
void Run(const char* place, AsynchronousSnippet& snippet);
