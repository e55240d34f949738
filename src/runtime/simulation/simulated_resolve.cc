#include "runtime/simulation/simulated_resolve.h"

#include <utility>

#include "runtime/simulation/simulated_loop.h"
#include "runtime/simulation/world_state.h"

namespace rhei::inline v0::runtime {

SimulatedResolve::SimulatedResolve(SimulatedLoop& loop, std::string name, Done done)
    : LoopEvent(loop), world_(loop.world()), name_(std::move(name)), done_(std::move(done)), timer_([this] {
        Schedule();
      }) {
  const Duration delay = world_->network.DrawDelay() + world_->network.DrawDelay();
  world_->scheduler.network_timers().Arm(timer_, world_->scheduler.Now() + delay);
}

// The user may destroy the operation when he is called.
void SimulatedResolve::Happen() {
  Done done = std::move(done_);
  done(world_->network.LookUp(name_));
}

}  // namespace rhei::inline v0::runtime
