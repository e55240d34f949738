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
      timer_([this] {
        if (state_ == State::kTransientFailure) {
          Enter(State::kIdle);
        } else {
          AttemptFailed("connect to " + target_.authority + ": no answer in time");
        }
      }) {}

Subchannel::~Subchannel() = default;

std::string_view Subchannel::waiting_for() const {
  switch (state_) {
    case State::kIdle:
    case State::kConnecting: return addresses_.empty() ? "name resolution" : "a connection";
    case State::kReady: return "a free stream";
    case State::kTransientFailure: return "the next attempt to connect";
  }
  return "";
}

void Subchannel::Connect() {
  if (state_ != State::kIdle) return;
  // A call that comes back after Drain needs a connection once more.
  closing_ = false;
  attempt_begun_ = loop_.Now();
  attempt_failure_.clear();
  next_address_ = 0;
  state_ = State::kConnecting;
  loop_.Arm(timer_, loop_.Now() + options_.connect_timeout());
  Resolve();
}

void Subchannel::Resolve() {
  if (!target_.addresses.empty()) {
    addresses_ = target_.addresses;
    return ConnectToNext();
  }
  auto resolved = [this](Result<std::vector<Address>> addresses) {
    operation_ = nullptr;
    if (!addresses.ok()) return AttemptFailed(addresses.error().message());
    addresses_ = *std::move(addresses);
    for (Address& address : addresses_) address.port = target_.port;
    ConnectToNext();
  };
  operation_ = loop_.Resolve(target_.host, std::move(resolved));
}

void Subchannel::ConnectToNext() {
  if (next_address_ >= addresses_.size()) return EnterFailure();
  auto connected = [this](Result<std::unique_ptr<runtime::ByteStream>> stream) { OnConnected(std::move(stream)); };
  operation_ = loop_.Connect(addresses_[next_address_++], std::move(connected));
}

void Subchannel::OnConnected(Result<std::unique_ptr<runtime::ByteStream>> stream) {
  operation_ = nullptr;
  if (!stream.ok()) {
    attempt_failure_.append(attempt_failure_.empty() ? "" : "; ").append(stream.error().message());
    return ConnectToNext();
  }
  current_ = std::make_unique<Link>(*this, *std::move(stream));
  current_->connection().Begin();
}

void Subchannel::OnLinkReady(Link& link) {
  if (&link != current_.get() || state_ != State::kConnecting) return;
  loop_.Cancel(timer_);
  backoff_.Reset();
  failure_.clear();
  Enter(State::kReady);
}

void Subchannel::OnLinkDraining(Link& link, std::string_view why) {
  if (&link != current_.get()) return;
  const bool handshake = state_ == State::kConnecting;
  if (handshake) AddHandshakeFailure(link, why);
  draining_.push_back(std::move(current_));
  draining_.back()->connection().Drain();
  if (handshake) return ConnectToNext();
  Enter(State::kIdle);
}

void Subchannel::OnLinkGone(Link& link, std::string_view cause) {
  if (&link == current_.get()) {
    const std::unique_ptr<Link> gone = std::move(current_);
    if (state_ == State::kConnecting) {
      AddHandshakeFailure(*gone, cause);
      return ConnectToNext();
    }
    return Enter(State::kIdle);
  }
  std::erase_if(draining_, [&link](const std::unique_ptr<Link>& other) { return other.get() == &link; });
  if (closing_) owner_.OnSubchannelChanged();
}

void Subchannel::AddHandshakeFailure(const Link& link, std::string_view why) {
  attempt_failure_.append(attempt_failure_.empty() ? "" : "; ")
      .append("connection to ")
      .append(*link.connection().peer())
      .append(" ended before the HTTP/2 handshake: ")
      .append(why);
}

void Subchannel::AttemptFailed(std::string_view why) {
  operation_ = nullptr;
  attempt_failure_.append(attempt_failure_.empty() ? "" : "; ").append(why);
  if (current_ != nullptr) {
    // It ends by itself.
    draining_.push_back(std::move(current_));
    draining_.back()->connection().Abort(why);
  }
  EnterFailure();
}

void Subchannel::EnterFailure() {
  // The wait counts from the begin of the attempt.
  const TimePoint retry = attempt_begun_ + backoff_.Next(loop_.Random());
  loop_.Arm(timer_, std::max(retry, loop_.Now()));
  failure_ = std::exchange(attempt_failure_, {});
  Enter(State::kTransientFailure);
}

void Subchannel::Enter(State state) {
  state_ = state;
  owner_.OnSubchannelChanged();
}

Http2ClientConnection* Subchannel::Connection() {
  Http2ClientConnection& connection = current_->connection();
  if (connection.CanStart()) return &connection;
  connection.TellCapacity();
  return nullptr;
}

std::size_t Subchannel::active_calls() const {
  std::size_t calls = current_ != nullptr ? current_->connection().active_calls() : 0;
  for (const std::unique_ptr<Link>& link : draining_) calls += link->connection().active_calls();
  return calls;
}

void Subchannel::Drain() {
  closing_ = true;
  operation_ = nullptr;
  loop_.Cancel(timer_);
  state_ = State::kIdle;
  if (current_ == nullptr) return;
  draining_.push_back(std::move(current_));
  draining_.back()->connection().Drain();
}

}  // namespace rhei::inline v0::client
