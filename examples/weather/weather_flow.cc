// One stream whose sides are not equally fast, and what it costs: how many messages are under way in it, and how much
// memory everybody has.
// Usage: weather_flow --target HOST:PORT [--pause MILLISECONDS] [--watch PID,PID...]
//
// It writes requests as fast as they are taken, and rests for the pause after each answer that it reads. The processes
// to watch are those of the servers.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <future>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cities.h"
#include "coordinates.h"
#include "flags.h"
#include "memory.h"
#include "rhei/rhei.h"
#include "weather.rhei.h"

namespace weather {
namespace {

using namespace std::chrono_literals;

using Call = rhei::BidiStreamingCall<WeatherRequest, WeatherResponse>;

struct Counts {
  std::atomic<std::uint64_t> written = 0;
  std::atomic<std::uint64_t> read = 0;
};

// The two directions are independent: each has a coroutine of its own.
rhei::Task<void> Write(Call& call, Counts& counts, std::promise<void> ended) {
  WeatherRequest request;
  *request.mutable_coordinates() = ToCoordinates(kCities.front().place);
  while (co_await call.Write(request)) ++counts.written;
  ended.set_value();
}

rhei::Task<void> Read(Call& call, std::chrono::milliseconds pause, Counts& counts, std::promise<void> ended) {
  WeatherResponse part;
  while (co_await call.Next(part)) {
    ++counts.read;
    if (pause.count() > 0) {
      const rhei::Status rested = co_await rhei::Sleep(pause);
      if (!rested.ok()) break;
    }
  }
  ended.set_value();
}

std::vector<std::uint64_t> ReadPids(const std::string& list) {
  std::vector<std::uint64_t> pids;
  std::istringstream text(list);
  for (std::string pid; std::getline(text, pid, ',');) pids.push_back(std::stoull(pid));
  return pids;
}

void PrintLine(std::chrono::milliseconds time, const Counts& counts, const std::vector<std::uint64_t>& servers) {
  // In this order, so that the difference is not negative.
  const std::uint64_t read = counts.read;
  const std::uint64_t written = counts.written;
  std::uint64_t memory = 0;
  for (const std::uint64_t server : servers) memory += ResidentMemory(server);
  std::array<char, 128> line{};
  std::snprintf(line.data(), line.size(), "%5.1f s %10llu %10llu %10lld %11.1f MB %9.1f MB\n",
                static_cast<double>(time.count()) / 1000, static_cast<unsigned long long>(written),
                static_cast<unsigned long long>(read), static_cast<long long>(3 * written - read),
                static_cast<double>(ResidentMemory()) / 1e6, static_cast<double>(memory) / 1e6);
  std::cout << line.data();
}

}  // namespace
}  // namespace weather

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  const weather::Flags flags(argc, argv, {{"target", ""}, {"pause", "0"}, {"watch", ""}});
  if (flags.Text("target").empty()) flags.Fail("needs --target");
  const std::vector<std::uint64_t> servers = weather::ReadPids(flags.Text("watch"));

  weather::Call call = weather::WeatherStreaming::Stub(rhei::Connect(flags.Text("target"))).Observe();
  weather::Counts counts;
  std::array<std::promise<void>, 2> ended;
  std::array<std::future<void>, 2> ends{ended[0].get_future(), ended[1].get_future()};
  rhei::Spawn(Write(call, counts, std::move(ended[0])));
  rhei::Spawn(Read(call, flags.Milliseconds("pause"), counts, std::move(ended[1])));

  std::cout << "   time   requests    answers  under way  client memory  servers' memory\n";
  const auto begin = std::chrono::steady_clock::now();
  for (auto time = 500ms; time <= 2000ms; time += 500ms) {
    std::this_thread::sleep_until(begin + time);
    PrintLine(time, counts, servers);
  }
  call.Cancel();
  for (std::future<void>& end : ends) end.get();
  const rhei::Status status = call.Finish().Wait();
  if (status.code() == rhei::StatusCode::kCancelled) return 0;
  std::cerr << status.ToString() << '\n';
  return 1;
}
