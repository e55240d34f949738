// ReceiveBudget: when bytes of unfinished messages are given back to the flow-control windows.
#pragma once

#include <cstddef>
#include <utility>

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

  // `charged` bytes arrived for the stream, whose unfinished message now holds `held`. Both windows are served.
  void Arrived(Share& share, std::size_t charged, std::size_t held) {
    if (held == 0 && share.held == 0 && !TooMuchWaits()) {
      // The usual case: whole messages.
      if (charged > 0) connection_.Consume(share.stream, charged);
      return;
    }
    Hold(share, held);
    if (TooMuchWaits()) {
      Owe(charged);
    } else {
      connection_.ConsumeOnConnection(charged);
    }
    GiveStream(share, charged);
    if (held == 0) GiveBack();
  }

  // The same for bytes that were unread before: the connection's window has been served then.
  void Collected(Share& share, std::size_t charged, std::size_t held) {
    Hold(share, held);
    GiveStream(share, charged);
  }

  // Bytes have arrived that wait for their reader. The connection's window opens again, so that a stream that nobody
  // reads does not hold up the others, as long as not too much of it is there; the stream's does when they are read.
  void Unread(std::size_t bytes) {
    unread_ += bytes;
    Owe(bytes);
  }
  // Such bytes have been read, or are not wanted any more.
  void Read(std::size_t bytes) {
    unread_ -= bytes;
    GiveOwed();
  }

  // A request of so many bytes is whole, and waits until its handler may begin; of it `charged` have not been given
  // back to the connection's window, which stays shut while too much waits.
  void Waits(std::size_t bytes, std::size_t charged) {
    waiting_ += bytes;
    Owe(charged);
  }
  void WaitsNoMore(std::size_t bytes) {
    waiting_ -= bytes;
    GiveOwed();
  }

  // Whether it is for this side that no more of the message comes: a window is shut on purpose.
  bool Withholds(const Share& share) const { return share.withheld > 0 || owed_ > 0; }

  // The stream is gone, or its message is whole.
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

  // What may lie unread on one connection, in budgets, before its window stays closed: by so many times more than for
  // the windows of its streams, because those who wait behind it are not the ones who hold it. Unfinished messages do
  // not count here, or they would keep each other from being whole; the windows of their streams bound them.
  static constexpr std::size_t kUnreadBudgets = 4;

  bool TooMuchWaits() const { return waiting_ > kUnreadBudgets * budget_; }

  void GiveStream(Share& share, std::size_t bytes) {
    if (held_ <= budget_ || oldest_ == &share || share.held == 0) {
      connection_.ConsumeOnStream(share.stream, bytes);
    } else {
      if (share.withheld == 0) connection_.Count(Abuse::kWindowWithheld);
      share.withheld += bytes;
    }
  }

  void Owe(std::size_t bytes) {
    const bool open = owed_ == 0;
    owed_ += bytes;
    GiveOwed();
    if (open && owed_ > 0) connection_.Count(Abuse::kWindowWithheld);
  }

  void GiveOwed() {
    if (owed_ == 0 || unread_ > kUnreadBudgets * budget_ || TooMuchWaits()) return;
    connection_.ConsumeOnConnection(std::exchange(owed_, 0));
  }

  void GiveBack() {
    for (Share* share = oldest_; share != nullptr; share = share->next) {
      Credit(*share);
      if (held_ > budget_) return;
    }
  }

  void Credit(Share& share) {
    if (share.withheld == 0) return;
    connection_.ConsumeOnStream(share.stream, share.withheld);
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
  std::size_t held_ = 0;     // in unfinished messages
  std::size_t unread_ = 0;   // that wait for their readers
  std::size_t waiting_ = 0;  // in requests that wait for their handlers
  std::size_t owed_ = 0;     // to the connection's window
  Share* oldest_ = nullptr;
  Share* newest_ = nullptr;
};

}  // namespace rhei::inline v0::transport
