#include "streaming_weather.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "shared_writer.h"
#include "task_group.h"

namespace weather {
namespace {

template <typename Part>
using SourceCall = rhei::BidiStreamingCall<Coordinates, Part>;

// The calls to the three, and the way of the requests to them, in callback style: a request is asked for when the one
// before has gone to all three, so that no more than one waits here, however slow they are.
class Sources final : public rhei::StreamObserver<WeatherRequest> {
 public:
  Sources(rhei::Reader<WeatherRequest>& requests, SourceCall<Temperature> temperature_call,
          SourceCall<HumidityResponse> humidity_call, SourceCall<Wind> wind_call)
      : temperature(std::move(temperature_call)),
        humidity(std::move(humidity_call)),
        wind(std::move(wind_call)),
        requests_(requests) {
    for (Target& target : targets_) target.writer.OnReady([this] { PassOn(); });
  }

  void OnNext(WeatherRequest& request) override {
    place_ = request.coordinates();
    for (Target& target : targets_) target.has_place = false;
    passing_on_ = true;
    PassOn();
  }
  void OnCompleted() override {
    completed_ = true;
    for (Target& target : targets_) target.writer.WritesDone();
  }
  void OnError(const rhei::Error&) override {}  // what ended the client's call has ended these three as well

  void Cancel() {
    temperature.Cancel();
    humidity.Cancel();
    wind.Cancel();
  }
  bool completed() const { return completed_; }

  SourceCall<Temperature> temperature;
  SourceCall<HumidityResponse> humidity;
  SourceCall<Wind> wind;

 private:
  struct Target {
    rhei::Writer<Coordinates>& writer;
    bool has_place = true;
  };

  void PassOn() {
    bool all_have_it = true;
    for (Target& target : targets_) {
      target.has_place = target.has_place || target.writer.TryWrite(place_);
      all_have_it = all_have_it && target.has_place;
    }
    if (all_have_it && std::exchange(passing_on_, false)) requests_.Request(1);
  }

  rhei::Reader<WeatherRequest>& requests_;
  std::array<Target, 3> targets_{{{temperature.writer()}, {humidity.writer()}, {wind.writer()}}};
  Coordinates place_;
  bool passing_on_ = false;
  bool completed_ = false;
};

// The way of the answers of one of them, as a coroutine.
template <typename Part>
rhei::Task<rhei::Status> Merge(std::string_view name, SourceCall<Part>& call, const Sources& sources,
                               SharedWriter<WeatherResponse>& answers, void (*put)(Part&, WeatherResponse&)) {
  while (std::optional<Part> part = co_await call.Next()) {
    WeatherResponse answer;
    put(*part, answer);
    if (!co_await answers.Write(answer)) break;
  }
  const rhei::Status ended = co_await call.Finish();
  if (!ended.ok()) co_return rhei::Error(ended.code(), std::string(name) + ": " + ended.error().message());
  if (!sources.completed()) {
    co_return rhei::Error(rhei::StatusCode::kUnavailable, std::string(name) + ": ended before the requests did");
  }
  co_return rhei::Status();
}

}  // namespace

StreamingWeatherServer::StreamingWeatherServer(rhei::Channel temperature, rhei::Channel humidity, rhei::Channel wind)
    : temperature_(std::move(temperature)), humidity_(std::move(humidity)), wind_(std::move(wind)) {}

rhei::Task<rhei::Status> StreamingWeatherServer::Observe(rhei::ServerContext&, rhei::Reader<WeatherRequest>& reader,
                                                         rhei::Writer<WeatherResponse>& writer) {
  const auto sources = std::make_shared<Sources>(reader, temperature_.Observe(), humidity_.Observe(), wind_.Observe());
  reader.Observe(sources, rhei::Inbound::kManual);
  reader.Request(1);

  SharedWriter<WeatherResponse> answers(writer);
  TaskGroup merging([&sources, &writer] {
    sources->Cancel();
    writer.WritesDone();  // ends a write that waits for a client which does not read
  });
  merging.Start(Merge<Temperature>(
      "temperature", sources->temperature, *sources, answers,
      [](Temperature& part, WeatherResponse& answer) { answer.mutable_temperature()->Swap(&part); }));
  merging.Start(Merge<HumidityResponse>(
      "humidity", sources->humidity, *sources, answers,
      [](HumidityResponse& part, WeatherResponse& answer) { answer.set_humidity(part.value()); }));
  merging.Start(Merge<Wind>("wind", sources->wind, *sources, answers,
                            [](Wind& part, WeatherResponse& answer) { answer.mutable_wind()->Swap(&part); }));
  co_return co_await merging.Join();
}

}  // namespace weather
