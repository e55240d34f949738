#include "rpc/interceptor_chain.h"

#include <algorithm>
#include <deque>
#include <exception>
#include <string>
#include <utility>

namespace rhei::inline v0 {

// One interceptor, and what it has of this call.
struct InterceptorChain::Link {
  Interceptor* interceptor = nullptr;
  Call call;
  int nexts = 0;               // how often it let the call go on
  bool inside = false;         // the call is further in just now
  std::optional<Error> fault;  // what it did wrong
};

// What passes is shown. Outlived by the call's user, who may read what came before the end.
class InterceptorChain::Stream final : public MessageStream {
 public:
  Stream(InterceptorChain& chain, MessageStream& stream)
      : chain_(&chain), is_client_(chain.info_.side() == CallInfo::Side::kClient), stream_(stream) {
    if (chain.stream_ != nullptr) chain.stream_->Leave();
    chain.stream_ = this;
  }
  Stream(InterceptorChain& chain, std::unique_ptr<MessageStream> stream) : Stream(chain, *stream) {
    owned_ = std::move(stream);
  }
  ~Stream() override {
    if (chain_ != nullptr) chain_->stream_ = nullptr;
  }

  // The chain is gone.
  void Leave() {
    ended_ = ended_ || chain_->replies_end_;
    chain_ = nullptr;
  }

  Received Receive(IncomingMessage& into) override {
    if (!shown_.empty()) {
      const std::unique_ptr<HeldMessage> message = std::move(shown_.front());
      shown_.pop_front();
      message->MoveInto(into);
      return Received::kMessage;
    }
    // Nothing gets past an interceptor that was to be shown it.
    if (ended_ || (chain_ != nullptr && chain_->replies_end_)) return Received::kEnd;
    const Received received = stream_.Receive(into);
    if (received != Received::kMessage || chain_ == nullptr) return received;
    AnyMessage message(into);
    Status shown = is_client_ ? chain_->ShowReply(message) : chain_->ShowRequest(message);
    if (shown.ok()) return received;
    Break(std::move(shown));
    return Received::kEnd;
  }

  std::optional<Error> Fault() const override { return stream_.Fault(); }

  Status ShowUnread() {
    while (!ended_) {
      std::unique_ptr<HeldMessage> reply = chain_->inside_.EmptyReply();
      if (stream_.Receive(reply->incoming()) != Received::kMessage) {
        if (std::optional<Error> fault = stream_.Fault()) return *std::move(fault);
        break;
      }
      AnyMessage message(*reply);
      if (Status shown = chain_->ShowReply(message); !shown.ok()) {
        ended_ = true;
        return shown;
      }
      shown_.push_back(std::move(reply));
    }
    return {};
  }

  void DropUnread() {
    ended_ = true;
    shown_.clear();
  }

  Sending CanSend(const OutgoingMessage* message) override {
    return chain_ == nullptr ? Sending::kOver : stream_.CanSend(message);
  }

  bool Send(const OutgoingMessage& message) override {
    if (chain_ == nullptr) return false;
    if (!is_client_) chain_->inside_.BeforeReply();
    AnyMessage shown(message);
    Status status = is_client_ ? chain_->ShowRequest(shown) : chain_->ShowReply(shown);
    if (status.ok()) return stream_.Send(shown.outgoing());
    Break(std::move(status));
    return false;
  }

  void EndSending() override {
    if (chain_ != nullptr) stream_.EndSending();
  }

 private:
  // May destroy the chain.
  void Break(Status status) {
    ended_ = true;
    chain_->inside_.Break(std::move(status).error());
  }

