// Tells the wind of a place. Usage: wind_server [--port PORT] [--seed NUMBER]; port 0 takes a free one.
#include <chrono>
#include <cstdint>

#include "climate.h"
#include "coordinates.h"
#include "flags.h"
#include "serve.h"
#include "weather.rhei.h"

namespace weather {

class WindServer final : public WindService::Service {
 public:
  explicit WindServer(std::uint64_t seed) : climate_(seed) {}

  rhei::Task<rhei::Result<Wind>> GetCurrent(rhei::ServerContext&, const Coordinates& coordinates) override {
    const rhei::Result<Place> place = ToPlace(coordinates);
    if (!place.ok()) return place.error();
    const WindVector wind = climate_.Wind(*place, std::chrono::system_clock::now());
    Wind reply;
    reply.mutable_speed()->set_value(static_cast<float>(wind.speed));
    reply.mutable_speed()->set_units(Speed::MPS);
    reply.set_direction(static_cast<float>(wind.direction));
    return reply;
  }

 private:
  const Climate climate_;
};

}  // namespace weather

int main(int argc, char** argv) {
  const weather::Flags flags(argc, argv, {{"port", "0"}, {"seed", "1"}});
  weather::WindServer server(flags.Number("seed", UINT64_MAX));
  return weather::Serve(server, flags.Port());
}
