// ReceiveBudget: when bytes of unfinished messages are given back to the flow-control windows.
#pragma once

#include <cstddef>

#include "http2/connection.h"

namespace rhei::inline v0::transport {

// A message that the application waits for may be larger than a window, so its bytes are given back as they arrive.
// When the unfinished messages of one connection hold more than its budget, only the oldest is still given credit until
// it is whole: memory stays bounded, and none of them waits for ever. One per connection, on its loop.
class ReceiveBudget {
 public:
  // A stream's part of the budget, kept by the stream.
  struct Share {
    http2::Stream stream;
    std::size_t held = 0;      // bytes of its unfinished message
    std::size_t withheld = 0;  // bytes that arrived and were not given back yet
    Share* previous = nullptr;
    Share* next = nullptr;
  };

  ReceiveBudget(http2::Connection& connection, std::size_t budget) : connection_(connection), budget_(budget) {}

  // `charged` bytes arrived for the stream, whose unfinished message now holds `held`.
  void Arrived(Share& share, std::size_t charged, std::size_t held) {
    if (held == 0 && share.held == 0) {
      // The usual case: whole messages.
      if (charged > 0) connection_.Consume(share.stream, charged);
      return;
    }
    Hold(share, held);
    if (held_ <= budget_ || oldest_ == &share || held == 0) {
      connection_.Consume(share.stream, charged);
    } else {
      share.withheld += charged;
    }
    if (held == 0) GiveBack();
  }

  // The stream is gone.
  void Leave(Share& share) {
    if (share.held == 0) return;
    Hold(share, 0);
    GiveBack();
  }

 private:
  void Hold(Share& share, std::size_t held) {
    held_ += held - share.held;
    if (share.held == 0) Append(share);
    share.held = held;
    if (held > 0) return;
    Remove(share);
    Credit(share);
  }

  void GiveBack() {
    for (Share* share = oldest_; share != nullptr; share = share->next) {
      Credit(*share);
      if (held_ > budget_) return;
    }
  }

  void Credit(Share& share) {
    if (share.withheld == 0) return;
    connection_.Consume(share.stream, share.withheld);
    share.withheld = 0;
  }

  void Append(Share& share) {
    share.previous = newest_;
    share.next = nullptr;
    (newest_ != nullptr ? newest_->next : oldest_) = &share;
    newest_ = &share;
  }
  void Remove(Share& share) {
    (share.previous != nullptr ? share.previous->next : oldest_) = share.next;
    (share.next != nullptr ? share.next->previous : newest_) = share.previous;
  }

  http2::Connection& connection_;
  const std::size_t budget_;
  std::size_t held_ = 0;
  Share* oldest_ = nullptr;
  Share* newest_ = nullptr;
};

}  // namespace rhei::inline v0::transport
