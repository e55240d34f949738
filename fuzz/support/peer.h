// One end of a connection, whoever has written it, and what the owner of that end knows of its calls.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "http2/connection.h"

namespace rhei::fuzz {

// A call as its owner sees it. Nothing here is read back from the connection.
struct Call {
  http2::Stream stream;  // of a connection of ours

  // what the owner has said
  bool head_sent = false;
  bool end_sent = false;
  bool cancelled = false;
  bool released = false;
  std::uint64_t sent = 0;  // bytes of its body

  // what it has heard
  bool head_received = false;
  bool end_received = false;
  bool trailers_received = false;
  bool reset_received = false;
  bool unprocessed = false;
  std::uint64_t received = 0;
  std::uint64_t held = 0;     // of those, not yet consumed
  bool body_is_right = true;  // the bytes are those of a Body

  // Nothing more may be said on it.
  bool cut() const { return cancelled || reset_received || released; }
  // All is said and heard.
  bool done() const { return cut() || (end_sent && end_received); }
};

// Every function that names a call is called only for one that is in calls() and not released.
class Peer {
 public:
  using Calls = std::map<http2::StreamId, Call>;

  virtual ~Peer() = default;

  const Calls& calls() const { return calls_; }

  // --- bytes and time ----------------------------------------------------------------------------------------------
  // What the other end has written next, in a piece of any size.
  virtual void Receive(std::string_view bytes) = 0;
  // What is to be written next: at most so many bytes.
  virtual std::string TakeOutput(std::size_t most) = 0;
  virtual void Advance(Duration duration) = 0;

  // --- commands ----------------------------------------------------------------------------------------------------
  // A client's: opens a call and sends its head. `variant` chooses the fields. False when none can be opened.
  virtual bool Start(std::uint8_t variant, bool end) = 0;
  // Sends the next `size` bytes of the body; of a server's call, first the head. `direct`: without a queue, if
  // possible.
  virtual void Write(http2::StreamId call, std::size_t size, bool end, bool direct) = 0;
  // Half-closes: a server by trailers.
  virtual void Finish(http2::StreamId call) = 0;
  virtual void Cancel(http2::StreamId call, http2::ErrorCode code) = 0;
  virtual void Release(http2::StreamId call) = 0;
  // Makes room for `size` more bytes, at most as many as are held.
  virtual void Consume(http2::StreamId call, std::size_t size) = 0;
  virtual void Ping() = 0;
  virtual void Drain() = 0;
  // Announces another initial window for streams. What is returned is put behind what TakeOutput has given so far: an
  // end whose settings are fixed has some announced in its name, which allow the peer no more than its own.
  virtual std::string AnnounceWindow(std::uint32_t size) = 0;

  // --- state -------------------------------------------------------------------------------------------------------
  // Why the connection has ended before its time; empty: it has not.
  virtual std::string failure() const = 0;
  // Bytes of the call's body that have been accepted by Write and not by the connection's output.
  virtual std::size_t Queued(http2::StreamId call) const = 0;
  // Its end waits for a window although no byte does, which is needless.
  virtual bool EndWaits(http2::StreamId) const { return false; }
  // What the windows allow the call to send right now.
  virtual std::int64_t SendWindow(http2::StreamId call) const = 0;
  virtual std::int64_t ConnectionSendWindow() const = 0;
  // Ends the process unless everything has been given back: no call is open, nothing waits to be sent.
  virtual void CheckNothingIsLeft() = 0;

 protected:
  Calls calls_;
};

}  // namespace rhei::fuzz
