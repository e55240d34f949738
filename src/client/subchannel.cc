#include "client/subchannel.h"

#include <algorithm>
#include <utility>

namespace rhei::inline v0::client {

using runtime::Address;
using transport::Http2ClientConnection;

// A connection and whose it is.
class Subchannel::Link final : public Http2ClientConnection::Owner {
 public:
  Link(Subchannel& subchannel, std::unique_ptr<runtime::ByteStream> stream)
      : subchannel_(subchannel),
        connection_(subchannel.options_.limits(), subchannel.loop_, std::move(stream),
                    {subchannel.authority_, subchannel.user_agent_, "http"}, *this) {}

  Http2ClientConnection& connection() { return connection_; }
  const Http2ClientConnection& connection() const { return connection_; }

  void OnReady() override { subchannel_.OnLinkReady(*this); }
  void OnDraining(std::string_view why) override { subchannel_.OnLinkDraining(*this, why); }
  void OnCapacity() override { subchannel_.owner_.OnSubchannelChanged(); }
  void OnUnprocessed(ClientCall& call, Error error) override {
    subchannel_.owner_.OnUnprocessed(call, std::move(error));
  }
  void OnGone(std::string_view cause) override { subchannel_.OnLinkGone(*this, cause); }

 private:
  Subchannel& subchannel_;
  Http2ClientConnection connection_;
};

Subchannel::Subchannel(Target target, const ChannelOptions& options, std::string user_agent, runtime::Loop& loop,
                       Owner& owner)
    : target_(std::move(target)),
      options_(options),
      authority_(options.authority().empty() ? target_.authority : options.authority()),
      user_agent_(std::move(user_agent)),
      loop_(loop),
      owner_(owner),
      backoff_(options.initial_backoff(), options.longest_backoff()),
      timer_([this] { OnTimer(); }) {}

Subchannel::~Subchannel() = default;

Subchannel::State Subchannel::state() const {
  if (!ready_.empty()) return State::kReady;
  switch (attempt_) {
    case Attempt::kNone: return State::kIdle;
    case Attempt::kUnderWay: return State::kConnecting;
    case Attempt::kWaiting: return State::kTransientFailure;
  }
  return State::kIdle;
}

std::string_view Subchannel::waiting_for() const {
  switch (state()) {
    case State::kIdle:
    case State::kConnecting: return addresses_.empty() ? "name resolution" : "a connection";
    case State::kReady:
      return attempt_ == Attempt::kUnderWay ? "a free stream or one more connection" : "a free stream";
    case State::kTransientFailure: return "the next attempt to connect";
  }
  return "";
}

void Subchannel::Connect() {
  if (state() != State::kIdle) return;
  // A call that comes back after Drain needs a connection once more.
  closing_ = false;
  BeginAttempt();
  Resolve();
}

void Subchannel::BeginAttempt() {
  attempt_ = Attempt::kUnderWay;
  attempt_begun_ = loop_.Now();
  attempt_failure_.clear();
  loop_.Arm(timer_, loop_.Now() + options_.connect_timeout());
}

Http2ClientConnection* Subchannel::Connection() {
  for (const std::unique_ptr<Link>& link : ready_) {
    if (link->connection().CanStart()) return &link->connection();
  }
  for (const std::unique_ptr<Link>& link : ready_) link->connection().TellCapacity();
  if (attempt_ == Attempt::kNone && ready_.size() < options_.max_connections_per_loop()) {
    BeginAttempt();
    next_address_ = connected_address_;
    end_address_ = connected_address_ + 1;
    ConnectToNext();
  }
  return nullptr;
}

void Subchannel::Resolve() {
  if (!target_.addresses.empty()) {
    addresses_ = target_.addresses;
    return ConnectToFirst();
  }
  auto resolved = [this](Result<std::vector<Address>> addresses) {
    operation_ = nullptr;
    if (!addresses.ok()) return AttemptFailed(addresses.error().message());
    addresses_ = *std::move(addresses);
    for (Address& address : addresses_) address.port = target_.port;
    ConnectToFirst();
  };
  operation_ = loop_.Resolve(target_.host, std::move(resolved));
}

void Subchannel::ConnectToFirst() {
  next_address_ = 0;
  end_address_ = addresses_.size();
  ConnectToNext();
}

void Subchannel::ConnectToNext() {
  if (next_address_ >= end_address_) return WaitForNextAttempt();
  auto connected = [this](Result<std::unique_ptr<runtime::ByteStream>> stream) { OnConnected(std::move(stream)); };
  operation_ = loop_.Connect(addresses_[next_address_++], std::move(connected));
}

void Subchannel::OnConnected(Result<std::unique_ptr<runtime::ByteStream>> stream) {
  operation_ = nullptr;
  if (!stream.ok()) {
    attempt_failure_.append(attempt_failure_.empty() ? "" : "; ").append(stream.error().message());
    return ConnectToNext();
  }
  handshake_ = std::make_unique<Link>(*this, *std::move(stream));
  handshake_->connection().Begin();
}

void Subchannel::OnLinkReady(Link& link) {
  if (&link != handshake_.get()) return;
  loop_.Cancel(timer_);
  backoff_.Reset();
  failure_.clear();
  attempt_ = Attempt::kNone;
  connected_address_ = next_address_ - 1;
  ready_.push_back(std::move(handshake_));
  owner_.OnSubchannelChanged();
}

void Subchannel::OnLinkDraining(Link& link, std::string_view why) {
  if (&link == handshake_.get()) {
    AddHandshakeFailure(link, why);
    DrainLink(std::move(handshake_));
    return ConnectToNext();
  }
  if (std::unique_ptr<Link> left = TakeReady(link)) {
    DrainLink(std::move(left));
    owner_.OnSubchannelChanged();
  }
}

void Subchannel::OnLinkGone(Link& link, std::string_view cause) {
  if (&link == handshake_.get()) {
    const std::unique_ptr<Link> gone = std::move(handshake_);
    AddHandshakeFailure(*gone, cause);
    return ConnectToNext();
  }
  if (const std::unique_ptr<Link> gone = TakeReady(link)) return owner_.OnSubchannelChanged();
  std::erase_if(draining_, [&link](const std::unique_ptr<Link>& other) { return other.get() == &link; });
  if (closing_) owner_.OnSubchannelChanged();
}

std::unique_ptr<Subchannel::Link> Subchannel::TakeReady(const Link& link) {
  const auto found = std::ranges::find(ready_, &link, &std::unique_ptr<Link>::get);
  if (found == ready_.end()) return nullptr;
  std::unique_ptr<Link> taken = std::move(*found);
  ready_.erase(found);
  return taken;
}

void Subchannel::DrainLink(std::unique_ptr<Link> link) {
  draining_.push_back(std::move(link));
  draining_.back()->connection().Drain();
}

void Subchannel::AddHandshakeFailure(const Link& link, std::string_view why) {
  attempt_failure_.append(attempt_failure_.empty() ? "" : "; ")
      .append("connection to ")
      .append(*link.connection().peer())
      .append(" ended before the HTTP/2 handshake: ")
      .append(why);
}

void Subchannel::OnTimer() {
  if (attempt_ == Attempt::kUnderWay) return AttemptFailed("connect to " + target_.authority + ": no answer in time");
  attempt_ = Attempt::kNone;
  owner_.OnSubchannelChanged();
}

void Subchannel::AttemptFailed(std::string_view why) {
  operation_ = nullptr;
  attempt_failure_.append(attempt_failure_.empty() ? "" : "; ").append(why);
  if (handshake_ != nullptr) {
    // It ends by itself.
    draining_.push_back(std::move(handshake_));
    draining_.back()->connection().Abort(why);
  }
  WaitForNextAttempt();
}

void Subchannel::WaitForNextAttempt() {
  attempt_ = Attempt::kWaiting;
  // The wait counts from the begin of the attempt.
  const TimePoint retry = attempt_begun_ + backoff_.Next(loop_.Random());
  loop_.Arm(timer_, std::max(retry, loop_.Now()));
  failure_ = std::exchange(attempt_failure_, {});
  owner_.OnSubchannelChanged();
}

std::size_t Subchannel::active_calls() const {
  std::size_t calls = handshake_ != nullptr ? handshake_->connection().active_calls() : 0;
  for (const auto* const links : {&ready_, &draining_}) {
    for (const std::unique_ptr<Link>& link : *links) calls += link->connection().active_calls();
  }
  return calls;
}

void Subchannel::Drain() {
  closing_ = true;
  operation_ = nullptr;
  loop_.Cancel(timer_);
  attempt_ = Attempt::kNone;
  if (handshake_ != nullptr) DrainLink(std::move(handshake_));
  while (!ready_.empty()) DrainLink(TakeReady(*ready_.back()));
}

}  // namespace rhei::inline v0::client
