// A connect that is under way in a simulated world.
#pragma once

#include <memory>
#include <optional>

#include "runtime/loop.h"
#include "runtime/simulation/loop_event.h"
#include "runtime/simulation/simulated_connection.h"

namespace rhei::inline v0::runtime {

struct WorldState;

// One way there and one way back. Between parted hosts it asks again as TCP does, and gives up after two minutes.
class SimulatedConnect final : public Operation, private LoopEvent {
 public:
  using Done = UniqueFunction<void(Result<std::unique_ptr<ByteStream>>)>;

  SimulatedConnect(SimulatedLoop& loop, const Address& address, Done done);

 private:
  void OnTimer();
  void Ask();
  void Fail(std::string_view cause);
  void Happen() override;

  const std::shared_ptr<WorldState> world_;
  const Address address_;
  Done done_;
  bool answered_ = false;
  Duration retry_;
  TimePoint give_up_;
  std::optional<ConnectionEnd> end_;
  std::string cause_;
  Timer timer_;  // of the network
};

}  // namespace rhei::inline v0::runtime
