// ServerContextWriter: how a transport fills in the context of a call.
#pragma once

#include <string_view>

#include "rhei/context_state.h"
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

  // The scope of the call, from Reset on.
  static CallScope& scope(const ServerContext& context) { return *context.context_.state_.get()->call(); }

  // For the next call. The scope is used again if nobody has kept the last one.
  static void Reset(ServerContext& context) {
    context.metadata_.Clear();
    context.headers_.Clear();
    context.trailers_.Clear();
    const ContextState* const last = context.context_.state_.get();
    if (last == nullptr || !last->unique() || last->call()->IsCancelled()) {
      context.context_ = Context(SharedContext::Adopt(new CallScope));
    }
  }

  // The handler has ended.
  static void End(ServerContext& context) {
    context.listeners_.clear();
    scope(context).End();
  }
};

}  // namespace rhei::inline v0
