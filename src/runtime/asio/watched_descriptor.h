// A descriptor whose readiness a loop watches.
#pragma once

#include <memory>

#include "runtime/asio/asio_loop.h"
#include "runtime/byte_stream.h"
#include "runtime/posix/descriptor.h"
#include "runtime/posix/socket.h"

namespace rhei::inline v0::runtime {

// One-shot waits, as ByteStream describes them, at no allocation each in the steady state. Used on its loop only.
class WatchedDescriptor {
 public:
  using Handler = ByteStream::Handler;

  explicit WatchedDescriptor(AsioLoop& loop);
  // Closes.
  ~WatchedDescriptor();
  WatchedDescriptor(const WatchedDescriptor&) = delete;
  WatchedDescriptor& operator=(const WatchedDescriptor&) = delete;

  // Takes over the descriptor, once. With an error it stays the caller's.
  posix::ErrorNumber Watch(posix::Descriptor&& descriptor);

  // Nobody is called while the handler is null.
  void SetHandler(Handler* handler);
  void WaitReadable();
  void WaitWritable();

  // Both end the waits without calling the handler. Closing is idempotent.
  void Close();
  posix::Descriptor Release();

  // -1 when closed.
  int get() const;

 private:
  class State;
  class Reference;
  struct OnReadable;
  struct OnWritable;

  State* state_;  // counts its references: operations in Asio's queues outlive us
};

}  // namespace rhei::inline v0::runtime
