// InProcessCall: a call from a client to a server of the same process, without a connection and without bytes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "rhei/client_call.h"
#include "rhei/limits.h"
#include "rhei/pooled.h"
#include "rhei/server_context.h"
#include "runtime/loop.h"
#include "transport/inprocess_client_call.h"
#include "transport/inprocess_server.h"
#include "transport/inprocess_server_call.h"

namespace rhei::inline v0::transport {

// What all calls of one channel's share of a loop have in common.
struct InProcessIdentity {
  InProcessIdentity(std::string authority, std::string user_agent, std::string_view name)
      : peer(std::make_shared<const std::string>(name)),
        origin{std::move(authority), std::move(user_agent), *peer, *peer} {}

  const std::shared_ptr<const std::string> peer;  // "inprocess"
  const CallOrigin origin;
};

// Two sides, each on its own loop; what one has for the other is posted, also where both are on one loop: a service
// that calls itself never finds itself on its own stack. Lives as long as one of them has something to do.
class InProcessCall final : public Pooled {
 public:
  InProcessCall(InProcessClientCall::Owner& owner, runtime::Loop& client_loop, std::shared_ptr<InProcessServer> server,
                InProcessServer::Place place, std::shared_ptr<const InProcessIdentity> identity,
                const Limits& client_limits)
      : server_(std::move(server)),
        client_loop_(client_loop),
        server_loop_(place.loop),
        identity_(std::move(identity)),
        client_side_(*this, owner, client_limits),
        server_side_(*this, place.index) {}

  // Any thread. Each side has a reference for as long as it has something to do.
  void AddReference() { references_.fetch_add(1, std::memory_order_relaxed); }
  void Release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  class Reference {
   public:
    explicit Reference(InProcessCall& call) : call_(&call) { call.AddReference(); }
    Reference(Reference&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
    Reference& operator=(Reference&&) = delete;
    ~Reference() {
      if (call_ != nullptr) call_->Release();
    }

   private:
    InProcessCall* call_;
  };

  // Does this with the other side, on its loop.
  template <typename Work>
  void ToServer(Work work) {
    server_loop_.Post([kept = Reference(*this), this, work = std::move(work)]() mutable { work(server_side_); });
  }
  template <typename Work>
  void ToClient(Work work) {
    client_loop_.Post([kept = Reference(*this), this, work = std::move(work)]() mutable { work(client_side_); });
  }

  InProcessServer& server() const { return *server_; }
  runtime::Loop& client_loop() const { return client_loop_; }
  runtime::Loop& server_loop() const { return server_loop_; }
  const InProcessIdentity& identity() const { return *identity_; }
  InProcessClientCall& client_side() { return client_side_; }

 private:
  ~InProcessCall() = default;

  std::atomic<std::uint32_t> references_{0};
  const std::shared_ptr<InProcessServer> server_;
  runtime::Loop& client_loop_;
  runtime::Loop& server_loop_;
  const std::shared_ptr<const InProcessIdentity> identity_;
  InProcessClientCall client_side_;
  InProcessServerCall server_side_;
};

}  // namespace rhei::inline v0::transport
