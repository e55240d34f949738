// A listening socket of a simulated world.
#pragma once

#include <deque>
#include <memory>

#include "runtime/loop.h"
#include "runtime/simulation/loop_event.h"
#include "runtime/simulation/simulated_connection.h"

namespace rhei::inline v0::runtime {

struct WorldState;

// Destroying it resets what it has not handed over yet.
class SimulatedListener final : public Listener, private LoopEvent {
 public:
  using Accepted = UniqueFunction<void(std::unique_ptr<AcceptedStream>)>;

  static Result<std::unique_ptr<Listener>> Open(SimulatedLoop& loop, const Address& address, Accepted accepted);
  ~SimulatedListener() override;

  const Address& address() const override { return address_; }
  // Descriptors are no part of a simulated world.
  void OnShed(UniqueFunction<void()>) override {}
  std::size_t host() const;

  // A connect has come in: gives its connection, of which the server's end waits here to be accepted.
  std::shared_ptr<SimulatedConnection> Take(EndName client, const Address& called);

 private:
  SimulatedListener(SimulatedLoop& loop, Accepted accepted);
  void Happen() override;

  const std::shared_ptr<WorldState> world_;
  Address address_;
  bool bound_ = false;
  Accepted accepted_;
  std::deque<ConnectionEnd> waiting_;
};

}  // namespace rhei::inline v0::runtime
