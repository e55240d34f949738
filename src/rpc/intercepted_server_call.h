// InterceptedServerCall: a call on a server, from its transport through its interceptors to its handler and back.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "rhei/interceptor.h"
#include "rhei/pooled.h"
#include "rhei/server_call.h"
#include "rpc/interceptor_chain.h"
#include "runtime/loop.h"

namespace rhei::inline v0::rpc {

// Owns itself until the call is answered. To the handler it is the call. On the call's loop.
class InterceptedServerCall final : public ServerCall,
                                    public Pooled,
                                    private CallInfo,
                                    private InterceptorChain::Inside,
                                    private TaskSource<Trailers>,
                                    private TaskObserver {
 public:
  InterceptedServerCall(ServerCall& call, MethodHandler& handler, const Interceptors& interceptors);

  // `request` is valid until this returns.
  void Begin(std::string_view request);
  void Begin(std::unique_ptr<HeldMessage> request);

 private:
  void Run();

  // --- CallInfo ------------------------------------------------------------------------------------------------------
  Side side() const override { return Side::kServer; }
  std::string_view method() const override { return call_.context().method(); }
  bool client_streams() const override { return handler_.client_streams(); }
  bool server_streams() const override { return handler_.server_streams(); }
  Metadata& metadata() override;
  TimePoint deadline() const override;
  void SetDeadline(TimePoint deadline) override;
  std::string_view peer() const override { return call_.context().peer(); }
  TimePoint arrived() override;
  // Not the loop's time, which stands still while a handler computes.
  TimePoint Now() const override { return call_.loop().clock().Now(); }
  // CallInfo's and ServerCall's.
  Logger& logger() const override { return call_.logger(); }

  // --- InterceptorChain::Inside --------------------------------------------------------------------------------------
  Task<Trailers> Carry() override;
  bool repeatable() const override { return false; }
  Status VisitRequest(MessageVisitor& visitor) override;
  Status VisitReply(MessageVisitor& visitor) override;
  const MessageType* reply_type() const override { return handler_.reply_type(); }
  void SetReply(std::unique_ptr<HeldMessage> reply) override { reply_ = std::move(reply); }
  bool has_reply() const override { return reply_ != nullptr; }
  void BeforeReply() override;
  void Break(Error error) override { call_.Break(std::move(error)); }

  // --- TaskSource: the handler, as the chain awaits it ---------------------------------------------------------------
  bool Start(TaskObserver& observer) override;
  Trailers Take() override { return std::move(*trailers_); }
  void Drop() noexcept override {}

  // The chain has ended.
  void OnTaskDone() noexcept override;
  void Answer(Trailers trailers);
  void SendReply();

  // --- ServerCall: the handler -------------------------------------------------------------------------------------
  ServerContext& context() override { return call_.context(); }
  Executor& executor() override { return call_.executor(); }
  std::size_t loop_index() const override { return call_.loop_index(); }
  Logger& logger() override { return call_.logger(); }
  std::size_t max_send_message() const override { return call_.max_send_message(); }
  TimePoint read_at() const override { return read_at_; }
  void SendHeaders(const Metadata& headers) override;
  bool hands_over() const override { return true; }
  char* ReserveReply(std::size_t size) override;
  void Reply() override;
  void ReplyWith(std::unique_ptr<HeldMessage> reply, std::size_t size) override;
  void Succeed() override { Ended({}); }
  void Fail(const Error& error) override { Ended(error); }
  runtime::Loop& loop() override { return call_.loop(); }
  MessageStream& OpenStream(MessageStream::Listener& listener) override;
  void Ended(Status status);

  ServerCall& call_;
  MethodHandler& handler_;
  InterceptorChain chain_;
  const TimePoint read_at_;
  std::optional<TimePoint> arrived_;    // once somebody asked
  std::string_view request_;            // until Begin returns
  std::string kept_request_;            // then
  std::unique_ptr<HeldMessage> held_;   // instead, where it was handed over or an interceptor has seen it
  std::unique_ptr<HeldMessage> reply_;  // where it is not a stream
  std::string bytes_;                   // of a reply that comes so
  std::unique_ptr<MessageStream> stream_;
  std::unique_ptr<runtime::Timer> deadline_;  // that an interceptor has set
  std::optional<Task<Trailers>> task_;
  std::optional<Trailers> trailers_;  // the handler's
  TaskObserver* observer_ = nullptr;  // of who waits for the handler
  bool carried_ = false;
};

}  // namespace rhei::inline v0::rpc
