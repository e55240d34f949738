// Asks for the weather of a dozen cities, all at once, and prints a table.
// Usage: weather_client --target HOST:PORT [--style blocking|future|async|observer]
//
// The first three styles are three ways to have the answer of the same call; "blocking" waits for one city after the
// other. "observer" sends all cities down one stream, and is called back for each temperature, humidity and wind.
#include <algorithm>
#include <array>
#include <cstddef>
#include <future>
#include <iostream>
#include <memory>
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

// Writes all cities as fast as they are taken, and puts the parts that come back together.
class Observation final : public rhei::StreamObserver<WeatherResponse> {
 public:
  explicit Observation(rhei::Writer<WeatherRequest>& requests) : requests_(requests) {}

  void OnReady() override {
    while (asked_ < kCities.size() && requests_.TryWrite(RequestFor(kCities[asked_]))) ++asked_;
    if (asked_ == kCities.size()) requests_.WritesDone();
  }
  void OnNext(WeatherResponse& part) override {
    if (part.has_temperature()) {
      *weather_.at(temperatures_++).mutable_temperature() = part.temperature();
    } else if (part.has_wind()) {
      *weather_.at(winds_++).mutable_wind() = part.wind();
    } else {
      weather_.at(humidities_++).set_humidity(part.humidity());
    }
  }
  void OnCompleted() override { Finish(rhei::Error(rhei::StatusCode::kDataLoss, "the stream ended too early")); }
  void OnError(const rhei::Error& error) override { Finish(error); }

  std::vector<Answer> Wait() { return done_.get_future().get(); }

 private:
  void Finish(const rhei::Error& error_of_the_rest) {
    const std::size_t complete = std::min({temperatures_, humidities_, winds_});
    std::vector<Answer> answers;
    for (std::size_t i = 0; i < kCities.size(); ++i) {
      if (i < complete) {
        answers.push_back({kCities[i], weather_[i]});
      } else {
        answers.push_back({kCities[i], error_of_the_rest});
      }
    }
    done_.set_value(std::move(answers));
  }

  rhei::Writer<WeatherRequest>& requests_;
  std::array<WeatherResponse, kCities.size()> weather_;
  // How many of each have gone or come. The parts of each kind come in the order of the cities.
  std::size_t asked_ = 0;
  std::size_t temperatures_ = 0;
  std::size_t humidities_ = 0;
  std::size_t winds_ = 0;
  std::promise<std::vector<Answer>> done_;
};

std::vector<Answer> AskWithObserver(const WeatherStreaming::Stub& stub) {
  auto call = stub.Observe();
  const auto observation = std::make_shared<Observation>(call.writer());
  call.Observe(observation);
  return observation->Wait();
}

}  // namespace
}  // namespace weather

int main(int argc, char** argv) {
  const weather::Flags flags(argc, argv, {{"target", ""}, {"style", "async"}});
  const std::string& style = flags.Text("style");
  if (flags.Text("target").empty()) flags.Fail("needs --target");

  // By this the logs of all servers tell which calls belong together.
  const rhei::CallOptions options = rhei::CallOptions().Metadata("x-request-id", "demo-" + style);
  const rhei::Channel channel = rhei::Connect(flags.Text("target")).With(options);
  const weather::Weather::Stub stub(channel);
  std::vector<weather::Answer> answers;
  if (style == "blocking") {
    answers = weather::AskBlocking(stub);
  } else if (style == "future") {
    answers = weather::AskWithFutures(stub);
  } else if (style == "async") {
    answers = weather::AskAsynchronously(stub);
  } else if (style == "observer") {
    answers = weather::AskWithObserver(weather::WeatherStreaming::Stub(channel));
  } else {
    flags.Fail("needs blocking, future, async or observer behind --style, not '" + style + "'");
  }

  std::cout << "The weather now, asked in the style '" << style << "':\n";
  weather::PrintTable(std::cout, answers);
  return std::all_of(answers.begin(), answers.end(), [](const auto& answer) { return answer.weather.ok(); }) ? 0 : 1;
}
