// MessageStream: the messages of one call, as its transport carries them. For those who write transports; users have
// Reader and Writer.
#pragma once

#include <cstdint>
#include <optional>

#include "rhei/message.h"
#include "rhei/result.h"

namespace rhei::inline v0 {

// Both directions of a call, each in order and independent of the other. Messages are pulled by who reads them, and
// taken one by one from who writes them, so that neither side can make the other hold more than its windows. On the
// call's loop only.
class MessageStream {
 public:
  // Who reads and writes. What a listener does in its call may end the stream.
  class Listener {
   public:
    // Receive said kNotYet, and would say something else now. Once for each kNotYet.
    virtual void OnReadable() = 0;
    // CanSend said kNotYet, and would say something else now. Once for each kNotYet.
    virtual void OnWritable() = 0;

   protected:
    ~Listener() = default;
  };

  enum class Received : std::uint8_t {
    kMessage,  // `into` is the next one
    kNotYet,   // OnReadable follows
    kEnd,      // there is none any more: the peer has said everything, or the call is over
  };
  virtual Received Receive(IncomingMessage& into) = 0;

  // After kEnd: what is wrong with the message that Receive has met there, if the call was over by then, and so could
  // not be ended with it.
  virtual std::optional<Error> Fault() const { return std::nullopt; }

  enum class Sending : std::uint8_t {
    kReady,   // Send takes the message
    kNotYet,  // as much waits to be sent as may wait; OnWritable follows
    kOver,    // nothing more is sent: EndSending was called, or the call is over
  };
  // `message` is the one that is to be sent, and stays as it is until OnWritable; null: any.
  virtual Sending CanSend(const OutgoingMessage* message) = 0;

  // Requires that CanSend has just said kReady. A message that cannot be serialised, or is larger than the limit, is
  // not sent and ends the call: false.
  virtual bool Send(const OutgoingMessage& message) = 0;

  // This side has said everything. A server's side says so with its answer instead.
  virtual void EndSending() = 0;

  virtual ~MessageStream() = default;
};

}  // namespace rhei::inline v0
