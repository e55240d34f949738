#include "runtime/simulation/simulated_listener.h"

#include <utility>

#include "runtime/simulation/simulated_loop.h"
#include "runtime/simulation/simulated_stream.h"
#include "runtime/simulation/world_state.h"

namespace rhei::inline v0::runtime {

SimulatedListener::SimulatedListener(SimulatedLoop& loop, Accepted accepted)
    : LoopEvent(loop), world_(loop.world()), accepted_(std::move(accepted)) {}

SimulatedListener::~SimulatedListener() {
  if (bound_) world_->network.Unbind(address_);
}

Result<std::unique_ptr<Listener>> SimulatedListener::Open(SimulatedLoop& loop, const Address& address,
                                                          Accepted accepted) {
  std::unique_ptr<SimulatedListener> listener(new SimulatedListener(loop, std::move(accepted)));
  Result<Address> bound = loop.world()->network.Bind(address, *listener);
  if (!bound.ok()) return std::move(bound).error();
  listener->address_ = std::move(bound).value();
  listener->bound_ = true;
  return std::unique_ptr<Listener>(std::move(listener));
}

std::size_t SimulatedListener::host() const { return loop().host(); }

std::shared_ptr<SimulatedConnection> SimulatedListener::Take(EndName client, const Address& called) {
  auto connection = std::make_shared<SimulatedConnection>(world_, std::move(client), EndName{host(), called});
  waiting_.emplace_back(connection, SimulatedConnection::Side::kServer);
  Schedule();
  return connection;
}

// The user may destroy the listener when he is called.
void SimulatedListener::Happen() {
  auto stream = std::make_unique<SimulatedAcceptedStream>(std::move(waiting_.front()));
  waiting_.pop_front();
  if (!waiting_.empty()) Schedule();
  accepted_(std::move(stream));
}

}  // namespace rhei::inline v0::runtime
