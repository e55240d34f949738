// Tells the humidity of a place, and of each place in a stream.
// Usage: humidity_server [--port PORT] [--seed NUMBER] [--pause MILLISECONDS] [--log_calls 1]; port 0 takes a free one.
// With a pause it takes so long for each answer in a stream, as a slow hygrometer would.
#include <chrono>
#include <cstdint>
#include <optional>

#include "climate.h"
#include "coordinates.h"
#include "flags.h"
#include "serve.h"
#include "weather.rhei.h"

namespace weather {

rhei::Result<HumidityResponse> HumidityAt(const Climate& climate, const Coordinates& coordinates) {
  const rhei::Result<Place> place = ToPlace(coordinates);
  if (!place.ok()) return place.error();
  HumidityResponse reply;
  reply.set_value(static_cast<float>(climate.Humidity(*place, std::chrono::system_clock::now())));
  return reply;
}

class HumidityServer final : public HumidityService::Service {
 public:
  explicit HumidityServer(const Climate& climate) : climate_(climate) {}

  rhei::Task<rhei::Result<HumidityResponse>> GetCurrent(rhei::ServerContext&, const Coordinates& coordinates) override {
    return HumidityAt(climate_, coordinates);
  }

 private:
  const Climate& climate_;
};

class StreamingHumidityServer final : public HumidityServiceStreaming::Service {
 public:
  StreamingHumidityServer(const Climate& climate, std::chrono::milliseconds pause) : climate_(climate), pause_(pause) {}

  rhei::Task<rhei::Status> Observe(rhei::ServerContext&, rhei::Reader<Coordinates>& reader,
                                   rhei::Writer<HumidityResponse>& writer) override {
    while (const std::optional<Coordinates> coordinates = co_await reader.Next()) {
      const rhei::Result<HumidityResponse> humidity = HumidityAt(climate_, *coordinates);
      if (!humidity.ok()) co_return humidity.error();
      if (pause_.count() > 0) {
        const rhei::Status rested = co_await rhei::Sleep(pause_);
        if (!rested.ok()) co_return rested;
      }
      if (!co_await writer.Write(*humidity)) break;
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
  weather::HumidityServer server(climate);
  weather::StreamingHumidityServer streaming_server(climate, flags.Milliseconds("pause"));
  return weather::Serve({server, streaming_server}, flags);
}
