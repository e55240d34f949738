#include "testing/simulated_world.h"

#include <utility>

#include "runtime/simulation/simulated_loop.h"
#include "runtime/simulation/simulated_world.h"

namespace rhei::inline v0::testing {
namespace {

// Connections whose servers and channels are gone wait for the other side to close, one second at most.
constexpr Duration kClosing = std::chrono::seconds(3);

// All loops of a runtime are on one host, so any of them stands for it.
const runtime::SimulatedLoop& LoopOf(Runtime& runtime) {
  return static_cast<const runtime::SimulatedLoop&>(runtime.loop(0));
}

runtime::Address HostAddress(const std::string& text) {
  const bool is_ipv6 = text.find(':') != std::string::npos;
  return {is_ipv6 ? runtime::Address::Family::kIpv6 : runtime::Address::Family::kIpv4, text, 0};
}

}  // namespace

SimulatedWorld::SimulatedWorld(std::uint64_t seed, const SimulationOptions& options)
    : world_(std::make_unique<runtime::SimulatedWorld>(seed, options)) {}

SimulatedWorld::~SimulatedWorld() { world_->RunFor(kClosing); }

const std::shared_ptr<Runtime>& SimulatedWorld::runtime() {
  if (runtime_ == nullptr) runtime_ = AddRuntime();
  return runtime_;
}

std::shared_ptr<Runtime> SimulatedWorld::AddRuntime(std::size_t loops, std::shared_ptr<Logger> logger) {
  std::shared_ptr<runtime::SimulatedLoop> first = world_->AddLoop();
  std::vector<std::shared_ptr<runtime::Loop>> all{first};
  while (all.size() < loops) all.push_back(world_->AddLoopBeside(*first));
  auto pool = [first](UniqueFunction<void()> work) { first->RunOnPool(std::move(work)); };
  return std::make_shared<Runtime>(std::move(all), std::move(logger), std::move(pool));
}

TimePoint SimulatedWorld::Now() const { return world_->Now(); }
bool SimulatedWorld::RunUntil(const std::function<bool()>& predicate) { return world_->RunUntil(predicate); }
bool SimulatedWorld::RunUntilIdle() { return world_->RunUntilIdle(); }
void SimulatedWorld::RunFor(Duration duration) { world_->RunFor(duration); }
void SimulatedWorld::Advance(Duration duration) { world_->Advance(duration); }
const std::string& SimulatedWorld::pending() const { return world_->pending(); }
void SimulatedWorld::OnDeadlock(std::function<void(const std::string&)> handler) {
  world_->OnDeadlock(std::move(handler));
}

void SimulatedWorld::SetHost(std::string_view name, const std::vector<std::string>& addresses) {
  std::vector<runtime::Address> all;
  for (const std::string& address : addresses) all.push_back(HostAddress(address));
  world_->SetHost(name, std::move(all));
}

void SimulatedWorld::SetHostError(std::string_view name, Error error) { world_->SetHost(name, std::move(error)); }

void SimulatedWorld::CutAll() { world_->CutAll(); }
void SimulatedWorld::Cut(double probability_per_delivery) { world_->Cut(probability_per_delivery); }
void SimulatedWorld::Partition(Runtime& a, Runtime& b) { world_->Partition(LoopOf(a), LoopOf(b)); }
void SimulatedWorld::Heal(Runtime& a, Runtime& b) { world_->Heal(LoopOf(a), LoopOf(b)); }

void SimulatedWorld::SetMemory(Runtime& runtime, std::size_t used, std::size_t limit) {
  for (std::size_t i = 0; i < runtime.loop_count(); ++i) {
    static_cast<runtime::SimulatedLoop&>(runtime.loop(i)).SetMemory({.used = used, .limit = limit});
  }
}

Status SimulatedWorld::RefuseConnects(std::string_view address, bool refuse) {
  Result<runtime::Address> parsed = runtime::Address::Parse(address);
  if (!parsed.ok()) return std::move(parsed).error();
  world_->RefuseConnects(*parsed, refuse);
  return {};
}

void SimulatedWorld::RefuseAllConnects(bool refuse) { world_->RefuseAllConnects(refuse); }
std::size_t SimulatedWorld::connections() const { return world_->connections(); }
std::uint64_t SimulatedWorld::steps() const { return world_->steps(); }
std::uint64_t SimulatedWorld::fingerprint() const { return world_->fingerprint(); }

}  // namespace rhei::inline v0::testing
