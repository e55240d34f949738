// CallQueue: calls that wait, oldest first.
#pragma once

#include "rhei/client_call.h"

namespace rhei::inline v0::client {

// A list through the calls' own links. On one loop.
class CallQueue {
 public:
  // `holder` is who has the call in hand until it is removed.
  void Append(ClientCall& call, ClientCallHolder& holder) {
    call.holder = &holder;
    call.previous = last_;
    call.next = nullptr;
    (last_ != nullptr ? last_->next : first_) = &call;
    last_ = &call;
  }
  void Remove(ClientCall& call) {
    (call.previous != nullptr ? call.previous->next : first_) = call.next;
    (call.next != nullptr ? call.next->previous : last_) = call.previous;
    call.previous = nullptr;
    call.next = nullptr;
    call.holder = nullptr;
  }

  ClientCall* first() const { return first_; }
  bool empty() const { return first_ == nullptr; }

 private:
  ClientCall* first_ = nullptr;
  ClientCall* last_ = nullptr;
};

}  // namespace rhei::inline v0::client
