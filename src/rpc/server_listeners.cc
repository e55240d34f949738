#include "rpc/server_listeners.h"

#include <charconv>
#include <utility>

namespace rhei::inline v0::rpc {

using runtime::Address;

ServerListeners::ServerListeners(runtime::Loop& loop,
                                 UniqueFunction<void(std::unique_ptr<runtime::AcceptedStream>)> accepted,
                                 UniqueFunction<void()> shed)
    : loop_(loop), accepted_(std::move(accepted)), shed_(std::move(shed)) {}

void ServerListeners::Listen(const std::vector<std::string>& addresses, UniqueFunction<void(Status)> done) {
  done_ = std::move(done);
  // One more than there are, so that none finishes before all have begun.
  waiting_ = addresses.size() + 1;
  for (const std::string& address : addresses) ListenOn(address);
  FinishOne();
}

void ServerListeners::ListenOn(const std::string& text) {
  const Result<Address> literal = Address::Parse(text);
  if (literal.ok()) {
    if (Status opened = Open(*literal); !opened.ok()) AddFailure(opened.message());
    return FinishOne();
  }
  // Not a literal address: perhaps a name and a port.
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const bool has_port = colon != std::string::npos && colon > 0 &&
                        std::from_chars(text.data() + colon + 1, end, port).ptr == end && colon + 1 < text.size();
  const std::string host = text.substr(0, colon);
  if (!has_port || host.find_first_of("[]:/ ") != std::string::npos) {
    AddFailure(literal.error().message());
    return FinishOne();
  }
  auto resolved = [this, text, port](Result<std::vector<Address>> addresses) {
    if (addresses.ok()) {
      for (Address& address : *addresses) address.port = port;
    }
    ListenOnResolved(text, std::move(addresses));
  };
  lookups_.push_back(loop_.Resolve(host, std::move(resolved)));
}

void ServerListeners::ListenOnResolved(const std::string& text, Result<std::vector<Address>> addresses) {
  if (!addresses.ok()) {
    AddFailure("listen on " + text + ": " + addresses.error().message());
    return FinishOne();
  }
  // A name stands for one service: one address of it is enough, and the others take the port that the first one got.
  std::string failures;
  bool any = false;
  for (Address& address : *addresses) {
    if (any && address.port == 0) address.port = listeners_.back()->address().port;
    if (Status opened = Open(address); opened.ok()) {
      any = true;
    } else {
      failures.append(failures.empty() ? "" : "; ").append(opened.message());
    }
  }
  if (!any) AddFailure(failures);
  FinishOne();
}

Status ServerListeners::Open(const Address& address) {
  auto accepted = [this](std::unique_ptr<runtime::AcceptedStream> stream) { accepted_(std::move(stream)); };
  Result<std::unique_ptr<runtime::Listener>> listener = loop_.Listen(address, std::move(accepted));
  if (!listener.ok()) return std::move(listener).error();
  (*listener)->OnShed([this] { shed_(); });
  listeners_.push_back(*std::move(listener));
  return {};
}

void ServerListeners::AddFailure(std::string_view text) {
  failures_.append(failures_.empty() ? "" : "; ").append(text);
}

void ServerListeners::FinishOne() {
  if (--waiting_ > 0) return;
  UniqueFunction<void(Status)> done = std::move(done_);
  if (failures_.empty()) return done({});
  listeners_.clear();
  done(Error(StatusCode::kUnavailable, failures_, Origin::kLibrary));
}

std::uint16_t ServerListeners::port() const {
  for (const auto& listener : listeners_) {
    if (listener->address().family != Address::Family::kUnix) return listener->address().port;
  }
  return 0;
}

}  // namespace rhei::inline v0::rpc
