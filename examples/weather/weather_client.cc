// Asks for the weather of a dozen cities, all at once, and prints a table.
// Usage: weather_client --target HOST:PORT [--style blocking|future|async]
//
// The three styles show three ways to have the answer of the same call. "blocking" waits for one city after the other.
#include <algorithm>
#include <future>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "cities.h"
#include "coordinates.h"
#include "flags.h"
#include "table.h"
#include "weather.rhei.h"

namespace weather {
namespace {

WeatherRequest RequestFor(const City& city) {
  WeatherRequest request;
  *request.mutable_coordinates() = ToCoordinates(city.place);
  return request;
}

std::vector<Answer> AskBlocking(const Weather::Stub& stub) {
  std::vector<Answer> answers;
  for (const City& city : kCities) answers.push_back({city, stub.GetCurrent(RequestFor(city)).Wait()});
  return answers;
}

std::vector<Answer> AskWithFutures(const Weather::Stub& stub) {
  std::vector<std::future<rhei::Result<WeatherResponse>>> futures;
  for (const City& city : kCities) futures.push_back(stub.GetCurrent(RequestFor(city)).Future());
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < kCities.size(); ++i) answers.push_back({kCities[i], futures[i].get()});
  return answers;
}

rhei::Task<void> AskInCoroutine(const Weather::Stub& stub, std::promise<std::vector<Answer>> done) {
  std::vector<rhei::UnaryCall<WeatherResponse>> calls;
  for (const City& city : kCities) calls.push_back(stub.GetCurrent(RequestFor(city)));
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < kCities.size(); ++i) {
    rhei::Result<WeatherResponse> weather = co_await calls[i];
    answers.push_back({kCities[i], std::move(weather)});
  }
  done.set_value(std::move(answers));
}

std::vector<Answer> AskAsynchronously(const Weather::Stub& stub) {
  std::promise<std::vector<Answer>> done;
  std::future<std::vector<Answer>> answers = done.get_future();
  rhei::Spawn(AskInCoroutine(stub, std::move(done)));
  return answers.get();
}

}  // namespace
}  // namespace weather

int main(int argc, char** argv) {
  const weather::Flags flags(argc, argv, {{"target", ""}, {"style", "async"}});
  const std::string& style = flags.Text("style");
  if (flags.Text("target").empty()) flags.Fail("needs --target");

  const weather::Weather::Stub stub(rhei::Connect(flags.Text("target")));
  std::vector<weather::Answer> answers;
  if (style == "blocking") {
    answers = weather::AskBlocking(stub);
  } else if (style == "future") {
    answers = weather::AskWithFutures(stub);
  } else if (style == "async") {
    answers = weather::AskAsynchronously(stub);
  } else {
    flags.Fail("needs blocking, future or async behind --style, not '" + style + "'");
  }

  std::cout << "The weather now, asked in the style '" << style << "':\n";
  weather::PrintTable(std::cout, answers);
  return std::all_of(answers.begin(), answers.end(), [](const auto& answer) { return answer.weather.ok(); }) ? 0 : 1;
}
