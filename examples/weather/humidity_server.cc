// Tells the humidity of a place. Usage: humidity_server [--port PORT] [--seed NUMBER]; port 0 takes a free one.
#include <chrono>
#include <cstdint>

#include "climate.h"
#include "coordinates.h"
#include "flags.h"
#include "serve.h"
#include "weather.rhei.h"

namespace weather {

class HumidityServer final : public HumidityService::Service {
 public:
  explicit HumidityServer(std::uint64_t seed) : climate_(seed) {}

  rhei::Task<rhei::Result<HumidityResponse>> GetCurrent(rhei::ServerContext&, const Coordinates& coordinates) override {
    const rhei::Result<Place> place = ToPlace(coordinates);
    if (!place.ok()) return place.error();
    HumidityResponse reply;
    reply.set_value(static_cast<float>(climate_.Humidity(*place, std::chrono::system_clock::now())));
    return reply;
  }

 private:
  const Climate climate_;
};

}  // namespace weather

int main(int argc, char** argv) {
  const weather::Flags flags(argc, argv, {{"port", "0"}, {"seed", "1"}});
  weather::HumidityServer server(flags.Number("seed", UINT64_MAX));
  return weather::Serve(server, flags.Port());
}
