#include "runtime/simulation/simulated_world.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "runtime/simulation/simulated_loop.h"
#include "runtime/simulation/world_state.h"

namespace rhei::inline v0::runtime {
namespace {

std::string_view Text(Scheduler::Outcome outcome) {
  switch (outcome) {
    case Scheduler::Outcome::kDone: return "it is done";
    case Scheduler::Outcome::kIdle: return "nothing is left to do";
    case Scheduler::Outcome::kOutOfTime: return "the time limit is reached";
    case Scheduler::Outcome::kSpinning: return "the step limit is reached";
    case Scheduler::Outcome::kInTurn: return "the work of a loop must not wait";
  }
  return "";
}

std::string Explain(WorldState& world, Scheduler::Outcome outcome) {
  const Scheduler::Drive drive(world.scheduler);
  return std::string(Text(outcome)) + " (seed " + std::to_string(world.seed) + ")\n" + world.scheduler.Describe() +
         world.network.Describe();
}

[[noreturn]] void Abort(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  std::abort();
}

}  // namespace

bool RunWorld(WorldState& world, const std::function<bool()>& done, std::string& why) {
  const auto outcome = world.scheduler.Run(done, world.options.time_limit);
  if (outcome == Scheduler::Outcome::kDone) return true;
  why = Explain(world, outcome);
  return false;
}

SimulatedWorld::SimulatedWorld(std::uint64_t seed, const SimulationOptions& options)
    : state_(std::make_shared<WorldState>(seed, options)) {
  state_->on_deadlock = Abort;
}

SimulatedWorld::~SimulatedWorld() { state_->scheduler.DiscardWork(); }

std::shared_ptr<SimulatedLoop> SimulatedWorld::AddLoop() { return Make(hosts_++); }

std::shared_ptr<SimulatedLoop> SimulatedWorld::AddLoopBeside(const SimulatedLoop& loop) { return Make(loop.host()); }

std::shared_ptr<SimulatedLoop> SimulatedWorld::Make(std::size_t host) {
  // Its dice are its own, so that what a loop draws does not depend on what others do.
  const std::uint64_t seed = RandomSource(state_->seed + loops_.size() + 1).Next();
  loops_.push_back(std::make_shared<SimulatedLoop>(state_, loops_.size(), host, seed));
  return loops_.back();
}

TimePoint SimulatedWorld::Now() const { return state_->scheduler.Now(); }

bool SimulatedWorld::RunUntil(const std::function<bool()>& predicate) {
  pending_.clear();
  return RunWorld(*state_, predicate, pending_);
}

bool SimulatedWorld::RunUntilIdle() {
  const auto outcome = state_->scheduler.Run([] { return false; }, state_->options.time_limit);
  pending_ = Explain(*state_, outcome);
  return outcome == Scheduler::Outcome::kIdle;
}

void SimulatedWorld::RunFor(Duration duration) {
  const TimePoint until = Now() + duration;
  const auto outcome = state_->scheduler.Run([] { return false; }, duration);
  if (outcome == Scheduler::Outcome::kIdle || outcome == Scheduler::Outcome::kOutOfTime) {
    state_->scheduler.SetNow(until);
  } else {
    state_->on_deadlock("a simulated world does not come to the end of RunFor: " + Explain(*state_, outcome));
  }
}

void SimulatedWorld::Advance(Duration duration) { state_->scheduler.SetNow(Now() + duration); }

void SimulatedWorld::RunOnPool(UniqueFunction<void()> work) { state_->scheduler.PostToPool(std::move(work)); }

void SimulatedWorld::OnDeadlock(std::function<void(const std::string&)> handler) {
  state_->on_deadlock = std::move(handler);
}

void SimulatedWorld::SetHost(std::string_view name, Result<std::vector<Address>> addresses) {
  state_->network.SetHost(std::string(name), std::move(addresses));
}

void SimulatedWorld::CutAll() { state_->network.CutAll(); }
void SimulatedWorld::Cut(double probability_per_delivery) {
  state_->network.SetCutProbability(probability_per_delivery);
}

void SimulatedWorld::Partition(const SimulatedLoop& a, const SimulatedLoop& b) {
  state_->network.Part(a.host(), b.host());
}
void SimulatedWorld::Heal(const SimulatedLoop& a, const SimulatedLoop& b) { state_->network.Heal(a.host(), b.host()); }
void SimulatedWorld::HealAll() { state_->network.HealAll(); }

void SimulatedWorld::RefuseConnects(const Address& address, bool refuse) {
  state_->network.SetRefused(address, refuse);
}
void SimulatedWorld::RefuseAllConnects(bool refuse) { state_->network.SetRefusesAll(refuse); }

std::size_t SimulatedWorld::connections() const { return state_->network.connections(); }
std::uint64_t SimulatedWorld::steps() const { return state_->scheduler.steps(); }
std::uint64_t SimulatedWorld::fingerprint() const { return state_->scheduler.fingerprint(); }

}  // namespace rhei::inline v0::runtime
