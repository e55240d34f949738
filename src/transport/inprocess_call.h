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

// What all calls of one channel's share of a loop have in common: its ends. Constant. Who makes it keeps the paths of
// numbered methods alive as long as it.
struct InProcessLink {
  InProcessLink(runtime::Loop& loop, std::size_t loop_index, const Limits& limits,
                std::shared_ptr<InProcessServer> called, std::string authority, std::string user_agent,
                std::string_view name)
      : client_loop(loop),
        client_limits(limits),
        server(std::move(called)),
        place(server->PlaceFor(loop_index)),
        peer(std::make_shared<const std::string>(name)),
        origin{std::move(authority), std::move(user_agent), *peer, *peer} {}

  runtime::Loop& client_loop;
  const Limits& client_limits;
  const std::shared_ptr<InProcessServer> server;
  const InProcessServer::Place place;
  const std::shared_ptr<const std::string> peer;  // "inprocess"
  const CallOrigin origin;
};

// Two sides, each on its own loop; what one has for the other is posted, also where both are on one loop: a service
// that calls itself never finds itself on its own stack. Lives as long as one of them has something to do.
class InProcessCall final : public Pooled {
 public:
  InProcessCall(InProcessClientCall::Owner& owner, std::shared_ptr<const InProcessLink> link)
      : link_(std::move(link)),
        on_one_loop_(&client_loop() == &server_loop()),
        client_side_(*this, owner),
        server_side_(*this) {}

  // On a side's loop. Each side has a reference for as long as it has something to do, the client's from the begin.
  // Where both have one loop, nothing needs to be atomic.
  void AddReference() {
    if (!on_one_loop_) {
      references_.fetch_add(1, std::memory_order_relaxed);
    } else {
      references_.store(references_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
  }
  void Release() {
    if (on_one_loop_ ? DropReferenceHere() : DropReference(references_)) delete this;
  }
  class Reference {
   public:
    explicit Reference(InProcessCall& call) : call_(&call) { call.AddReference(); }
    Reference(Reference&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
    Reference& operator=(Reference&&) = delete;
    ~Reference() {
      if (call_ != nullptr) call_->Release();
    }
    InProcessCall& call() const { return *call_; }

   private:
    InProcessCall* call_;
  };
  // Does this with the other side, on its loop.
  template <typename Work>
  void ToServer(Work work) {
    server_loop().Post([kept = Reference(*this), work = std::move(work)]() mutable { work(kept.call().server_side_); });
  }
  template <typename Work>
  void ToClient(Work work) {
    client_loop().Post([kept = Reference(*this), work = std::move(work)]() mutable { work(kept.call().client_side_); });
  }

  const InProcessLink& link() const { return *link_; }
  InProcessServer& server() const { return *link_->server; }
  runtime::Loop& client_loop() const { return link_->client_loop; }
  runtime::Loop& server_loop() const { return link_->place.loop; }
  InProcessClientCall& client_side() { return client_side_; }
  InProcessServerCall& server_side() { return server_side_; }

 private:
  ~InProcessCall() = default;

  bool DropReferenceHere() {
    const std::uint32_t left = references_.load(std::memory_order_relaxed) - 1;
    references_.store(left, std::memory_order_relaxed);
    return left == 0;
  }

  std::atomic<std::uint32_t> references_{1};
  const std::shared_ptr<const InProcessLink> link_;
  const bool on_one_loop_;
  InProcessClientCall client_side_;
  InProcessServerCall server_side_;
};

}  // namespace rhei::inline v0::transport
