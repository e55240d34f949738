// ServerContext: what a handler knows of the call beside its request, and what it may send beside its reply.
#pragma once

#include <atomic>
#include <string_view>

#include "rhei/metadata.h"

namespace rhei::inline v0 {

// Lives until the handler has ended. Used by one thread at a time, but for IsCancelled.
class ServerContext {
 public:
  ServerContext() = default;
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  // The request's metadata, as the client's user sent it; fields of the protocol are not in it.
  const Metadata& metadata() const { return metadata_; }

  // Sent before the reply and behind it, beside what the protocol sends itself.
  Metadata& headers() { return headers_; }
  Metadata& trailers() { return trailers_; }

  // "/weather.Weather/GetCurrent": exactly the string by which the call was routed.
  std::string_view method() const { return method_; }
  // The host that the client asked for, as "weather:8090".
  std::string_view authority() const { return authority_; }
  std::string_view user_agent() const { return user_agent_; }
  // The sockets' addresses, as "127.0.0.1:50412" or "unix:/run/weather.sock".
  std::string_view peer() const { return peer_; }
  std::string_view local() const { return local_; }

  // Any thread. Whether the caller no longer wants the answer: it has cancelled, or its connection is lost.
  bool IsCancelled() const { return cancelled_.load(std::memory_order_relaxed); }

 private:
  friend class ServerContextWriter;  // the transport, which fills it in

  Metadata metadata_;
  Metadata headers_;
  Metadata trailers_;
  std::string_view method_;
  std::string_view authority_;
  std::string_view user_agent_;
  std::string_view peer_;
  std::string_view local_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace rhei::inline v0
