// The calls of examples/streaming, served and called by threads that wait.
#include <algorithm>
#include <iostream>
#include <optional>
#include <string>

#include "rhei/rhei.h"
#include "river.rhei.h"

namespace {

river::Level MakeLevel(double metres) {
  river::Level level;
  level.set_metres(metres);
  return level;
}

// Waits, so it runs in the pool, where each call that goes on holds a thread.
class RiverService final : public river::River::Service {
 public:
  rhei::Task<rhei::Result<river::Level>> GetLevel(rhei::ServerContext&, const river::Gauge&) override {
    return MakeLevel(2);
  }

  rhei::Task<rhei::Status> Forecast(rhei::ServerContext&, const river::Gauge& gauge,
                                    rhei::Writer<river::Level>& levels) override {
    for (int hour = 1; hour <= 3; ++hour) {
      if (!levels.Write(MakeLevel(2 + 0.5 * hour)).Wait()) break;  // nobody listens any more
    }
    if (gauge.place() != "Kyiv") return rhei::Error(rhei::StatusCode::kOutOfRange, "that far I cannot see");
    return rhei::Status();
  }

  rhei::Task<rhei::Result<river::Summary>> Record(rhei::ServerContext&, rhei::Reader<river::Level>& levels) override {
    river::Summary summary;
    while (const std::optional<river::Level> level = levels.Next().Wait()) {
      summary.set_count(summary.count() + 1);
      summary.set_highest(std::max(summary.highest(), level->metres()));
    }
    return summary;
  }

  rhei::Task<rhei::Status> Smooth(rhei::ServerContext&, rhei::Reader<river::Level>& levels,
                                  rhei::Writer<river::Level>& means) override {
    double before = 0;
    while (const std::optional<river::Level> level = levels.Next().Wait()) {
      if (!means.Write(MakeLevel((before + level->metres()) / 2)).Wait()) break;
      before = level->metres();
    }
    return rhei::Status();
  }
};

}  // namespace

int main() {
  RiverService service;
  rhei::Server server;
  if (const rhei::Status started = server.Add(service, rhei::RunOn::kPool).Listen("127.0.0.1:0").Start();
      !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }
  const river::River::Stub river(rhei::Connect("127.0.0.1:" + std::to_string(server.port())));

  river::Gauge gauge;
  gauge.set_place("Kyiv");
  const rhei::Result<river::Level> now = river.GetLevel(gauge).Wait();
  std::cout << "now: " << (now.ok() ? std::to_string(now->metres()) : now.error().ToString()) << '\n';

  gauge.set_place("Atlantis");
  auto forecast = river.Forecast(gauge);
  while (const std::optional<river::Level> level = forecast.Next().Wait()) {
    std::cout << "forecast: " << level->metres() << '\n';
  }
  // What came is good; whether it was all, the status tells.
  std::cout << "forecast: " << forecast.Finish().Wait().ToString() << '\n';

  auto record = river.Record();
  for (int i = 0; i < 1000; ++i) {
    if (!record.Write(MakeLevel(i % 10)).Wait()) break;  // Finish tells why
  }
  const rhei::Result<river::Summary> summary = record.Finish().Wait();
  if (summary.ok()) std::cout << "record: " << summary->count() << " levels, up to " << summary->highest() << '\n';

  auto smooth = river.Smooth();
  for (const double metres : {2.0, 3.0, 5.0}) {
    if (!smooth.Write(MakeLevel(metres)).Wait()) break;
    const std::optional<river::Level> mean = smooth.Next().Wait();
    if (!mean) break;
    std::cout << "smooth: " << mean->metres() << '\n';
  }
  smooth.WritesDone();
  std::cout << "smooth: " << smooth.Finish().Wait().ToString() << '\n';
}
