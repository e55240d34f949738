// InProcessServer: a server as calls from inside of its process see it.
#pragma once

#include <cstddef>

#include "rhei/limits.h"
#include "runtime/loop.h"
#include "transport/call_router.h"

namespace rhei::inline v0::transport {

class InProcessServerCall;

class InProcessServer {
 public:
  struct Place {
    runtime::Loop& loop;
    std::size_t index;
  };
  // Any thread. Where the calls of a client's loop are handled, by its number: on the same loop where both share their
  // runtime.
  virtual Place PlaceFor(std::size_t client_index) = 0;

  // --- on such a loop ------------------------------------------------------------------------------------------------
  // Whether the server serves. If so, the call is told when it is to end, until it is given back.
  virtual bool Admit(std::size_t index, InProcessServerCall& call) = 0;
  virtual void GiveBack(std::size_t index, InProcessServerCall& call) = 0;
  // Of a server that serves.
  virtual const CallRouter& router() const = 0;
  virtual const Limits& limits() const = 0;

 protected:
  ~InProcessServer() = default;
};

}  // namespace rhei::inline v0::transport
