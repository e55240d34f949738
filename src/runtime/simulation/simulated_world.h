// A world of its own: loops, network, names and time, all from one seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rhei/function.h"
#include "rhei/result.h"
#include "rhei/time.h"
#include "runtime/address.h"
#include "runtime/loop.h"
#include "runtime/simulation/simulation_options.h"

namespace rhei::inline v0::runtime {

class SimulatedLoop;
struct WorldState;

// Everything in it happens on the thread that calls RunUntil, RunFor, RunUntilIdle or Loop::Await, one thing at a time,
// in an order that the seed alone decides: the same seed and the same test give the same schedule, event by event. Time
// stands still while anything runs, and jumps to the next timer or delivery when there is nothing to do now.
//
// Another thread may post to the loops and may Await; then two threads take turns as drivers, and the schedule is
// no longer the seed's alone. All other members are for one thread, and may be called from the loops' work too, but
// for those that run the world.
class SimulatedWorld {
 public:
  explicit SimulatedWorld(std::uint64_t seed, const SimulationOptions& options = {});
  // Destroys what was posted and has not run. Loops and streams that somebody still holds do nothing any more.
  ~SimulatedWorld();
  SimulatedWorld(const SimulatedWorld&) = delete;
  SimulatedWorld& operator=(const SimulatedWorld&) = delete;

  // Makes a loop on a host of its own, or beside another loop on its host.
  std::shared_ptr<SimulatedLoop> AddLoop();
  std::shared_ptr<SimulatedLoop> AddLoopBeside(const SimulatedLoop& loop);

  TimePoint Now() const;
  // Runs until the predicate, which is asked between any two steps, is true. False when the world has nothing left to
  // do or one of the options' limits is reached: pending() says then what everybody was waiting for.
  [[nodiscard]] bool RunUntil(const std::function<bool()>& predicate);
  // Runs until nothing is left to do: no work, no delivery, no timer. False when a limit of the options is reached
  // first.
  bool RunUntilIdle();
  // Runs everything that happens within this time; afterwards it is that much later.
  void RunFor(Duration duration);
  // Lets time pass and nothing happen in it, as when the machine was asleep: what was due is then overdue.
  void Advance(Duration duration);
  // Why the last RunUntil, RunUntilIdle or Await gave up, and what everybody waits for now. For people.
  const std::string& pending() const { return pending_; }

  // Runs work on no loop, beside them, in any order: a stand-in for a pool of threads. Any thread. The work may block
  // in Loop::Await, which then runs the world.
  void RunOnPool(UniqueFunction<void()> work);

  // Called when Loop::Await can never end. Default: writes the text to standard error and aborts.
  void OnDeadlock(std::function<void(const std::string& text)> handler);

  // What a name means; without an entry, "localhost" is ::1 and 127.0.0.1, and everything else is not found.
  void SetHost(std::string_view name, Result<std::vector<Address>> addresses);

  // The network loses all connections now.
  void CutAll();
  // From now on every delivery is, with this probability, where the connection is lost.
  void Cut(double probability_per_delivery);
  // Nothing passes between the hosts of these loops, and nobody is told; as TCP does, what was sent is sent again,
  // at longest every 5 s, until it is healed.
  void Partition(const SimulatedLoop& a, const SimulatedLoop& b);
  void Heal(const SimulatedLoop& a, const SimulatedLoop& b);
  void HealAll();
  // Connects to this address, or to any, are refused, whoever listens.
  void RefuseConnects(const Address& address, bool refuse = true);
  void RefuseAllConnects(bool refuse = true);

  // How many connections there are, half-closed ones and those that nobody has accepted yet among them.
  std::size_t connections() const;
  // The number of steps so far, and a hash of each one's choice and time: equal for equal histories.
  std::uint64_t steps() const;
  std::uint64_t fingerprint() const;

 private:
  std::shared_ptr<SimulatedLoop> Make(std::size_t host);

  std::shared_ptr<WorldState> state_;
  std::vector<std::shared_ptr<SimulatedLoop>> loops_;
  std::size_t hosts_ = 0;
  std::string pending_;
};

}  // namespace rhei::inline v0::runtime
