// A method of each of the four kinds, served and called by coroutines.
#include <algorithm>
#include <future>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include "rhei/rhei.h"
#include "river.rhei.h"

namespace {

river::Level MakeLevel(double metres) {
  river::Level level;
  level.set_metres(metres);
  return level;
}

class RiverService final : public river::River::Service {
 public:
  rhei::Task<rhei::Result<river::Level>> GetLevel(rhei::ServerContext&, const river::Gauge&) override {
    return MakeLevel(2);
  }

  rhei::Task<rhei::Status> Forecast(rhei::ServerContext&, const river::Gauge& gauge,
                                    rhei::Writer<river::Level>& levels) override {
    for (int hour = 1; hour <= 3; ++hour) {
      const river::Level level = MakeLevel(2 + 0.5 * hour);
      if (!co_await levels.Write(level)) break;  // nobody listens any more
    }
    if (gauge.place() != "Kyiv") co_return rhei::Error(rhei::StatusCode::kOutOfRange, "that far I cannot see");
    co_return rhei::Status();
  }

  rhei::Task<rhei::Result<river::Summary>> Record(rhei::ServerContext&, rhei::Reader<river::Level>& levels) override {
    river::Summary summary;
    while (const std::optional<river::Level> level = co_await levels.Next()) {
      summary.set_count(summary.count() + 1);
      summary.set_highest(std::max(summary.highest(), level->metres()));
    }
    co_return summary;
  }

  rhei::Task<rhei::Status> Smooth(rhei::ServerContext&, rhei::Reader<river::Level>& levels,
                                  rhei::Writer<river::Level>& means) override {
    double before = 0;
    while (const std::optional<river::Level> level = co_await levels.Next()) {
      const river::Level mean = MakeLevel((before + level->metres()) / 2);
      if (!co_await means.Write(mean)) break;
      before = level->metres();
    }
    co_return rhei::Status();
  }
};

rhei::Task<void> Call(const river::River::Stub& river, std::promise<void> done) {
  river::Gauge gauge;
  gauge.set_place("Kyiv");
  const rhei::Result<river::Level> now = co_await river.GetLevel(gauge);
  std::cout << "now: " << (now.ok() ? std::to_string(now->metres()) : now.error().ToString()) << '\n';

  gauge.set_place("Atlantis");
  auto forecast = river.Forecast(gauge);
  while (const std::optional<river::Level> level = co_await forecast.Next()) {
    std::cout << "forecast: " << level->metres() << '\n';
  }
  // What came is good; whether it was all, the status tells.
  const rhei::Status foreseen = co_await forecast.Finish();
  std::cout << "forecast: " << foreseen.ToString() << '\n';

  auto record = river.Record();
  for (int i = 0; i < 1000; ++i) {
    const river::Level level = MakeLevel(i % 10);
    if (!co_await record.Write(level)) break;  // Finish tells why
  }
  const rhei::Result<river::Summary> summary = co_await record.Finish();
  if (summary.ok()) std::cout << "record: " << summary->count() << " levels, up to " << summary->highest() << '\n';

  auto smooth = river.Smooth();
  for (const double metres : {2.0, 3.0, 5.0}) {
    const river::Level level = MakeLevel(metres);
    if (!co_await smooth.Write(level)) break;
    const std::optional<river::Level> mean = co_await smooth.Next();
    if (!mean) break;
    std::cout << "smooth: " << mean->metres() << '\n';
  }
  smooth.WritesDone();
  const rhei::Status smoothed = co_await smooth.Finish();
  std::cout << "smooth: " << smoothed.ToString() << '\n';
  done.set_value();
}

}  // namespace

int main() {
  RiverService service;
  rhei::Server server;
  if (const rhei::Status started = server.Add(service).Listen("127.0.0.1:0").Start(); !started.ok()) {
    std::cerr << started.ToString() << '\n';
    return 1;
  }
  const river::River::Stub river(rhei::Connect("127.0.0.1:" + std::to_string(server.port())));
  std::promise<void> done;
  std::future<void> called = done.get_future();
  rhei::Spawn(Call(river, std::move(done)));
  called.wait();
}