  InterceptorChain* chain_;
  const bool is_client_;
  MessageStream& stream_;
  std::unique_ptr<MessageStream> owned_;
  std::deque<std::unique_ptr<HeldMessage>> shown_;  // that nobody has read yet
  bool ended_ = false;                              // nothing more is shown to anybody
};

InterceptorChain::InterceptorChain(const Interceptors& interceptors, CallInfo& info, Inside& inside)
    : interceptors_(interceptors), info_(info), inside_(inside), links_(interceptors.size()) {
  for (std::size_t i = 0; i < links_.size(); ++i) links_[i].interceptor = interceptors_[i].get();
}

InterceptorChain::~InterceptorChain() { LeaveStream(); }

void InterceptorChain::LeaveStream() {
  if (stream_ != nullptr) std::exchange(stream_, nullptr)->Leave();
}

Task<Trailers> Next::operator()() const { return chain_->Go(index_); }

Task<Trailers> InterceptorChain::RunLink(std::size_t index) {
  Link& link = links_[index];
  Trailers trailers;
  try {
    Task<Trailers> task = link.interceptor->Intercept(info_, link.call, Next(*this, index));
    trailers = co_await std::move(task);
  } catch (const std::exception& thrown) {
    link.fault = Threw(link, &thrown);
  } catch (...) {
    link.fault = Threw(link, nullptr);
  }
  co_return Judge(link, std::move(trailers));
}

Trailers InterceptorChain::Judge(Link& link, Trailers trailers) {
  if (link.call.on_reply_) replies_end_ = true;
  std::unique_ptr<HeldMessage> reply = std::move(link.call.own_reply_);
  const int nexts = link.nexts;
  std::optional<Error> fault = std::move(link.fault);
  Interceptor* const interceptor = link.interceptor;
  link = Link();
  link.interceptor = interceptor;
  if (fault) return *std::move(fault);
  if (!trailers.status.ok()) return trailers;
  if (reply != nullptr) {
    if (info_.server_streams()) return Mistake(link, "gave one reply to a call whose replies are a stream");
    if (inside_.reply_type() != nullptr && inside_.reply_type() != reply->type()) {
      return Mistake(link, "gave a reply of another type than the method's");
    }
    inside_.SetReply(std::move(reply));
  } else if (nexts == 0) {
    return Mistake(link, "ended the call with OK, and neither let it go on nor gave a reply");
  } else if (!info_.server_streams() && !inside_.has_reply()) {
    return Mistake(link, "ended the call with OK, and there is no reply");
  }
  return trailers;
}

Task<Trailers> InterceptorChain::Go(std::size_t index) {
  Link& link = links_[index];
  if (link.inside || (link.nexts > 0 && !inside_.repeatable())) {
    link.fault = Mistake(link, link.inside ? "let the call go on while it was on its way already"
                                           : "let the call go on twice, which only unary calls of a client can");
    return Trailers(*link.fault);
  }
  return RunInside(index);
}

namespace {

template <typename Function>
class VisitWith final : public MessageVisitor {
 public:
  explicit VisitWith(Function function) : function_(std::move(function)) {}
  Status Visit(AnyMessage& message) override { return function_(message); }

