// Subchannel: keeps connections to one of a service's addresses, or tries to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/backoff.h"
#include "client/target.h"
#include "rhei/channel.h"
#include "rhei/client_call.h"
#include "runtime/loop.h"
#include "transport/http2_client_connection.h"

namespace rhei::inline v0::client {

// Tries the addresses in order and stays with the first that answers (pick_first), again after a wait when none did. A
// connection whose server says goodbye is left to its calls, and a new one is made when there is need. When all streams
// that the server allows are taken, more connections are made to the same address, one after the other, up to
// ChannelOptions::max_connections_per_loop (gRFC A105). On its loop only.
class Subchannel final {
 public:
  class Owner {
   public:
    // The state is another one, or a stream has become free.
    virtual void OnSubchannelChanged() = 0;
    // The server has not processed the call; the reference goes with it.
    virtual void OnUnprocessed(ClientCall& call, Error error) = 0;

   protected:
    ~Owner() = default;
  };
  enum class State : std::uint8_t { kIdle, kConnecting, kReady, kTransientFailure };

  Subchannel(Target target, const ChannelOptions& options, std::string user_agent, runtime::Loop& loop, Owner& owner);
  ~Subchannel();

  // Ready as long as there is a connection that takes calls, whatever becomes of the attempt to make another.
  State state() const;
  // Why the last attempt failed, with the addresses that were tried; empty when it did not.
  const std::string& failure() const { return failure_; }
  // What a call waits for, in words.
  std::string_view waiting_for() const;

  // Begins to connect if it is idle.
  void Connect();

  // Requires kReady. The oldest connection that has a stream free. Null when none has; then another is made if there
  // may be one, and OnSubchannelChanged follows when a stream is free.
  transport::Http2ClientConnection* Connection();

  // Calls that run on its connections.
  std::size_t active_calls() const;
  bool closed() const { return ready_.empty() && handshake_ == nullptr && draining_.empty(); }
  // Closes when those have ended; OnSubchannelChanged tells when `closed`. No new calls.
  void Drain();

 private:
  class Link;
  // The attempt to make a connection; after a failure it waits.
  enum class Attempt : std::uint8_t { kNone, kUnderWay, kWaiting };

  void BeginAttempt();
  void Resolve();
  void ConnectToFirst();
  void ConnectToNext();
  void OnConnected(Result<std::unique_ptr<runtime::ByteStream>> stream);
  void OnLinkReady(Link& link);
  void OnLinkDraining(Link& link, std::string_view why);
  void OnLinkGone(Link& link, std::string_view cause);
  void AddHandshakeFailure(const Link& link, std::string_view why);
  void AttemptFailed(std::string_view why);
  void WaitForNextAttempt();
  void OnTimer();
  void DrainLink(std::unique_ptr<Link> link);
  // Takes it out of those that are ready; null when it is not one of them.
  std::unique_ptr<Link> TakeReady(const Link& link);

  const Target target_;
  const ChannelOptions& options_;
  const std::string authority_;
  const std::string user_agent_;
  runtime::Loop& loop_;
  Owner& owner_;
  Attempt attempt_ = Attempt::kNone;
  std::string failure_;          // of the last attempt that has ended
  std::string attempt_failure_;  // of this one, so far
  Backoff backoff_;
  TimePoint attempt_begun_{};
  std::vector<runtime::Address> addresses_;
  std::size_t next_address_ = 0;
  std::size_t end_address_ = 0;                    // of this attempt
  std::size_t connected_address_ = 0;              // of those that are ready
  std::unique_ptr<runtime::Operation> operation_;  // the lookup or the connect that is under way
  std::unique_ptr<Link> handshake_;                // connected, and not yet ready
  std::vector<std::unique_ptr<Link>> ready_;       // the oldest first
  std::vector<std::unique_ptr<Link>> draining_;    // with calls that go on
  bool closing_ = false;
  runtime::Timer timer_;  // the connect's limit, or the wait after a failure
};

}  // namespace rhei::inline v0::client
