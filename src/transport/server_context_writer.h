// ServerContextWriter: how a transport fills in the context of a call.
#pragma once

#include <string_view>

#include "rhei/context_state.h"
#include "rhei/server_call.h"
#include "rhei/server_context.h"

namespace rhei::inline v0 {

class ServerContextWriter {
 public:
  static Metadata& metadata(ServerContext& context) { return context.metadata_; }

  // `method` and `origin` live as long as the call.
  static void SetFacts(ServerContext& context, std::string_view method, const CallOrigin& origin) {
    context.method_ = method;
    context.origin_ = &origin;
  }

  // The scope of the call, from SetScope on.
  static CallScope& scope(const ServerContext& context) { return *context.context_.state_.get()->call(); }

  // For the next call.
  static void Reset(ServerContext& context) {
    context.metadata_.Clear();
    context.headers_.Clear();
    context.trailers_.Clear();
  }

  // Who carries out what the handler asks of its context.
  static void SetCall(ServerContext& context, ServerCall& call) { context.call_ = &call; }

  // Whether the scope can be used again: nobody has kept it, and its call came to its end by itself.
  static bool HasFreshScope(const ServerContext& context) {
    const ContextState* const last = context.context_.state_.get();
    return last != nullptr && last->unique() && !last->call()->IsCancelled();
  }
  static void SetScope(ServerContext& context, CallScope* scope) {
    context.context_ = Context(SharedContext::Adopt(scope));
  }

  // The handler has ended.
  static void End(ServerContext& context) {
    if (!context.listeners_.empty()) context.listeners_.clear();
    scope(context).End();
  }
};

}  // namespace rhei::inline v0
