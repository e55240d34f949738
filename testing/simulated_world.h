// A simulated world for tests: servers and channels over a network and a clock that follow from a seed.
//
//   rhei::testing::SimulatedWorld world(seed);
//   rhei::Server server(world.runtime());
//   ...
//   auto reply = weather.GetCurrent(request).Wait();  // runs the world; 30 s of backoff take microseconds
//
// Nothing in it is real: no socket, no thread, no sleep. The same seed replays the same history, event by event, so a
// test that fails names its seed and fails again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rhei/log.h"
#include "rhei/result.h"
#include "rhei/runtime.h"
#include "rhei/time.h"
#include "runtime/simulation/simulation_options.h"

namespace rhei::inline v0 {

namespace runtime {
class SimulatedWorld;
}

namespace testing {

// Delays, segmentation, buffers and limits.
using SimulationOptions = runtime::SimulationOptions;

// Everything runs on the thread that calls Wait on a call, RunUntil, RunFor or RunUntilIdle. While one of them runs,
// the handlers and callbacks of all runtimes run on it too. Declare it before what lives in it.
class SimulatedWorld {
 public:
  explicit SimulatedWorld(std::uint64_t seed, const SimulationOptions& options = {});
  // Runs the world for three more seconds, so that what closes gently can: callbacks of calls that still go on may be
  // called then.
  ~SimulatedWorld();
  SimulatedWorld(const SimulatedWorld&) = delete;
  SimulatedWorld& operator=(const SimulatedWorld&) = delete;

  // A runtime with one loop on a host of its own, made when first asked for; the same each time.
  const std::shared_ptr<Runtime>& runtime();
  // Another runtime, with its own loops, on another host. The logger's default is StderrLogger().
  std::shared_ptr<Runtime> AddRuntime(std::size_t loops = 1, std::shared_ptr<Logger> logger = nullptr);

  TimePoint Now() const;
  // Runs until the predicate, which is asked between any two steps, is true. False when nothing is left to do, or one
  // of the options' limits is reached: pending() says then what everybody was waiting for.
  [[nodiscard]] bool RunUntil(const std::function<bool()>& predicate);
  // Runs until nothing is left to do: no work, no delivery, no timer. False when a limit is reached first, as when a
  // keepalive rearms for ever.
  bool RunUntilIdle();
  // Runs everything that happens within this time; afterwards it is that much later.
  void RunFor(Duration duration);
  // Lets time pass and nothing happen in it, as when the machine was asleep.
  void Advance(Duration duration);
  const std::string& pending() const;
  // Called when a blocking wait can never end. Default: writes the text to standard error and aborts.
  void OnDeadlock(std::function<void(const std::string& text)> handler);

  // What a host name means: addresses such as "10.0.0.2" or "fd00::2", in the order to try them.
  void SetHost(std::string_view name, const std::vector<std::string>& addresses);
  // From now on, to look the name up fails like this.
  void SetHostError(std::string_view name, Error error);

  // The network loses all connections now; from now on with this probability at each delivery.
  void CutAll();
  void Cut(double probability_per_delivery);
  // Nothing passes between two runtimes of this world, and nobody is told; what was sent arrives when it is healed.
  void Partition(Runtime& a, Runtime& b);
  void Heal(Runtime& a, Runtime& b);
  // Connects to an address such as "10.0.0.2:80", or to any, are refused, whoever listens. An address that does
  // not parse changes nothing and is the error.
  Status RefuseConnects(std::string_view address, bool refuse = true);
  void RefuseAllConnects(bool refuse = true);

  // What the runtime's process seems to have of memory, in bytes, of what it may have; see Limits::process_memory.
  void SetMemory(Runtime& runtime, std::size_t used, std::size_t limit);

  // Connections that are open at one side at least.
  std::size_t connections() const;
  // The number of steps so far, and a hash of each one's choice and time: equal for equal histories.
  std::uint64_t steps() const;
  std::uint64_t fingerprint() const;

  // For tests of the layers below the API.
  runtime::SimulatedWorld& world() { return *world_; }

 private:
  std::unique_ptr<runtime::SimulatedWorld> world_;
  std::shared_ptr<Runtime> runtime_;
};

}  // namespace testing
}  // namespace rhei::inline v0
