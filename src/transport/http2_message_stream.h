// Http2MessageStream: the messages of one call on an HTTP/2 stream, for calls that stream.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
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
#include "transport/received_bytes.h"
#include "transport/send_waiters.h"
#include "wire/message_framing.h"

namespace rhei::inline v0::transport {

// Bytes that arrive wait here until they are read, and no longer than that count against the stream's window; a message
// that lies whole in the connection's input when its reader waits is parsed where it lies. On the connection's loop;
// what was received can be read after the connection is gone.
class Http2MessageStream final : public MessageStream, public Pooled {
 public:
  class Owner {
   public:
    // Comes before each message. False: nothing is to be sent any more.
    virtual bool OnSend() = 0;
    // The call is to end with this: it has made a mistake, or its peer has.
    virtual void OnBroken(Error error) = 0;

   protected:
    ~Owner() = default;
  };

  // What the calls of one connection share; the connection's.
  struct Place {
    Place(Http2Link& of, const Limits& its_limits)
        : link(of), limits(its_limits), budget(of.connection(), its_limits.connection_budget) {}

    Http2Link& link;
    const Limits& limits;
    ReceiveBudget budget;
    SendWaiters waiters;
  };

  // Who has no listener yet sets one before anything is received or sent.
  Http2MessageStream(Place& place, http2::Stream stream, std::size_t max_receive_message, Owner& owner,
                     Listener* listener);
  ~Http2MessageStream() override;

  void SetListener(Listener& listener) { listener_ = &listener; }
  // What is sent from now on is also kept there, which outlives this, until it is to be forgotten.
  void KeepSent(WrittenRequests& sent) { MakeExtras().sent = &sent; }
  void ForgetSent() {
    if (extras_ != nullptr && extras_->sent != nullptr) std::exchange(extras_->sent, nullptr)->Forget();
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
  std::optional<Error> Fault() const override { return extras_ == nullptr ? std::nullopt : extras_->fault; }
  Sending CanSend(const OutgoingMessage* message) override;
  bool Send(const OutgoingMessage& message) override;
  void EndSending() override;

 private:
  http2::Connection& http2() const { return place_.link.connection(); }
  http2::Stream stream() const { return share_.stream; }
  bool TellIfWritable();
  bool HasRoom(const OutgoingMessage* message) const;
  bool FitsWindows(std::size_t size) const;
  // What few streams need.
  struct Extras final : SendWaiters::Waiter, Pooled {
    explicit Extras(Http2MessageStream& of) : stream(of) {}
    bool TellIfWritable() override { return stream.TellIfWritable(); }

    Http2MessageStream& stream;
    bool write_waits = false;
    const OutgoingMessage* waiting = nullptr;  // while write_waits, if it is known
    std::size_t overdraft = 0;                 // see SendWaiters
    WrittenRequests* sent = nullptr;           // see KeepSent
    std::optional<Error> fault;
  };
  Extras& MakeExtras();
  void LeaveWaiters();
  void EndOverdraft();

  void Keep(std::string_view framed) {
    if (extras_ != nullptr && extras_->sent != nullptr) extras_->sent->Add(framed, place_.limits.stream_write_buffer);
  }
  void SendPiece(PooledBytes piece);
  std::string_view Unread() const { return arriving_ != nullptr ? *arriving_ : inbox_.view(); }
  void TakeUnread(std::size_t bytes);
  void CreditMessage(std::size_t bytes);
  void CreditPart(std::size_t bytes);
  void SendCredit();
  // What the reader has met, in words.
  Error Describe(const wire::MessageReader::Result& wrong) const;
  Error Describe(StatusCode code, std::string_view text) const;
  Received Broken(Error error);

  Place& place_;  // until it is closed
  const std::size_t max_receive_message_;
  Owner& owner_;  // until it is closed
  Listener* listener_;
  ReceiveBudget::Share share_;
  wire::MessageReader reader_;
  ReceivedBytes inbox_;                   // arrived and unread
  std::string_view* arriving_ = nullptr;  // the same, while it is being handed over and inbox_ is empty
  std::unique_ptr<Extras> extras_;        // null: none were needed yet
  const bool of_client_;
  bool peer_ended_ = false;
  bool sending_ended_ = false;
  bool read_waits_ = false;
  bool closed_ = false;
  bool broken_ = false;
};

}  // namespace rhei::inline v0::transport
