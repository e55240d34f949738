// Http2ClientConnection: a connection to one server, on which calls are carried out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rhei/client_call.h"
#include "rhei/limits.h"
#include "transport/http2_link.h"
#include "transport/http2_message_stream.h"
#include "transport/receive_budget.h"
#include "transport/send_waiters.h"
#include "wire/message_framing.h"
#include "wire/metadata_coding.h"
#include "wire/timeout_coding.h"

namespace rhei::inline v0::transport {

// On its loop only. Calls that are given to it end by OnDone, or go back to the owner when the server has not seen
// them.
class Http2ClientConnection final : public Http2Link::Owner, private ClientCallHolder {
 public:
  // None of these may destroy the connection but OnGone.
  class Owner {
   public:
    // The server's SETTINGS have arrived: calls may be started, also before. Once.
    virtual void OnReady() = 0;
    // No call may be started here any more, though those that run go on: the server says goodbye, or stream ids run
    // out. Once.
    virtual void OnDraining(std::string_view why) = 0;
    // CanStart has become true; follows TellCapacity.
    virtual void OnCapacity() = 0;
    // The server has not processed this call and never will; it may be sent again. The reference goes with it.
    virtual void OnUnprocessed(ClientCall& call, Error error) = 0;
    // The connection is over, and all its calls with it. Once, and last; it may be destroyed here and now.
    virtual void OnGone(std::string_view cause) = 0;

   protected:
    ~Owner() = default;
  };

  // What all requests say beside their method.
  struct Identity {
    std::string authority;
    std::string user_agent;
    std::string_view scheme = "http";
  };

  Http2ClientConnection(const Limits& limits, runtime::Loop& loop, std::unique_ptr<runtime::ByteStream> stream,
                        Identity identity, Owner& owner);
  ~Http2ClientConnection();
  void Begin() { link_.Start(); }

  bool CanStart() const { return !draining_ && link_.connection().can_open(); }
  // Whoever found CanStart false, and has a call to start, asks to be told by OnCapacity.
  void TellCapacity() { waiting_for_capacity_ = true; }
  bool draining() const { return draining_; }
  // Requires CanStart. Takes over one reference.
  void Start(ClientCall& call);

  std::size_t active_calls() const { return active_; }
  const std::shared_ptr<const std::string>& peer() const { return peer_; }

  // Closes when the calls that run have ended. OnGone follows.
  void Drain();
  // Ends all calls with UNAVAILABLE and `why`, and closes. OnGone follows.
  void Abort(std::string_view why);

  http2::Connection& http2() { return link_.connection(); }

 private:
  // One call's response as it comes in. Kept for the next call of its slot.
  struct Exchange final : Http2MessageStream::Owner {
    explicit Exchange(Http2ClientConnection& of) : connection(of) {}

    bool OnSend() override { return true; }
    void OnBroken(Error error) override;
    // Whether it is still about this stream: a call that ends makes room for another one at once.
    bool Carries(http2::Stream other) const { return call != nullptr && stream == other; }

    Http2ClientConnection& connection;
    ClientCall* call = nullptr;
    http2::Stream stream;
    Http2MessageStream* messages = nullptr;  // of a call that streams; its own
    ReceiveBudget::Share share;
    wire::MessageReader reader;
    wire::ReceivedStatus status;
    int http_status = 0;
    bool grpc = false;
    bool has_message = false;
    bool metadata_readable = true;
    bool status_in_headers = false;  // `status` comes from the headers, as in Trailers-Only
  };

  bool OnEvent(const http2::Event& event) override;
  void OnBatchEnd() override;
  void OnSendProgress() override { place_.waiters.Tell(); }
  void OnLinkEnd(std::string_view cause) override;
  void CancelCall(ClientCall& call, Error reason) override;
  std::string WaitingFor(const ClientCall& call) const override;

  Exchange& ExchangeAt(std::uint32_t slot) {
    const bool known = slot < exchanges_.size() && exchanges_[slot] != nullptr;
    return known ? *exchanges_[slot] : AddExchange(slot);
  }
  Exchange& AddExchange(std::uint32_t slot);
  http2::HeaderTemplate TemplateFor(const Method& method);
  void AddRequestFields(std::string_view path);
  wire::TimeoutText TimeoutOf(const ClientCall& call) const;
  void SendMessage(http2::Stream stream, ClientCall& call);
  void OpenStream(Exchange& exchange);
  void SendAgain(http2::Stream stream, const WrittenRequests& written);
  // Whether the call can be made again as if nothing had been.
  static bool IsRepeatable(const Exchange& exchange);

  void OnMessagePart(const http2::Event& event);
  void ReadHeaders(const http2::Event& event, Exchange& exchange);
  void ReadTrailers(const http2::Event& event, Exchange& exchange);
  // False: the call has been ended.
  bool ReadData(const http2::Event& event, Exchange& exchange);
  bool ReadReply(const http2::Event& event, Exchange& exchange);
  void OnReset(const http2::Event& event);
  // The server has said everything: the call ends with the status that it sent, or that follows from what it did not
  // send.
  void Conclude(Exchange& exchange);
  std::optional<Error> FinalError(Exchange& exchange) const;
  // The call ends with an error that this side found, and the stream is reset.
  void Abandon(Exchange& exchange, StatusCode code, std::string_view message);
  // Takes the call off its stream, which is released.
  ClientCall& Detach(Exchange& exchange);
  void Finish(Exchange& exchange, std::optional<Error> error);
  void EndAll(std::string_view cause);
  void StartDraining(std::string_view why);
  void CloseIfDrained();
  std::string Describe(const ClientCall& call, std::string_view what) const;

  const Limits limits_;
  const Identity identity_;
  Owner& owner_;
  Http2Link link_;
  std::shared_ptr<const std::string> peer_;
  Http2MessageStream::Place place_;
  wire::FieldList fields_;
  std::vector<http2::HeaderTemplate> templates_;      // by method number
  std::vector<std::unique_ptr<Exchange>> exchanges_;  // by slot
  std::string goodbye_;                               // what the server's GOAWAY said
  // The numbers of headers and of trailers that say no more than that all is well; see http2::Event.
  std::uint32_t plain_headers_ = 0;
  std::uint32_t plain_trailers_ = 0;
  std::size_t active_ = 0;
  bool ready_ = false;
  bool draining_ = false;
  bool closing_ = false;
  bool waiting_for_capacity_ = false;
  bool ended_ = false;
};

}  // namespace rhei::inline v0::transport
