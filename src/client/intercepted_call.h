// InterceptedCall: a client's call on its way through its interceptors.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rhei/channel.h"
#include "rhei/client_call.h"
#include "rhei/interceptor.h"
#include "rhei/pooled.h"
#include "rpc/interceptor_chain.h"

namespace rhei::inline v0::client {

// Owns itself until the interceptors have ended, which may be later than the call: see OnCancel. The call is carried
// out each time that they let it go on. On the call's loop.
class InterceptedCall final : public Pooled,
                              private CallInfo,
                              private ClientCallHolder,
                              private CallInterception,
                              private InterceptorChain::Inside,
                              private TaskSource<Trailers>,
                              private TaskObserver {
 public:
  // `carry` begins to carry the call out, and may be called more than once. Takes over one reference.
  InterceptedCall(ClientCall& call, UniqueFunction<void()> carry, bool hands_over);

  void Begin();

 private:
  ~InterceptedCall() = default;

  // --- CallInfo ------------------------------------------------------------------------------------------------------
  Side side() const override { return Side::kClient; }
  std::string_view method() const override { return call_.request.method.path; }
  bool client_streams() const override { return call_.request.client_streams; }
  bool server_streams() const override { return call_.request.server_streams; }
  Metadata& metadata() override { return call_.request.metadata; }
  TimePoint deadline() const override { return call_.request.deadline; }
  void SetDeadline(TimePoint deadline) override;
  std::string_view peer() const override;
  TimePoint arrived() override { return call_.started; }
  TimePoint Now() const override;
  Logger& logger() const override { return *call_.logger; }

  // --- ClientCallHolder: while it is not being carried out -----------------------------------------------------------
  void CancelCall(ClientCall& call, Error reason) override;
  std::string WaitingFor(const ClientCall& call) const override;

  // --- CallInterception ----------------------------------------------------------------------------------------------
  void OnAttemptDone() override;
  void OnHeaders(Metadata& headers) override { chain_.ShowHeaders(headers); }
  std::unique_ptr<MessageStream> Wrap(std::unique_ptr<MessageStream> stream) override;
  void OnCancel(const Error& reason) override { cancelled_ = reason; }

  // --- InterceptorChain::Inside --------------------------------------------------------------------------------------
  Task<Trailers> Carry() override { return Task<Trailers>(static_cast<TaskSource<Trailers>*>(this)); }
  bool repeatable() const override { return unary(); }
  Status VisitRequest(MessageVisitor& visitor) override;
  Status VisitReply(MessageVisitor& visitor) override { return call_.ShowReply(visitor); }
  const MessageType* reply_type() const override { return call_.reply_type(); }
  void SetReply(std::unique_ptr<HeldMessage> reply) override;
  bool has_reply() const override { return call_.has_reply(); }
  std::unique_ptr<HeldMessage> EmptyReply() const override { return call_.EmptyReply(); }
  void Break(Error error) override { call_.Cancel(std::move(error)); }

  // --- TaskSource: one attempt, as the chain awaits it ---------------------------------------------------------------
  bool Start(TaskObserver& observer) override;
  Trailers Take() override { return std::move(*trailers_); }
  void Drop() noexcept override {}
  // What is sent, from the request as it is now. An error: it cannot be.
  Status WriteRequest();

  // The chain has ended.
  void OnTaskDone() noexcept override;
  // The call ends for its user.
  void End();
  // Holds the call while it is not being carried out.
  Status Hold();

  ClientCall& call_;
  UniqueFunction<void()> carry_;
  const bool hands_over_;
  const std::shared_ptr<const Interceptors> interceptors_;
  std::unique_ptr<HeldMessage> request_;  // where it is not a stream
  InterceptorChain chain_;
  std::optional<Task<Trailers>> task_;
  std::optional<Trailers> trailers_;  // of the last attempt
  std::optional<Error> cancelled_;
  TaskObserver* observer_ = nullptr;  // of who waits for the attempt
  bool carried_ = false;              // once at least
  bool starting_ = false;
  bool ended_ = false;  // for the call's user
};

}  // namespace rhei::inline v0::client
