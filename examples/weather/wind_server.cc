// Tells the wind of a place, and of each place in a stream.
// Usage: wind_server [--port PORT] [--seed NUMBER] [--pause MILLISECONDS] [--log_calls 1]; port 0 takes a free one.
// With a pause it takes so long for each answer in a stream, as a slow anemometer would.
#include <chrono>
#include <cstdint>
#include <optional>

#include "climate.h"
#include "coordinates.h"
#include "flags.h"
#include "serve.h"
#include "weather.rhei.h"

namespace weather {

rhei::Result<Wind> WindAt(const Climate& climate, const Coordinates& coordinates) {
  const rhei::Result<Place> place = ToPlace(coordinates);
  if (!place.ok()) return place.error();
  const WindVector wind = climate.Wind(*place, std::chrono::system_clock::now());
  Wind reply;
  reply.mutable_speed()->set_value(static_cast<float>(wind.speed));
  reply.mutable_speed()->set_units(Speed::MPS);
  reply.set_direction(static_cast<float>(wind.direction));
  return reply;
}

class WindServer final : public WindService::Service {
 public:
  explicit WindServer(const Climate& climate) : climate_(climate) {}

  rhei::Task<rhei::Result<Wind>> GetCurrent(rhei::ServerContext&, const Coordinates& coordinates) override {
    return WindAt(climate_, coordinates);
  }

 private:
  const Climate& climate_;
};

class StreamingWindServer final : public WindServiceStreaming::Service {
 public:
  StreamingWindServer(const Climate& climate, std::chrono::milliseconds pause) : climate_(climate), pause_(pause) {}

  rhei::Task<rhei::Status> Observe(rhei::ServerContext&, rhei::Reader<Coordinates>& reader,
                                   rhei::Writer<Wind>& writer) override {
    while (const std::optional<Coordinates> coordinates = co_await reader.Next()) {
      const rhei::Result<Wind> wind = WindAt(climate_, *coordinates);
      if (!wind.ok()) co_return wind.error();
      if (pause_.count() > 0) {
        const rhei::Status rested = co_await rhei::Sleep(pause_);
        if (!rested.ok()) co_return rested;
      }
      if (!co_await writer.Write(*wind)) break;
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
  weather::WindServer server(climate);
  weather::StreamingWindServer streaming_server(climate, flags.Milliseconds("pause"));
  return weather::Serve({server, streaming_server}, flags);
}
