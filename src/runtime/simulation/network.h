// The simulated network: who listens where, what is reachable, what goes wrong, and what names mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rhei/result.h"
#include "runtime/address.h"
#include "runtime/simulation/scheduler.h"
#include "runtime/simulation/simulation_options.h"

namespace rhei::inline v0::runtime {

class SimulatedConnection;
class SimulatedListener;

// One flat network: an address means the same from every host. For the world's driver.
class Network {
 public:
  Network(Scheduler& scheduler, const SimulationOptions& options) : scheduler_(scheduler), options_(options) {}

  // One way through the network, drawn.
  Duration DrawDelay() { return scheduler_.random().Between(options_.min_delay, options_.max_delay); }
  // Whether the connection to which something is being delivered is to be lost now.
  bool DrawCut() { return scheduler_.random().Chance(cut_probability_); }

  // Takes an address for a listener; port 0 takes a free one. Gives the real address.
  Result<Address> Bind(Address address, SimulatedListener& listener);
  void Unbind(const Address& address) { listeners_.erase(address); }
  // Who listens at an address, also by 0.0.0.0 or [::]. Null when nobody does, or connects to it are refused.
  SimulatedListener* FindListener(const Address& address) const;
  // What the side that connects is called: of the same family, with a port of its own.
  Address NameClient(const Address& peer, std::size_t host);

  void Part(std::size_t a, std::size_t b) { parted_.insert(std::minmax(a, b)); }
  void Heal(std::size_t a, std::size_t b) { parted_.erase(std::minmax(a, b)); }
  void HealAll() { parted_.clear(); }
  bool IsParted(std::size_t a, std::size_t b) const { return !parted_.empty() && parted_.contains(std::minmax(a, b)); }

  void SetCutProbability(double probability) { cut_probability_ = probability; }
  void CutAll();
  void SetRefused(const Address& address, bool refused);
  void SetRefusesAll(bool refuses) { refuses_all_ = refuses; }

  void SetHost(std::string name, Result<std::vector<Address>> addresses) {
    names_.insert_or_assign(std::move(name), std::move(addresses));
  }
  Result<std::vector<Address>> LookUp(const std::string& name) const;

  void Add(SimulatedConnection& connection) { connections_.push_back(&connection); }
  void Remove(SimulatedConnection& connection) { std::erase(connections_, &connection); }
  std::size_t connections() const { return connections_.size(); }
  std::string Describe() const;

 private:
  std::uint16_t TakePort(const Address& address);

  Scheduler& scheduler_;
  const SimulationOptions& options_;
  std::map<Address, SimulatedListener*> listeners_;
  std::set<std::pair<std::size_t, std::size_t>> parted_;
  std::set<Address> refused_;
  std::map<std::string, Result<std::vector<Address>>> names_;
  std::vector<SimulatedConnection*> connections_;  // in the order of their making
  std::uint16_t last_port_ = 32767;
  double cut_probability_ = 0;
  bool refuses_all_ = false;
};

}  // namespace rhei::inline v0::runtime
