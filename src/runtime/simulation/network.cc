#include "runtime/simulation/network.h"

#include "runtime/simulation/simulated_connection.h"
#include "runtime/simulation/simulated_listener.h"

namespace rhei::inline v0::runtime {
namespace {

// The first of the ports that the system gives out by itself (RFC 6335 section 6 leaves it to the system).
constexpr std::uint16_t kFirstFreePort = 32768;

}  // namespace

Result<Address> Network::Bind(Address address, SimulatedListener& listener) {
  if (address.family != Address::Family::kUnix && address.port == 0) address.port = TakePort(address);
  if (!listeners_.emplace(address, &listener).second) {
    return Error(StatusCode::kUnavailable, "listen on " + address.ToString() + ": Address already in use",
                 Origin::kLibrary);
  }
  return address;
}

std::uint16_t Network::TakePort(const Address& address) {
  Address wanted = address;
  do {
    last_port_ = last_port_ == UINT16_MAX ? kFirstFreePort : static_cast<std::uint16_t>(last_port_ + 1);
    wanted.port = last_port_;
  } while (listeners_.contains(wanted));
  return last_port_;
}

SimulatedListener* Network::FindListener(const Address& address) const {
  if (refuses_all_ || refused_.contains(address)) return nullptr;
  if (const auto exact = listeners_.find(address); exact != listeners_.end()) return exact->second;
  if (address.family == Address::Family::kUnix) return nullptr;
  const char* const any = address.family == Address::Family::kIpv4 ? "0.0.0.0" : "::";
  const auto wildcard = listeners_.find(Address{address.family, any, address.port});
  return wildcard != listeners_.end() ? wildcard->second : nullptr;
}

Address Network::NameClient(const Address& peer, std::size_t host) {
  Address name{peer.family, {}, 0};
  const std::string number = std::to_string(host + 1);
  switch (peer.family) {
    case Address::Family::kIpv4: name.host = peer.host == "127.0.0.1" ? peer.host : "10.0.0." + number; break;
    case Address::Family::kIpv6: name.host = peer.host == "::1" ? peer.host : "fd00::" + number; break;
    case Address::Family::kUnix: return name;
  }
  name.port = TakePort(name);
  return name;
}

void Network::CutAll() {
  for (SimulatedConnection* connection : connections_) connection->Cut();
}

void Network::SetRefused(const Address& address, bool refused) {
  if (refused) {
    refused_.insert(address);
  } else {
    refused_.erase(address);
  }
}

Result<std::vector<Address>> Network::LookUp(const std::string& name) const {
  if (const auto found = names_.find(name); found != names_.end()) return found->second;
  if (name == "localhost") {
    return std::vector<Address>{{Address::Family::kIpv6, "::1", 0}, {Address::Family::kIpv4, "127.0.0.1", 0}};
  }
  return Error(StatusCode::kUnavailable, "resolve " + name + ": Domain name not found", Origin::kLibrary);
}

std::string Network::Describe() const {
  std::string text;
  for (const auto& [a, b] : parted_) {
    text += "  hosts " + std::to_string(a) + " and " + std::to_string(b) + " are parted\n";
  }
  for (const SimulatedConnection* connection : connections_) text += connection->Describe();
  return text;
}

}  // namespace rhei::inline v0::runtime
