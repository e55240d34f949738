// Http2ServerConnection: one client's connection, from requests on the wire to method handlers and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rhei/limits.h"
#include "transport/call_router.h"
#include "transport/held_calls.h"
#include "transport/http2_link.h"
#include "transport/http2_server_stream.h"
#include "transport/receive_budget.h"
#include "transport/request_head.h"
#include "transport/send_waiters.h"

namespace rhei::inline v0::transport {

// Lives until its link has ended and every handler that it started has answered; then it tells its owner. On its loop
// only.
class Http2ServerConnection final : public Http2Link::Owner {
 public:
  class Owner {
   public:
    // Nothing of the connection is in use any more: it may be destroyed, here and now.
    virtual void OnConnectionGone(Http2ServerConnection& connection) = 0;

   protected:
    ~Owner() = default;
  };

  // `limits` are the server loop's.
  Http2ServerConnection(const CallRouter& router, const Limits& limits, runtime::Loop& loop, std::size_t loop_index,
                        std::unique_ptr<runtime::ByteStream> stream, Owner& owner);
  ~Http2ServerConnection();
  void Start();

  // No new calls; closes when those that run have ended.
  void Drain(std::string_view why);
  // Ends all calls, towards their handlers by IsCancelled, towards the client by `why`, and closes.
  void Abort(std::string_view why);

  // Appends the path of each call whose handler still runs.
  void ListRunning(std::vector<std::string>& paths) const;

  // --- for its streams -----------------------------------------------------------------------------------------------
  struct Templates {
    http2::HeaderTemplate reply_headers;  // also the begin of Trailers-Only
    http2::HeaderTemplate ok_trailers;
  };
  http2::Connection& http2() { return link_.connection(); }
  Http2Link& link() { return link_; }
  runtime::Loop& loop() { return link_.loop(); }
  std::size_t loop_index() const { return loop_index_; }
  TimePoint read_at() const { return link_.read_at(); }
  const Limits& limits() const { return place_.limits; }
  const CallRouter& router() const { return router_; }
  const Templates& templates() const { return templates_; }
  RequestReader& request_reader() { return request_reader_; }
  ReceiveBudget& budget() { return place_.budget; }
  Http2MessageStream::Place& place() { return place_; }
  wire::FieldList& fields() { return fields_; }
  void HandlerStarted() { ++started_in_round_; }
  HeldCalls& held_calls() { return held_calls_; }
  // Whether the process has too little memory for one more call here.
  bool LacksMemoryForCall() {
    const runtime::MemoryLevel level = loop().Memory(limits().process_memory);
    return level != runtime::MemoryLevel::kPlenty &&
           (level == runtime::MemoryLevel::kCritical || active_ > kCallsWhileMemoryIsShort);
  }
  // Whether it has too little for more of a request that has begun.
  bool LacksMemory() { return loop().Memory(limits().process_memory) == runtime::MemoryLevel::kCritical; }
  // Bytes of all requests so far.
  std::uint64_t arrived() const { return arrived_; }
  // A request has begun that is not whole: from now on it is looked how fast its rest comes.
  void WatchRequests() {
    if (request_timer_ == nullptr || !request_timer_->armed()) ArmRequestTimer();
  }
  // The stream's handler has answered and its bytes have left: its slot is free.
  void StreamDone(Http2ServerStream& stream);

 private:
  bool OnEvent(const http2::Event& event) override;
  void OnBatchEnd() override;
  void OnSendProgress() override;
  void OnLinkEnd(std::string_view cause) override;
  void OnRest() override;

  void OnReset(const http2::Event& event);
  Http2ServerStream& StreamAt(std::uint32_t slot) {
    const bool known = slot < streams_.size() && streams_[slot] != nullptr;
    return known ? *streams_[slot] : AddStream(slot);
  }
  Http2ServerStream& AddStream(std::uint32_t slot);
  void StartHeldCalls();
  // For the end of the connection.
  void CancelStreams(std::string_view why);
  void CloseIfDrained();
  void ArmLifeTimer();
  void OnLifeTimer();
  void OnAge();
  TimePoint IdleEnd();
  void ArmRequestTimer();
  void OnRequestTimer();

  static constexpr std::size_t kCallsWhileMemoryIsShort = 100;
  // Requests are looked at so often within the time that they have.
  static constexpr int kRequestChecks = 6;

  const CallRouter& router_;
  const std::size_t loop_index_;
  Owner& owner_;
  Http2Link link_;
  Templates templates_;
  RequestReader request_reader_;
  Http2MessageStream::Place place_;
  HeldCalls held_calls_;
  wire::FieldList fields_;
  std::vector<std::unique_ptr<Http2ServerStream>> streams_;  // by slot; kept for the next call
  std::size_t active_ = 0;                                   // streams that are not done
  std::uint64_t arrived_ = 0;
  TimePoint idle_since_;
  TimePoint age_end_;  // when it is old; from then on, when its calls are ended
  std::uint32_t started_in_round_ = 0;
  bool draining_ = false;
  bool old_ = false;
  bool link_ended_ = false;
  runtime::Timer life_timer_;
  std::unique_ptr<runtime::Timer> request_timer_;  // from the first request that does not come whole, until it rests
};

}  // namespace rhei::inline v0::transport
