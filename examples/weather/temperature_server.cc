// Tells the temperature of a place, and of each place in a stream.
// Usage: temperature_server [--port PORT] [--seed NUMBER] [--pause MILLISECONDS] [--log_calls 1]; port 0 takes a free
// one. With a pause it takes so long for each answer in a stream, as a slow thermometer would.
#include <chrono>
#include <cstdint>
#include <optional>

#include "climate.h"
#include "coordinates.h"
#include "flags.h"
#include "serve.h"
#include "weather.rhei.h"

namespace weather {

rhei::Result<Temperature> TemperatureAt(const Climate& climate, const Coordinates& coordinates) {
  const rhei::Result<Place> place = ToPlace(coordinates);
  if (!place.ok()) return place.error();
  Temperature reply;
  reply.set_degrees(static_cast<float>(climate.Temperature(*place, std::chrono::system_clock::now())));
  reply.set_units(Temperature::CELSIUS);
  return reply;
}

class TemperatureServer final : public TemperatureService::Service {
 public:
  explicit TemperatureServer(const Climate& climate) : climate_(climate) {}

  rhei::Task<rhei::Result<Temperature>> GetCurrent(rhei::ServerContext&, const Coordinates& coordinates) override {
    return TemperatureAt(climate_, coordinates);
  }

 private:
  const Climate& climate_;
};

class StreamingTemperatureServer final : public TemperatureServiceStreaming::Service {
 public:
  StreamingTemperatureServer(const Climate& climate, std::chrono::milliseconds pause)
      : climate_(climate), pause_(pause) {}

  rhei::Task<rhei::Status> Observe(rhei::ServerContext&, rhei::Reader<Coordinates>& reader,
                                   rhei::Writer<Temperature>& writer) override {
    while (const std::optional<Coordinates> coordinates = co_await reader.Next()) {
      const rhei::Result<Temperature> temperature = TemperatureAt(climate_, *coordinates);
      if (!temperature.ok()) co_return temperature.error();
      if (pause_.count() > 0) {
        const rhei::Status rested = co_await rhei::Sleep(pause_);
        if (!rested.ok()) co_return rested;
      }
      if (!co_await writer.Write(*temperature)) break;
    }
    co_return rhei::Status();
  }

 private:
  const Climate& climate_;
  const std::chrono::milliseconds pause_;
};

}  // namespace weather

int main(int argc, char** argv) {
  const weather::Flags flags(argc, argv, {{"port", "0"}, {"seed", "1"}, {"pause", "0"}, {"log_calls", "0"}});
  const weather::Climate climate(flags.Number("seed", UINT64_MAX));
  weather::TemperatureServer server(climate);
  weather::StreamingTemperatureServer streaming_server(climate, flags.Milliseconds("pause"));
  return weather::Serve({server, streaming_server}, flags);
}
