#include "client/inprocess_share.h"

#include <utility>

namespace rhei::inline v0::client {

using transport::InProcessCall;
using transport::InProcessLink;

namespace {

// Calls may be the last that need the paths of their methods, which are the config's.
struct LinkWithConfig {
  LinkWithConfig(std::shared_ptr<const ChannelConfig> kept, runtime::Loop& loop, std::size_t loop_index)
      : config(std::move(kept)),
        link(loop, loop_index, config->options.limits(), config->server,
             config->options.authority().empty() ? config->target_text : config->options.authority(),
             config->user_agent, config->target_text) {}

  const std::shared_ptr<const ChannelConfig> config;
  const InProcessLink link;
};

std::shared_ptr<const InProcessLink> MakeLink(std::shared_ptr<const ChannelConfig> config, runtime::Loop& loop,
                                              std::size_t loop_index) {
  auto whole = std::make_shared<const LinkWithConfig>(std::move(config), loop, loop_index);
  return {whole, &whole->link};
}

}  // namespace

InProcessShare::InProcessShare(std::shared_ptr<const ChannelConfig> config, runtime::Loop& loop, std::size_t loop_index)
    : config_(std::move(config)),
      loop_(loop),
      link_(MakeLink(config_, loop, loop_index)),
      retry_([this] { PlaceWaiting(); }) {}

void InProcessShare::Start(ClientCall& call) {
  call.started = loop_.Now();
  if (Status watched = call.Watch(); !watched.ok()) return End(call, std::move(watched).error());
  Place(call);
}

void InProcessShare::Place(ClientCall& call) {
  ++active_;
  auto* const whole = new InProcessCall(*this, link_);
  whole->client_side().Start(call);
}

void InProcessShare::OnInProcessCallGone() {
  --active_;
  GiveUpIfDone();
}

void InProcessShare::OnUnprocessed(ClientCall& call, Error error) {
  if (!call.request.wait_for_ready) return End(call, std::move(error));
  call.response = {};
  call.OnRetry();
  waiting_.Append(call, *this);
  if (!retry_.armed()) loop_.Arm(retry_, loop_.Now() + config_->options.initial_backoff());
}

void InProcessShare::PlaceWaiting() {
  // Those who find the server as it was come back.
  CallQueue calls = std::exchange(waiting_, {});
  while (!calls.empty()) {
    ClientCall& call = *calls.first();
    calls.Remove(call);
    Place(call);
  }
}

void InProcessShare::CancelCall(ClientCall& call, Error reason) {
  waiting_.Remove(call);
  End(call, std::move(reason));
}

std::string InProcessShare::WaitingFor(const ClientCall&) const { return "the server in this process to serve"; }

void InProcessShare::End(ClientCall& call, Error error) {
  call.response.error = std::move(error);
  call.Finish();
  GiveUpIfDone();
}

void InProcessShare::Close(std::unique_ptr<ChannelShare> self) {
  self_ = std::move(self);
  GiveUpIfDone();
}

void InProcessShare::GiveUpIfDone() {
  if (self_ == nullptr || active_ > 0 || !waiting_.empty()) return;
  loop_.Cancel(retry_);
  // Whoever called this is still on the stack.
  loop_.Post([self = std::move(self_)] {});
}

}  // namespace rhei::inline v0::client
