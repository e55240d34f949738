// InProcessClientCall: the client's side of a call inside of the process.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rhei/client_call.h"
#include "rhei/metadata.h"
#include "rhei/result.h"
#include "transport/inprocess_message_stream.h"

namespace rhei::inline v0::transport {

class InProcessCall;

// On the client's loop only.
class InProcessClientCall final : private ClientCallHolder, private InProcessMessageStream::Owner {
 public:
  class Owner {
   public:
    // The call has ended, or goes back, and this side of it is not used any more.
    virtual void OnInProcessCallGone() = 0;
    // The server does not serve, or not any more; it has not seen the call. The reference goes with it.
    virtual void OnUnprocessed(ClientCall& call, Error error) = 0;

   protected:
    ~Owner() = default;
  };

  InProcessClientCall(InProcessCall& whole, Owner& owner) : whole_(whole), owner_(owner) {}

  // Takes over one reference.
  void Start(ClientCall& call);

  // --- from the server's side ----------------------------------------------------------------------------------------
  void OnHeaders(Metadata headers);
  void OnMessage(MessageInTransit message);
  void OnCredit(std::size_t bytes);
  // A reply, with all that comes before and after it; the status is OK.
  struct Answer {
    std::optional<Metadata> headers;  // nothing: they came before
    MessageInTransit message;
    Metadata trailers;
  };
  void OnAnswer(Answer answer);
  // The status, and what came with it.
  void OnEnd(std::optional<Error> error, Metadata trailers);
  // Of a call that waits for its server: it serves.
  void OnServing();
  // It has not seen the call, whose request comes back.
  void OnNotServing(MessageInTransit request);

 private:
  bool OnSend() override { return true; }
  void Deliver(MessageInTransit message) override;
  void DeliverCredit(std::size_t bytes) override;
  void DeliverEnd() override;
  void OnBroken(Error error) override { Abandon(std::move(error)); }
  std::string_view incoming() const override { return "reply"; }

  void CancelCall(ClientCall& call, Error reason) override;
  std::string WaitingFor(const ClientCall& call) const override;

  // Requires a call, which may be over afterwards.
  void TakeMessage(MessageInTransit message);
  // The call ends with an error that this side found.
  void Abandon(Error error);
  std::optional<Error> FinalError() const;
  ClientCall& Detach(bool keep_unread);
  void Finish(std::optional<Error> error, bool keep_unread);
  void End();
  Error Found(StatusCode code, std::string_view what) const;

  InProcessCall& whole_;
  Owner& owner_;
  ClientCall* call_ = nullptr;
  InProcessMessageStream* messages_ = nullptr;  // of a call that streams; its own
  bool has_message_ = false;
};

}  // namespace rhei::inline v0::transport
