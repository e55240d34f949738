// ConnectionCount: how many connections a server has, in all and from each client.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "rhei/limits.h"
#include "runtime/address.h"

namespace rhei::inline v0::rpc {

// Of all loops of a server. Any thread.
class ConnectionCount {
 public:
  explicit ConnectionCount(const Limits& limits)
      : most_(limits.max_connections), most_of_client_(limits.max_connections_per_client) {}

  // Whether there may be one more from there; then it is counted.
  bool Enter(const runtime::Address& peer) {
    const std::scoped_lock lock(mutex_);
    if (all_ >= most_) return false;
    if (IsLimited(peer)) {
      std::uint32_t& of_client = of_clients_[NetworkOf(peer)];
      if (of_client >= most_of_client_) return false;
      ++of_client;
    }
    ++all_;
    return true;
  }

  // One that was counted is gone.
  void Leave(const runtime::Address& peer) {
    const std::scoped_lock lock(mutex_);
    --all_;
    if (!IsLimited(peer)) return;
    const auto of_client = of_clients_.find(NetworkOf(peer));
    if (--of_client->second == 0) of_clients_.erase(of_client);
  }

 private:
  // Who comes by a Unix socket is a process of this machine, and has no address.
  bool IsLimited(const runtime::Address& peer) const {
    return most_of_client_ < most_ && peer.family != runtime::Address::Family::kUnix;
  }

  const std::uint32_t most_;
  const std::uint32_t most_of_client_;
  std::mutex mutex_;
  std::uint32_t all_ = 0;
  std::unordered_map<std::string, std::uint32_t> of_clients_;
};

}  // namespace rhei::inline v0::rpc
