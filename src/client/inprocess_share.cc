#include "client/inprocess_share.h"

#include <utility>

namespace rhei::inline v0::client {

using transport::InProcessCall;

InProcessShare::InProcessShare(std::shared_ptr<const ChannelConfig> config, runtime::Loop& loop, std::size_t loop_index)
    : config_(std::move(config)),
      loop_(loop),
      loop_index_(loop_index),
      identity_{config_->options.authority().empty() ? config_->target_text : config_->options.authority(),
                config_->user_agent, std::make_shared<const std::string>(config_->target_text)},
      retry_([this] { PlaceWaiting(); }) {}

void InProcessShare::Start(ClientCall& call) {
  call.started = loop_.Now();
  if (Status watched = call.Watch(); !watched.ok()) return End(call, std::move(watched).error());
  Place(call);
}

void InProcessShare::Place(ClientCall& call) {
  ++active_;
  auto* const whole = new InProcessCall(*this, loop_, config_->server, config_->server->PlaceFor(loop_index_),
                                        identity_, config_->options.limits());
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
