// InProcessMessageStream: one side's messages of a call that stays in the process.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

#include "rhei/message_stream.h"
#include "rhei/pooled.h"
#include "rhei/result.h"

namespace rhei::inline v0::transport {

// A message on its way, and the bytes that it would have on a network: by these it counts against windows and limits.
struct MessageInTransit {
  std::unique_ptr<HeldMessage> message;
  std::size_t size = 0;
};

// As on a network each side may send only as much as the other one has room for; credit comes back as messages are
// read. On its side's loop; the owner carries everything to the other side's.
class InProcessMessageStream final : public MessageStream, public Pooled {
 public:
  // To the other side.
  class Owner {
   public:
    // Comes before each message. False: nothing is to be sent any more.
    virtual bool OnSend() = 0;
    virtual void Deliver(MessageInTransit message) = 0;
    virtual void DeliverCredit(std::size_t bytes) = 0;
    virtual void DeliverEnd() = 0;
    // The call is to end with this.
    virtual void OnBroken(Error error) = 0;
    // "reply": what arrives, for texts. A literal.
    virtual std::string_view incoming() const = 0;

   protected:
    ~Owner() = default;
  };

  InProcessMessageStream(std::size_t max_receive_message, std::size_t max_send_message, Owner& owner,
                         Listener* listener)
      : max_receive_message_(max_receive_message),
        max_send_message_(max_send_message),
        owner_(owner),
        incoming_(owner.incoming()),
        listener_(listener) {}

  void SetListener(Listener& listener) { listener_ = &listener; }
  // Until Admit nothing is sent: the other side may not be there.
  void AwaitAdmission() { admitted_ = false; }

  // --- from the other side -------------------------------------------------------------------------------------------
  void Arrived(MessageInTransit message);
  void PeerEnded();
  void Credited(std::size_t bytes);
  void Admit();

  // The call is over; the owner is not told of anything any more. What has arrived can still be read if it is kept.
  void Close(bool keep_unread);
  // Closes it; the listener hears of nothing any more.
  void Forget() {
    Close(false);
    listener_ = nullptr;
  }
  // Closes it, and tells the listener what it waits for.
  void CloseAndTell();
  bool closed() const { return closed_; }
  // What is wrong with what is not read yet, now that the call has ended: nobody could be told of it any more.
  std::optional<Error> WrongEnd() const;

  Received Receive(IncomingMessage& into) override;
  std::optional<Error> Fault() const override { return fault_; }
  Sending CanSend(const OutgoingMessage* message) override;
  bool Send(const OutgoingMessage& message) override;
  void EndSending() override;

 private:
  // What the other side may have sent and not seen read.
  static constexpr std::size_t kWindow = 64 * 1024;
  // What each message counts beside its bytes.
  static constexpr std::size_t kMessageCost = 64;

  void TellReadable();
  void TellWritable();
  bool HasRoom() const { return admitted_ && sent_ < kWindow; }
  Error TooLarge(std::size_t size) const;
  Received Broken(Error error);

  const std::size_t max_receive_message_;
  const std::size_t max_send_message_;
  Owner& owner_;  // until it is closed
  const std::string_view incoming_;
  Listener* listener_;
  std::deque<MessageInTransit> unread_;
  std::size_t read_ = 0;  // not credited yet
  std::size_t sent_ = 0;  // and not credited yet
  bool admitted_ = true;
  bool peer_ended_ = false;
  bool sending_ended_ = false;
  bool read_waits_ = false;
  bool write_waits_ = false;
  bool closed_ = false;
  std::optional<Error> fault_;
};

}  // namespace rhei::inline v0::transport
