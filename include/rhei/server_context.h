// ServerContext: what a handler knows of the call beside its request, and what it may send beside its reply.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rhei/context.h"
#include "rhei/function.h"
#include "rhei/metadata.h"
#include "rhei/result.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

class ServerCall;

// What the calls of one client have in common; the transport's.
struct CallOrigin {
  std::string authority;
  std::string user_agent;
  // The sockets' addresses.
  std::string peer;
  std::string local;
};

// Lives until the handler has ended. Used by one thread at a time, but for what tells of deadline and cancellation.
class ServerContext {
 public:
  ServerContext() = default;
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  // The request's metadata, as the client's user sent it; fields of the protocol are not in it.
  const Metadata& metadata() const { return metadata_; }

  // Sent before the reply and behind it, beside what the protocol sends itself. What may not be sent (see
  // CheckMetadata) ends the call with INTERNAL.
  Metadata& headers() { return headers_; }
  Metadata& trailers() { return trailers_; }
  // Sends the headers now, ahead of an answer that takes its time; headers that are added later are not sent.
  void SendHeaders();

  // "/weather.Weather/GetCurrent": exactly the string by which the call was routed.
  std::string_view method() const { return method_; }
  // The host that the client asked for, as "weather:8090".
  std::string_view authority() const { return OfOrigin(&CallOrigin::authority); }
  std::string_view user_agent() const { return OfOrigin(&CallOrigin::user_agent); }
  // The sockets' addresses, as "127.0.0.1:50412" or "unix:/run/weather.sock".
  std::string_view peer() const { return OfOrigin(&CallOrigin::peer); }
  std::string_view local() const { return OfOrigin(&CallOrigin::local); }

  // --- any thread ----------------------------------------------------------------------------------------------------
  // Whether the answer is still wanted, and until when; see Context, of which these are shorthands. The same context is
  // Context::Current() in everything that the handler calls.
  const Context& context() const { return context_; }
  std::optional<TimePoint> Deadline() const { return context_.Deadline(); }
  std::optional<Duration> TimeRemaining() const { return context_.TimeRemaining(); }
  bool IsCancelled() const { return context_.IsCancelled(); }
  std::optional<Error> CancellationCause() const { return context_.CancellationCause(); }
  std::stop_token StopToken() const { return context_.StopToken(); }

  // Calls `function` once if the call is cancelled before its handler has ended: on the call's loop, where it must not
  // block, or at once and here if that has happened already. For the handler's thread. A handler in the pool may have
  // returned when it is called, and its answer not yet be on the loop: so it does not use the handler's local
  // variables. Where it has to, register it with context().OnCancel.
  void OnCancel(UniqueFunction<void()> function) { listeners_.push_back(context_.OnCancel(std::move(function))); }

 private:
  friend class ServerContextWriter;  // the transport, which fills it in

  std::string_view OfOrigin(std::string CallOrigin::*text) const {
    return origin_ == nullptr ? std::string_view() : std::string_view(origin_->*text);
  }

  Metadata metadata_;
  Metadata headers_;
  Metadata trailers_;
  std::string_view method_;
  const CallOrigin* origin_ = nullptr;  // null: it is nobody's call, as in a handler's own test
  ServerCall* call_ = nullptr;
  Context context_;
  std::vector<Context::Listener> listeners_;
};

}  // namespace rhei::inline v0
