// Http2MessageStream: the messages of one call on an HTTP/2 stream, for calls that stream.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http2/connection.h"
#include "rhei/client_call.h"
#include "rhei/limits.h"
#include "rhei/message_stream.h"
#include "rhei/pooled.h"
#include "rhei/result.h"
#include "transport/http2_link.h"
#include "transport/receive_budget.h"
#include "transport/send_waiters.h"
#include "wire/message_framing.h"

namespace rhei::inline v0::transport {

// Bytes that arrive wait here until they are read, and no longer than that count against the stream's window; a message
// that lies whole in the connection's input when its reader waits is parsed where it lies. On the connection's loop;
// what was received can be read after the connection is gone.
class Http2MessageStream final : public MessageStream, public Pooled, private SendWaiters::Waiter {
 public:
  class Owner {
   public:
    // Comes before each message. False: nothing is to be sent any more.
    virtual bool OnSend() = 0;
    // The call is to end with this: it has made a mistake, or its peer has.
    virtual void OnBroken(Error error) = 0;
    // "reply": what arrives, for texts. A literal.
    virtual std::string_view incoming() const = 0;

   protected:
    ~Owner() = default;
  };

  // The connection and what is of it.
  struct Place {
    Http2Link& link;
    ReceiveBudget& budget;
    SendWaiters& waiters;
    const Limits& limits;
  };

  // Who has no listener yet sets one before anything is received or sent.
  Http2MessageStream(const Place& place, http2::Stream stream, std::size_t max_receive_message, Owner& owner,
                     Listener* listener);
  ~Http2MessageStream() override;

  void SetListener(Listener& listener) { listener_ = &listener; }
  // What is sent from now on is also kept there, which outlives this, until it is to be forgotten.
  void KeepSent(WrittenRequests& sent) { sent_ = &sent; }
  void ForgetSent() {
    if (sent_ != nullptr) std::exchange(sent_, nullptr)->Forget();
  }

  // --- events of the connection --------------------------------------------------------------------------------------
  // `data` is valid until this returns; the listener may read of it, and end the call.
  void Arrived(std::string_view data, std::size_t charged, bool peer_ended);
  void OnDrained();

  // The call is over on the connection, which this touches no more. What has arrived can still be read if it is kept.
  void Close(bool keep_unread);
  // The same without what has arrived, unless it was closed before; the listener hears of nothing any more.
  void CloseUnlessClosed() {
    if (!closed_) Close(false);
    listener_ = nullptr;
  }
  // Closes it, and tells the listener what it waits for.
  void CloseAndTell();

  // What is wrong with what has arrived and is not read yet, now that nothing follows it.
  std::optional<Error> WrongEnd() const;
  bool peer_ended() const { return peer_ended_; }
  // Whether a reader waits for the rest of a message.
  bool waits_inside_message() const { return read_waits_ && reader_.in_message(); }
  const ReceiveBudget::Share& share() const { return share_; }

  Received Receive(IncomingMessage& into) override;
  std::optional<Error> Fault() const override { return fault_; }
  Sending CanSend(const OutgoingMessage* message) override;
  bool Send(const OutgoingMessage& message) override;
  void EndSending() override;

 private:
  http2::Connection& http2() const { return place_.link.connection(); }
  bool TellIfWritable() override;
  bool HasRoom(const OutgoingMessage* message) const;
  bool FitsWindows(std::size_t size) const;
  void Keep(std::string_view framed) {
    if (sent_ != nullptr) sent_->Add(framed, place_.limits.stream_write_buffer);
  }
  std::string_view Unread() const {
    return arriving_.empty() ? std::string_view(inbox_).substr(inbox_begin_) : arriving_;
  }
  void TakeUnread(std::size_t bytes);
  void CreditMessage(std::size_t bytes);
  void CreditPart(std::size_t bytes);
  void SendCredit();
  // The same for what the reader has just met.
  Error Describe(const wire::MessageReader::Result& wrong) const;
  Error Describe(StatusCode code, std::string_view text) const;
  Received Broken(Error error);

  const Place place_;
  const http2::Stream stream_;
  const std::size_t max_receive_message_;
  Owner& owner_;  // until it is closed
  const std::string_view incoming_;
  Listener* listener_;
  WrittenRequests* sent_ = nullptr;
  ReceiveBudget::Share share_;
  wire::MessageReader reader_;
  std::string inbox_;  // arrived and unread, from inbox_begin_ on
  std::size_t inbox_begin_ = 0;
  std::string_view arriving_;  // the same, while it is being handed over and inbox_ is empty
  std::size_t overdraft_ = 0;  // see SendWaiters
  bool peer_ended_ = false;
  bool sending_ended_ = false;
  bool read_waits_ = false;
  bool write_waits_ = false;
  const OutgoingMessage* waiting_ = nullptr;  // while write_waits_, if it is known
  bool closed_ = false;
  bool broken_ = false;
  std::optional<Error> fault_;
};

}  // namespace rhei::inline v0::transport
