// InterceptorChain: one call's way through its interceptors.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/pooled_allocator.h"
#include "rhei/any_message.h"
#include "rhei/interceptor.h"
#include "rhei/message.h"
#include "rhei/message_stream.h"
#include "rhei/metadata.h"
#include "rhei/result.h"
#include "rhei/task.h"

namespace rhei::inline v0 {

// On the call's loop.
class InterceptorChain {
 public:
  // What is inside of it: the handler, or the network.
  class Inside {
   public:
    // Lets the call go on; a second time only after the first has ended.
    virtual Task<Trailers> Carry() = 0;
    // Whether it can be asked to more than once.
    virtual bool repeatable() const = 0;
    // Shows the message where it is not a stream, if it is there.
    virtual Status VisitRequest(MessageVisitor& visitor) = 0;
    virtual Status VisitReply(MessageVisitor& visitor) = 0;
    // Where it is not a stream; null: its type is not known.
    virtual const MessageType* reply_type() const = 0;
    virtual void SetReply(std::unique_ptr<HeldMessage> reply) = 0;
    virtual bool has_reply() const = 0;
    // Room for a reply of a stream; for clients.
    virtual std::unique_ptr<HeldMessage> EmptyReply() const { return nullptr; }
    // A reply of a stream is about to be sent; for servers.
    virtual void BeforeReply() {}
    // The call is to end with this, because of a message.
    virtual void Break(Error error) = 0;

   protected:
    ~Inside() = default;
  };

  InterceptorChain(const Interceptors& interceptors, CallInfo& info, Inside& inside);
  InterceptorChain(const InterceptorChain&) = delete;
  InterceptorChain& operator=(const InterceptorChain&) = delete;
  ~InterceptorChain();

  // The whole call, to its end.
  Task<Trailers> Run() { return RunLink(0); }

  // Shows the interceptors the headers ahead of the replies; the first time counts.
  void ShowHeaders(Metadata& headers);

  // The call has come back: shows the interceptors the replies that are there and that nobody has read yet, because
  // they may return now. An error is one of theirs.
  Status ShowUnreadReplies();

  // The call was ended from outside: what came before is not read any more.
  void DropUnread();

  // The call's stream as its interceptors have to be shown it. `stream` is owned by whoever has it, and outlives what
  // is returned, or is kept by it.
  std::unique_ptr<MessageStream> Wrap(MessageStream& stream);
  std::unique_ptr<MessageStream> Wrap(std::unique_ptr<MessageStream> stream);

  // It has ended, and the stream goes on without it: what it was to be shown does not come any more.
  void LeaveStream();

 private:
  friend class Next;
  class Stream;
  struct Link;

  Task<Trailers> RunLink(std::size_t index);
  Task<Trailers> RunInside(std::size_t index);
  Trailers Judge(Link& link, Trailers trailers);
  Task<Trailers> Go(std::size_t index);
  // The interceptor's mistake.
  Error Mistake(const Link& link, std::string_view what) const;
  Error Threw(const Link& link, const std::exception* thrown) const;
  Status Show(const Link& link, Call::MessageHook& hook, AnyMessage& message) const;
  Status ShowRequest(AnyMessage& message);
  Status ShowReply(AnyMessage& message);

  const Interceptors& interceptors_;
  CallInfo& info_;
  Inside& inside_;
  std::vector<Link, PooledAllocator<Link>> links_;
  Stream* stream_ = nullptr;  // the one that was wrapped last, while it lives
  bool headers_shown_ = false;
  bool replies_end_ = false;  // one that was to be shown each reply has returned
};

}  // namespace rhei::inline v0
