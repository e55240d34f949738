// Tells the temperature of a place. Usage: temperature_server [--port PORT] [--seed NUMBER]; port 0 takes a free one.
#include <chrono>
#include <cstdint>

#include "climate.h"
#include "coordinates.h"
#include "flags.h"
#include "serve.h"
#include "weather.rhei.h"

namespace weather {

class TemperatureServer final : public TemperatureService::Service {
 public:
  explicit TemperatureServer(std::uint64_t seed) : climate_(seed) {}

  rhei::Task<rhei::Result<Temperature>> GetCurrent(rhei::ServerContext&, const Coordinates& coordinates) override {
    const rhei::Result<Place> place = ToPlace(coordinates);
    if (!place.ok()) return place.error();
    Temperature reply;
    reply.set_degrees(static_cast<float>(climate_.Temperature(*place, std::chrono::system_clock::now())));
    reply.set_units(Temperature::CELSIUS);
    return reply;
  }

 private:
  const Climate climate_;
};

}  // namespace weather

int main(int argc, char** argv) {
  const weather::Flags flags(argc, argv, {{"port", "0"}, {"seed", "1"}});
  weather::TemperatureServer server(flags.Number("seed", UINT64_MAX));
  return weather::Serve(server, flags.Port());
}
