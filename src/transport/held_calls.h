// HeldCalls: the calls of one connection that wait to begin, because their client leaves too many answers unread.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "transport/http2_message_stream.h"

namespace rhei::inline v0::transport {

class Http2ServerStream;

// An answer waits for the client's windows, in memory, and only the number of calls would bound how many do. So while
// they hold more than Limits::answer_buffer no handler of their connection begins. One answer alone, however large,
// holds nobody up. On the connection's loop.
class HeldCalls {
 public:
  explicit HeldCalls(Http2MessageStream::Place& place) : place_(place) {}

  // Whether a call that would begin now has to wait.
  bool MustWait() const { return calls_ != nullptr || TooManyAnswers(); }
  bool TooManyAnswers() const {
    return http2().queued_size() > place_.limits.answer_buffer && http2().queued_streams() > 1;
  }

  void Add(Http2ServerStream& call) {
    if (calls_ == nullptr) {
      http2().Count(Abuse::kCallsHeld);
      http2().HurryStalls(true);
      calls_ = std::make_unique<Calls>();
    }
    calls_->in_order.push_back(&call);
  }
  // It has ended.
  void Remove(Http2ServerStream& call) {
    std::erase(calls_->in_order, &call);
    EndIfEmpty();
  }

  // Starts those for which there is room, in the order in which they came. One that starts may make room, and so have
  // this called again: that call does nothing.
  template <typename Start>
  void StartWhatMay(Start start) {
    if (calls_ == nullptr || std::exchange(calls_->starting, true)) return;
    while (calls_ != nullptr && !TooManyAnswers()) {
      Http2ServerStream& call = *calls_->in_order.front();
      calls_->in_order.erase(calls_->in_order.begin());
      EndIfEmpty();
      start(call);
    }
    if (calls_ != nullptr) calls_->starting = false;
  }
  // None of them starts any more: the connection is over.
  void Close() {
    if (calls_ != nullptr) calls_->starting = true;
  }

 private:
  struct Calls {
    std::vector<Http2ServerStream*> in_order;
    bool starting = false;  // or never again
  };

  http2::Connection& http2() const { return place_.link.connection(); }
  void EndIfEmpty() {
    if (!calls_->in_order.empty()) return;
    calls_.reset();
    http2().HurryStalls(false);
  }

  Http2MessageStream::Place& place_;
  std::unique_ptr<Calls> calls_;  // null: none
};

}  // namespace rhei::inline v0::transport
