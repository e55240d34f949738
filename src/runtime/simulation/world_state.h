// Everything that the parts of a simulated world share.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "runtime/simulation/network.h"
#include "runtime/simulation/scheduler.h"
#include "runtime/simulation/simulation_options.h"

namespace rhei::inline v0::runtime {

// Held by the world, its loops and its connections, so that these may be destroyed in any order.
struct WorldState {
  WorldState(std::uint64_t world_seed, const SimulationOptions& world_options)
      : seed(world_seed), options(world_options), scheduler(seed, options), network(scheduler, options) {}

  const std::uint64_t seed;
  const SimulationOptions options;
  Scheduler scheduler;
  Network network;
  // Called where a wait can never end.
  std::function<void(const std::string&)> on_deadlock;
};

// Runs the world until `done`. Otherwise false, and `why` says what the world was waiting for.
bool RunWorld(WorldState& world, const std::function<bool()>& done, std::string& why);

}  // namespace rhei::inline v0::runtime
