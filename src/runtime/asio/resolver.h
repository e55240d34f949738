// Looking up host names, by c-ares.
#pragma once

#include <ares.h>

#include <memory>
#include <string>
#include <vector>

#include "runtime/asio/watched_descriptor.h"
#include "runtime/loop.h"

namespace rhei::inline v0::runtime {

// One look-up; see Loop::Resolve. Literal addresses are answered at once, "localhost" and what ends in ".localhost"
// without the network (RFC 6761, section 6.3), other names from the system's hosts file or by DNS with the system's
// configuration, which is read each time. `done` may destroy the operation. The error is UNAVAILABLE and names the
// host.
class ResolveOperation final : public Operation {
 public:
  using Done = UniqueFunction<void(Result<std::vector<Address>>)>;
  ResolveOperation(AsioLoop& loop, const std::string& host, Done done);
  ~ResolveOperation() override;

 private:
  class WatchedSocket;

  void Start();
  void StartQuery(bool is_localhost);
  // c-ares' callbacks; `self` is the operation.
  static void OnSocketState(void* self, ares_socket_t socket, int readable, int writable);
  static void OnAnswer(void* self, int status, int timeouts, ares_addrinfo* answer);

  void Process(ares_socket_t readable, ares_socket_t writable);
  void WaitAgain();
  void FinishWith(Result<std::vector<Address>> result);
  Error Failure(std::string_view cause) const;

  AsioLoop& loop_;
  const std::string host_;
  Done done_;
  Result<std::vector<Address>> result_;
  ares_channel channel_ = nullptr;  // of this look-up alone, so that destroying it cancels no other
  std::vector<std::unique_ptr<WatchedSocket>> sockets_;
  Timer timeout_;
  EndOfTurnTask finish_;  // so that `done` is not called from inside c-ares
};

}  // namespace rhei::inline v0::runtime
