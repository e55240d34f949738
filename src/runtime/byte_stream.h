// A connected, ordered, reliable stream of bytes: TCP, a Unix socket, TLS over one of them, or a simulated link.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "rhei/function.h"
#include "rhei/result.h"
#include "runtime/address.h"

namespace rhei::inline v0::runtime {

// Outcome of a read or a write that never blocks.
struct IoResult {
  enum class Kind : std::uint8_t {
    kBytes,       // `bytes` were moved, at least one
    kWouldBlock,  // nothing now: wait for the readiness and try again
    kEnd,         // read only: the peer will send no more
    kFailed,      // the stream is broken; `cause` says why, as "Connection reset by peer"
  };
  Kind kind = Kind::kBytes;
  std::size_t bytes = 0;
  std::string cause;
};

// Belongs to one loop and is used on that loop only. Readiness is asked for one shot at a time, so who does not ask is
// not called: that is how a reader holds back its peer.
class ByteStream {
 public:
  // Implemented by the stream's user, which outlives the stream or calls Close first.
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void OnReadable() = 0;
    virtual void OnWritable() = 0;
  };

  // Closes.
  virtual ~ByteStream() = default;

  virtual void SetHandler(Handler* handler) = 0;

  // Reads at most buffer.size() bytes. A read of fewer than the buffer holds means that there is no more for now.
  virtual IoResult Read(std::span<char> buffer) = 0;
  // Writes what it can of the slices, in order, in one system call.
  virtual IoResult Write(std::span<const std::string_view> slices) = 0;

  // Calls OnReadable (OnWritable) once, on the loop, never from inside this call, when a read (write) would not return
  // kWouldBlock. Asking twice is asking once.
  virtual void WaitReadable() = 0;
  virtual void WaitWritable() = 0;

  // No more writes; the peer reads kEnd after all that was written.
  virtual void ShutdownWrite() = 0;
  // Ends it at once, both ways. No handler is called any more. Idempotent.
  virtual void Close() = 0;

  virtual const Address& local() const = 0;
  virtual const Address& peer() const = 0;
};

}  // namespace rhei::inline v0::runtime
