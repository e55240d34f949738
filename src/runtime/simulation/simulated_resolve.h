// A look-up of a name that is under way in a simulated world.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/loop.h"
#include "runtime/simulation/loop_event.h"

namespace rhei::inline v0::runtime {

struct WorldState;

// Answers after a way there and back, with what the table says by then.
class SimulatedResolve final : public Operation, private LoopEvent {
 public:
  using Done = UniqueFunction<void(Result<std::vector<Address>>)>;

  SimulatedResolve(SimulatedLoop& loop, std::string name, Done done);

 private:
  void Happen() override;

  const std::shared_ptr<WorldState> world_;
  const std::string name_;
  Done done_;
  Timer timer_;  // of the network
};

}  // namespace rhei::inline v0::runtime