 private:
  Function function_;
};

}  // namespace

Task<Trailers> InterceptorChain::RunInside(std::size_t index) {
  Link& link = links_[index];
  link.inside = true;
  ++link.nexts;
  Status shown;
  if (!info_.client_streams() && link.call.on_request_) {
    VisitWith visitor([&](AnyMessage& message) { return Show(link, link.call.on_request_, message); });
    shown = inside_.VisitRequest(visitor);
  }
  Trailers trailers;
  if (shown.ok()) {
    Task<Trailers> rest = index + 1 < links_.size() ? RunLink(index + 1) : inside_.Carry();
    trailers = co_await std::move(rest);
  } else {
    trailers.status = std::move(shown);
  }
  if (trailers.status.ok() && !info_.server_streams() && link.call.on_reply_) {
    VisitWith visitor([&](AnyMessage& message) { return Show(link, link.call.on_reply_, message); });
    if (Status seen = inside_.VisitReply(visitor); !seen.ok()) trailers.status = std::move(seen);
  }
  link.inside = false;
  co_return trailers;
}

Error InterceptorChain::Mistake(const Link& link, std::string_view what) const {
  std::string text("the interceptor \"");
  text.append(link.interceptor->name()).append("\" of ").append(info_.method()).append(" ").append(what);
  info_.logger().Write(LogLevel::kError, text);
  return Error(StatusCode::kInternal, text, Origin::kLocal);
}

// What was thrown may tell things that are not the peer's to know.
Error InterceptorChain::Threw(const Link& link, const std::exception* thrown) const {
  std::string text("the interceptor \"");
  text.append(link.interceptor->name()).append("\" of ").append(info_.method()).append(" threw");
  info_.logger().Write(LogLevel::kError, thrown == nullptr ? text : text + ": " + thrown->what());
  return Error(StatusCode::kInternal, text + " an exception", Origin::kLocal);
}

Status InterceptorChain::Show(const Link& link, Call::MessageHook& hook, AnyMessage& message) const {
  Status status;
  try {
    status = hook(message);
  } catch (const std::exception& thrown) {
    return Threw(link, &thrown);
  } catch (...) {
    return Threw(link, nullptr);
  }
  if (message.set_wrongly()) return Mistake(link, "put a message of another type in a message's place");
  return status;
}

Status InterceptorChain::ShowRequest(AnyMessage& message) {
  for (Link& link : links_) {
    if (!link.call.on_request_) continue;
    if (Status shown = Show(link, link.call.on_request_, message); !shown.ok()) return shown;
  }
  return {};
}

Status InterceptorChain::ShowReply(AnyMessage& message) {
  for (auto link = links_.rbegin(); link != links_.rend(); ++link) {
    if (!link->call.on_reply_) continue;
    if (Status shown = Show(*link, link->call.on_reply_, message); !shown.ok()) return shown;
  }
  return {};
}

void InterceptorChain::ShowHeaders(Metadata& headers) {
  if (std::exchange(headers_shown_, true)) return;
  for (auto link = links_.rbegin(); link != links_.rend(); ++link) {
    if (!link->call.on_headers_) continue;
    try {
      link->call.on_headers_(headers);
    } catch (const std::exception& thrown) {
      link->fault = Threw(*link, &thrown);
    } catch (...) {
      link->fault = Threw(*link, nullptr);
    }
  }
}

Status InterceptorChain::ShowUnreadReplies() {
  const auto wants = [](const Link& link) { return static_cast<bool>(link.call.on_reply_); };
  if (stream_ == nullptr || !info_.server_streams() || std::none_of(links_.begin(), links_.end(), wants)) return {};
  return stream_->ShowUnread();
}

void InterceptorChain::DropUnread() {
  if (stream_ != nullptr) stream_->DropUnread();
}

std::unique_ptr<MessageStream> InterceptorChain::Wrap(MessageStream& stream) {
  return std::make_unique<Stream>(*this, stream);
}

std::unique_ptr<MessageStream> InterceptorChain::Wrap(std::unique_ptr<MessageStream> stream) {
  return std::make_unique<Stream>(*this, std::move(stream));
}

Task<Trailers> HeaderInterceptor::Intercept(CallInfo& info, Call& call, Next next) {
  if (Status allowed = OnRequestHeaders(info); !allowed.ok()) co_return std::move(allowed);
  call.OnHeaders([this, &info](Metadata& headers) { OnReplyHeaders(info, headers); });
  Trailers trailers = co_await next();
  OnTrailers(info, trailers);
  co_return trailers;
}

std::shared_ptr<const Interceptors> Join(const std::shared_ptr<const Interceptors>& outer,
                                         const std::shared_ptr<const Interceptors>& inner) {
  if (outer == nullptr) return inner;
  if (inner == nullptr) return outer;
  auto both = std::make_shared<Interceptors>(*outer);
  both->insert(both->end(), inner->begin(), inner->end());
  return both;
}

}  // namespace rhei::inline v0
