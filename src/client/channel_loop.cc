#include "client/channel_loop.h"

#include <utility>

namespace rhei::inline v0::client {
namespace {

// gRFC A6: a call that no server has processed is sent again once, at once, by the library itself.
constexpr int kTransparentRetries = 1;

}  // namespace

ChannelLoop::ChannelLoop(std::shared_ptr<const ChannelConfig> config, runtime::Loop& loop)
    : config_(std::move(config)), loop_(loop) {
  if (config_->target.ok()) {
    subchannel_ = std::make_unique<Subchannel>(*config_->target, config_->options, config_->user_agent, loop_, *this);
  }
}

ChannelLoop::~ChannelLoop() = default;

void ChannelLoop::Start(ClientCall& call) {
  call.started = loop_.Now();
  if (Status watched = call.Watch(); !watched.ok()) return End(call, std::move(watched).error());
  if (subchannel_ == nullptr) return End(call, config_->target.error());
  Place(call);
}

void ChannelLoop::Place(ClientCall& call) {
  switch (subchannel_->state()) {
    case Subchannel::State::kReady:
      // Who came first goes first.
      if (waiting_.empty()) {
        if (transport::Http2ClientConnection* const connection = subchannel_->Connection()) {
          return connection->Start(call);
        }
      }
      break;
    case Subchannel::State::kTransientFailure:
      if (!call.request.wait_for_ready) return End(call, Unavailable(call));
      break;
    case Subchannel::State::kIdle:
    case Subchannel::State::kConnecting: break;
  }
  waiting_.Append(call, *this);
  subchannel_->Connect();
}

void ChannelLoop::OnSubchannelChanged() {
  switch (subchannel_->state()) {
    case Subchannel::State::kReady: ServeQueue(); break;
    case Subchannel::State::kTransientFailure: FailQueue(); break;
    case Subchannel::State::kIdle:
      if (!waiting_.empty()) subchannel_->Connect();
      break;
    case Subchannel::State::kConnecting: break;
  }
  GiveUpIfDone();
}

void ChannelLoop::ServeQueue() {
  // A call that ends at once may bring this here again.
  if (std::exchange(serving_, true)) return;
  while (!waiting_.empty() && subchannel_->state() == Subchannel::State::kReady) {
    transport::Http2ClientConnection* const connection = subchannel_->Connection();
    if (connection == nullptr) break;
    ClientCall& call = *waiting_.first();
    waiting_.Remove(call);
    connection->Start(call);
  }
  serving_ = false;
}

void ChannelLoop::FailQueue() {
  // Calls that are made while these end find the queue as it should be.
  ClientCall* call = waiting_.first();
  while (call != nullptr) {
    ClientCall* const next = call->next;
    if (!call->request.wait_for_ready) {
      waiting_.Remove(*call);
      End(*call, Unavailable(*call));
      // `next` may have been cancelled by the end of this one: begin anew.
      call = waiting_.first();
      continue;
    }
    call = next;
  }
}

void ChannelLoop::OnUnprocessed(ClientCall& call, Error error) {
  if (call.transparent_retries >= kTransparentRetries) return End(call, std::move(error));
  ++call.transparent_retries;
  call.response = {};
  call.OnRetry();
  Place(call);
}

void ChannelLoop::CancelCall(ClientCall& call, Error reason) {
  waiting_.Remove(call);
  End(call, std::move(reason));
}

std::string ChannelLoop::WaitingFor(const ClientCall&) const {
  std::string text(subchannel_->waiting_for());
  text.append(" (").append(config_->target_text).append(")");
  if (!subchannel_->failure().empty()) text.append("; the last attempt failed: ").append(subchannel_->failure());
  return text;
}

void ChannelLoop::End(ClientCall& call, Error error) {
  call.response.error = std::move(error);
  call.Finish();
  GiveUpIfDone();
}

Error ChannelLoop::Unavailable(const ClientCall& call) const {
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(loop_.Now() - call.started);
  std::string text(call.request.method.path);
  text.append(" to ").append(config_->target_text).append(" after ").append(std::to_string(took.count()));
  return Error(StatusCode::kUnavailable, text.append(" ms: ").append(subchannel_->failure()), Origin::kLibrary);
}

void ChannelLoop::Close(std::unique_ptr<ChannelShare> self) {
  self_ = std::move(self);
  if (subchannel_ != nullptr && waiting_.empty()) subchannel_->Drain();
  GiveUpIfDone();
}

void ChannelLoop::GiveUpIfDone() {
  if (self_ == nullptr || !waiting_.empty()) return;
  if (subchannel_ != nullptr) {
    subchannel_->Drain();
    if (!subchannel_->closed()) return;
  }
  // Whoever called this is still on the stack.
  loop_.Post([self = std::move(self_)] {});
}

}  // namespace rhei::inline v0::client
