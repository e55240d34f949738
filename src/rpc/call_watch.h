// CallWatch: ends a client's call from outside: by its deadline, with its context, by a stop token.
#pragma once

#include <optional>
#include <stop_token>

#include "rhei/client_call.h"
#include "rhei/context_state.h"
#include "rhei/pooled.h"
#include "runtime/loop.h"

namespace rhei::inline v0 {

// Made for calls that have any of these; on the call's loop, from Begin until the call is over.
class CallWatch final : public Pooled, private ScopeListener {
 public:
  explicit CallWatch(ClientCall& call);
  ~CallWatch();
  CallWatch(const CallWatch&) = delete;
  CallWatch& operator=(const CallWatch&) = delete;

  // Whether a call needs one.
  static bool Needed(const ClientCall::Request& request);
  // Begins to watch. An error: the call is to end at once.
  Status Begin();

 private:
  // Any thread, while the call is not over.
  void OnScopeEnd(const Error& cause, bool by_itself) override;
  void OnDeadline();
  Error DeadlineExceeded(std::string_view waiting_for) const;

  struct OnStop {
    ClientCall& call;
    void operator()() const { call.Cancel(); }
  };

  ClientCall& call_;
  CallScope* scope_ = nullptr;  // that it is attached to
  std::optional<std::stop_callback<OnStop>> stop_;
  runtime::Timer deadline_;
};

}  // namespace rhei::inline v0
