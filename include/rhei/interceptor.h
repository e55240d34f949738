// Interceptor: code around every call of a channel, a server or a service: logging, metrics, authentication, limits.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rhei/any_message.h"
#include "rhei/function.h"
#include "rhei/log.h"
#include "rhei/message.h"
#include "rhei/metadata.h"
#include "rhei/result.h"
#include "rhei/task.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

class InterceptorChain;

// How a call ended: its status, and the metadata behind the last message.
struct Trailers {
  Trailers() = default;
  Trailers(Status how, Metadata trailing = {}) : status(std::move(how)), metadata(std::move(trailing)) {}
  Trailers(Error error) : status(std::move(error)) {}

  Status status;
  Metadata metadata;
};

// What is known of a call beside its messages. Used on the call's loop.
class CallInfo {
 public:
  enum class Side : unsigned char { kClient, kServer };
  virtual Side side() const = 0;

  // "/weather.Weather/GetCurrent"
  virtual std::string_view method() const = 0;
  // Whether requests, or replies, are a stream; neither: the call is unary.
  virtual bool client_streams() const = 0;
  virtual bool server_streams() const = 0;
  bool unary() const { return !client_streams() && !server_streams(); }

  // The request's. On a client it is sent as it is when the call goes on, and may be changed until then; on a server
  // the handler finds what is left of it.
  virtual Metadata& metadata() = 0;

  // kNoDeadline: there is none. A server can only bring it forward, and only before the call goes on.
  virtual TimePoint deadline() const = 0;
  virtual void SetDeadline(TimePoint deadline) = 0;

  // "127.0.0.1:8090". On a client known when the call has come back.
  virtual std::string_view peer() const = 0;

  // When the call came. On a server: when its request was there, or its headers if its requests are a stream; that may
  // be well before it gets here, when the loop is busy. What it waited in the operating system is estimated, best when
  // this is first asked before anything is awaited. On a client: when the call began.
  virtual TimePoint arrived() = 0;

  // On the clock that deadlines are on, which in tests may be a simulated one.
  virtual TimePoint Now() const = 0;
  virtual Logger& logger() const = 0;

 protected:
  ~CallInfo() = default;
};

// One call as one interceptor has it in hand. What it hangs on here is gone when it returns, so it may refer to the
// interceptor's own variables. Used on the call's loop, also where the handler runs in the pool.
class Call {
 public:
  // An error ends the call with it; what is thrown ends it with INTERNAL.
  using MessageHook = UniqueFunction<Status(AnyMessage&)>;

  // `hook` is shown each request, or each reply, as it passes. Requests pass interceptors in their order, replies in
  // the reverse one. To be set before the call goes on. When a call is sent again, its request passes again, with what
  // was changed in it the first time.
  void OnRequest(MessageHook hook) { on_request_ = std::move(hook); }
  void OnReply(MessageHook hook) { on_reply_ = std::move(hook); }

  // `hook` is shown the metadata ahead of the replies, and may change it. Not called when there are only trailers.
  void OnHeaders(UniqueFunction<void(Metadata&)> hook) { on_headers_ = std::move(hook); }

  // Gives this reply instead of the one that the rest of the chain gave, or would give: of calls whose replies are not
  // a stream, and that end with OK.
  template <typename T>
  void Reply(T reply) {
    own_reply_ = std::make_unique<CopiedMessage<T>>(std::move(reply));
  }

 private:
  friend class InterceptorChain;

  MessageHook on_request_;
  MessageHook on_reply_;
  UniqueFunction<void(Metadata&)> on_headers_;
  std::unique_ptr<HeldMessage> own_reply_;
};

// The rest of the chain: the interceptors further in, then the handler, or the network.
class Next {
 public:
  // Lets the call go on, and gives how it ended. To be awaited before the interceptor returns. Once; of a unary call on
  // a client again, when the first time has ended: that sends the request once more.
  Task<Trailers> operator()() const;

  // For the library.
  Next(InterceptorChain& chain, std::size_t index) : chain_(&chain), index_(index) {}

 private:
  InterceptorChain* chain_;
  std::size_t index_;  // of the interceptor that has it
};

// One signature for both sides and all kinds of calls:
//
//     rhei::Task<rhei::Trailers> Intercept(rhei::CallInfo& info, rhei::Call& call, rhei::Next next) override {
//       const rhei::TimePoint begin = info.Now();
//       rhei::Trailers trailers = co_await next();
//       Count(info.method(), trailers.status.code(), info.Now() - begin);
//       co_return trailers;
//     }
//
// What it returns is how the call ends. It may change what `next` gave, or return without calling it: an error ends the
// call at once, OK needs a reply of its own (Call::Reply). It may await anything before and after.
//
// A mistake ends that one call with INTERNAL, and a text that names the interceptor: if it throws, calls `next` too
// often, returns OK without a reply, or puts a message of another type in its place. A call that is cancelled, or
// passes its deadline, while an interceptor holds it up is over for its caller at once.
//
// One object serves many calls, on several loops at once.
class Interceptor {
 public:
  virtual ~Interceptor() = default;
  // For the texts of errors: "logging".
  virtual std::string_view name() const = 0;
  virtual Task<Trailers> Intercept(CallInfo& info, Call& call, Next next) = 0;
};

// For those that touch headers and trailers only, and do not wait.
class HeaderInterceptor : public Interceptor {
 public:
  Task<Trailers> Intercept(CallInfo& info, Call& call, Next next) final;

 protected:
  // The call begins. An error ends it.
  virtual Status OnRequestHeaders(CallInfo& /*info*/) { return {}; }
  // The metadata ahead of the replies.
  virtual void OnReplyHeaders(CallInfo& /*info*/, Metadata& /*headers*/) {}
  // The call has ended.
  virtual void OnTrailers(CallInfo& /*info*/, Trailers& /*trailers*/) {}
};

// In their order; the first one is the outermost.
using Interceptors = std::vector<std::shared_ptr<Interceptor>>;

// `inner` behind those of `outer`; null: none.
std::shared_ptr<const Interceptors> Join(const std::shared_ptr<const Interceptors>& outer,
                                         const std::shared_ptr<const Interceptors>& inner);

}  // namespace rhei::inline v0
