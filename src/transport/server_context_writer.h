// ServerContextWriter: how a transport fills in the context of a call.
#pragma once

#include <string_view>

#include "rhei/server_context.h"

namespace rhei::inline v0 {

class ServerContextWriter {
 public:
  static Metadata& metadata(ServerContext& context) { return context.metadata_; }

  static void SetFacts(ServerContext& context, std::string_view method, std::string_view authority,
                       std::string_view user_agent, std::string_view peer, std::string_view local) {
    context.method_ = method;
    context.authority_ = authority;
    context.user_agent_ = user_agent;
    context.peer_ = peer;
    context.local_ = local;
  }

  static void Cancel(ServerContext& context) { context.cancelled_.store(true, std::memory_order_relaxed); }

  // For the next call.
  static void Reset(ServerContext& context) {
    context.metadata_.Clear();
    context.headers_.Clear();
    context.trailers_.Clear();
    context.cancelled_.store(false, std::memory_order_relaxed);
  }
};

}  // namespace rhei::inline v0
