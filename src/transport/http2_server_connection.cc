#include "transport/http2_server_connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "wire/status_mapping.h"

namespace rhei::inline v0::transport {
namespace {

using http2::Event;
using http2::HeaderField;

HeaderField Field(std::string_view name, std::string_view value) {
  HeaderField field;
  field.name = name;
  field.value = value;
  return field;
}

Http2ServerConnection::Templates RegisterTemplates(http2::Connection& http2) {
  const std::array head{Field(":status", "200"), Field("content-type", "application/grpc")};
  const std::array ok{Field("grpc-status", "0")};
  const http2::HeaderTemplate response = http2.RegisterHeaders(head);
  return {response, http2.RegisterHeaders(ok)};
}

// The answer to headers above the soft limit: gRPC's clients look for a status of theirs before HTTP's.
std::span<const HeaderField> HeadersTooLarge() {
  static const std::array fields{Field(":status", "200"), Field("content-type", "application/grpc"),
                                 Field("grpc-status", "8"),
                                 Field("grpc-message", "the headers of the request are too large")};
  return fields;
}

// Limits that mean "never" are longer than time lasts.
constexpr Duration kLongest = std::chrono::hours(24 * 365);

// What one holds, more or less; a stream with its handler.
constexpr std::size_t kMemory = 4 * 1024;
constexpr std::size_t kMemoryOfStream = 2 * 1024;

// When a connection that begins now is old: a tenth sooner or later than the limit says.
TimePoint AgeEnd(runtime::Loop& loop, Duration age) {
  if (age > kLongest) return TimePoint::max();
  constexpr std::uint64_t kSteps = 1024;
  const auto step = static_cast<Duration::rep>(loop.Random() % kSteps);
  return loop.Now() + age - age / 10 + age / 5 * step / kSteps;
}

}  // namespace

Http2ServerConnection::Http2ServerConnection(const CallRouter& router, const Limits& limits, runtime::Loop& loop,
                                             std::size_t loop_index, std::unique_ptr<runtime::ByteStream> stream,
                                             Owner& owner)
    : router_(router),
      loop_index_(loop_index),
      owner_(owner),
      link_(http2::Role::kServer, limits, loop, std::move(stream), *this),
      templates_(RegisterTemplates(link_.connection())),
      request_reader_(router, link_.peer(), link_.local()),
      place_(link_, limits),
      held_calls_(place_),
      idle_since_(loop.Now()),
      age_end_(AgeEnd(loop, limits.max_connection_age)),
      life_timer_([this] { OnLifeTimer(); }) {
  link_.connection().CountAbuses(router_.abuses());
  if (router_.http_handler() == nullptr) link_.connection().SetRefusal(HeadersTooLarge());
}

Http2ServerConnection::~Http2ServerConnection() {
  loop().NoteFreed(kMemory + streams_.size() * kMemoryOfStream + link_.connection().unsent_size());
}

void Http2ServerConnection::Start() {
  ArmLifeTimer();
  link_.Start();
}

// Not moved at each call: it looks when it fires.
void Http2ServerConnection::ArmLifeTimer() {
  const TimePoint next = std::min(IdleEnd(), age_end_);
  if (next != TimePoint::max()) loop().Arm(life_timer_, next);
}

// When it has been idle for too long, if no call begins until then.
TimePoint Http2ServerConnection::IdleEnd() {
  if (limits().connection_idle_timeout > kLongest) return TimePoint::max();
  return (active_ > 0 ? loop().Now() : idle_since_) + limits().connection_idle_timeout;
}

void Http2ServerConnection::OnLifeTimer() {
  if (link_ended_) return;
  if (age_end_ <= loop().Now()) return OnAge();
  if (draining_) return;
  if (IdleEnd() <= loop().Now()) {
    link_.connection().Count(Abuse::kMaxIdle);
    return Drain(Name(Abuse::kMaxIdle));
  }
  ArmLifeTimer();
}

void Http2ServerConnection::OnAge() {
  if (old_) return Abort("max_age: the call went on for longer than the grace of a connection that is old");
  // One that drains for another reason has its own end.
  if (draining_) return;
  old_ = true;
  link_.connection().Count(Abuse::kMaxAge);
  Drain(Name(Abuse::kMaxAge));
  if (link_ended_ || limits().max_connection_age_grace > kLongest) return;
  age_end_ = loop().Now() + limits().max_connection_age_grace;
  loop().Arm(life_timer_, age_end_);
}

void Http2ServerConnection::ArmRequestTimer() {
  if (limits().min_stream_rate == 0 || limits().stalled_stream_timeout > kLongest || link_ended_) return;
  if (request_timer_ == nullptr) request_timer_ = std::make_unique<runtime::Timer>([this] { OnRequestTimer(); });
  loop().Arm(*request_timer_, loop().Now() + limits().stalled_stream_timeout / kRequestChecks);
}

void Http2ServerConnection::OnRequestTimer() {
  bool waiting = false;
  for (const std::unique_ptr<Http2ServerStream>& stream : streams_) {
    waiting |= stream != nullptr && stream->CheckRequest(loop().Now());
  }
  if (waiting) ArmRequestTimer();
}

Http2ServerStream& Http2ServerConnection::AddStream(std::uint32_t slot) {
  if (slot >= streams_.size()) streams_.resize(slot + 1);
  streams_[slot] = std::make_unique<Http2ServerStream>(*this);
  return *streams_[slot];
}

bool Http2ServerConnection::OnEvent(const Event& event) {
  switch (event.kind) {
    case Event::Kind::kMessage:
      if (event.has_headers) ++active_;
      arrived_ += event.charged;
      StreamAt(event.stream.slot).OnMessagePart(event);
      if (started_in_round_ < limits().handler_starts_per_round) return true;
      started_in_round_ = 0;
      return false;
    case Event::Kind::kReset: OnReset(event); return true;
    case Event::Kind::kDrained: StreamAt(event.stream.slot).OnDrained(); return true;
    case Event::Kind::kSettings:
    case Event::Kind::kPong:
    case Event::Kind::kGoAway: return true;
    case Event::Kind::kFailed:
      CancelStreams("the connection was ended: " + link_.connection().failure().reason);
      return true;
  }
  return true;
}

void Http2ServerConnection::OnReset(const Event& event) {
  std::string why =
      event.initiator == http2::Initiator::kRemote ? "the client reset the stream with " : "the stream was reset with ";
  why += Name(event.error);
  if (!event.data.empty()) why.append(" (").append(event.data).append(")");
  StreamAt(event.stream.slot).Cancel(wire::StatusFromReset(event.error), why);
}

void Http2ServerConnection::OnBatchEnd() {
  started_in_round_ = 0;
  place_.waiters.Tell();
  StartHeldCalls();
  if (draining_) CloseIfDrained();
}

void Http2ServerConnection::OnSendProgress() {
  place_.waiters.Tell();
  StartHeldCalls();
}

void Http2ServerConnection::StartHeldCalls() {
  held_calls_.StartWhatMay([](Http2ServerStream& call) { call.StartHeld(); });
}

void Http2ServerConnection::OnLinkEnd(std::string_view cause) {
  CancelStreams("the connection was lost: " + std::string(cause));
  link_ended_ = true;
  if (active_ == 0) owner_.OnConnectionGone(*this);
}

void Http2ServerConnection::OnRest() {
  // http2 has no stream, so none of these has a call.
  loop().NoteFreed(streams_.size() * kMemoryOfStream);
  streams_ = decltype(streams_)();
  request_timer_.reset();
  request_reader_.Trim();
  fields_ = wire::FieldList();
}

void Http2ServerConnection::CancelStreams(std::string_view why) {
  held_calls_.Close();
  for (const std::unique_ptr<Http2ServerStream>& stream : streams_) {
    if (stream != nullptr && !stream->idle()) stream->Cancel(StatusCode::kUnavailable, why);
  }
}

void Http2ServerConnection::StreamDone(Http2ServerStream&) {
  if (--active_ == 0) idle_since_ = loop().Now();
  if (active_ == 0 && link_ended_) {
    // The stream is still on the stack.
    loop().Post([this] { owner_.OnConnectionGone(*this); });
    return;
  }
  StartHeldCalls();
  if (draining_) CloseIfDrained();
}

void Http2ServerConnection::Drain(std::string_view why) {
  draining_ = true;
  link_.connection().Drain(why);
  link_.SendSoon();
  CloseIfDrained();
}

void Http2ServerConnection::CloseIfDrained() {
  // Before the client knows the last id that counts, a call of its may be on its way.
  if (active_ == 0 && link_.connection().drain_announced()) link_.CloseGently();
}

void Http2ServerConnection::Abort(std::string_view why) {
  // First, so that clients see the server go, and not each of its streams cancelled.
  link_.connection().Fail(http2::ErrorCode::kNoError, why);
  CancelStreams(why);
  link_.CloseGently();
}

void Http2ServerConnection::ListRunning(std::vector<std::string>& paths) const {
  for (const std::unique_ptr<Http2ServerStream>& stream : streams_) {
    if (stream != nullptr && stream->running()) paths.emplace_back(stream->path());
  }
}

}  // namespace rhei::inline v0::transport
