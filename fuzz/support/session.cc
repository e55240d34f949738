#include "fuzz/support/session.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "fuzz/check.h"
#include "fuzz/field.h"
#include "fuzz/support/body.h"
#include "http2/frame/goaway.h"
#include "http2/frame/window_update.h"
#include "http2/testing/frames.h"

namespace rhei::fuzz {
namespace {

using namespace http2;

// What answers to control frames may add to the output at most, each: a refusal by status and RST_STREAM.
constexpr std::size_t kLargestAnswer = 64;
// What else the input may make the connection write at once: GOAWAYs with their debug data.
constexpr std::size_t kGoAways = 4 * (kGoAwaySize + 512);

std::vector<HeaderField> RequestFields() {
  return {Field(":method", "POST"), Field(":scheme", "http"), Field(":path", "/weather.Weather/Observe"),
          Field(":authority", "test"), Field("te", "trailers")};
}

// Looks at every byte, and at what http2 promises of the fields.
void CheckFields(std::span<const HeaderField> fields, bool pseudo_allowed) {
  for (const HeaderField& field : fields) {
    const bool pseudo = !field.name.empty() && field.name[0] == ':';
    Check(!field.name.empty() && (pseudo_allowed || !pseudo), "pseudo-header fields come first, and not in trailers");
    pseudo_allowed = pseudo;
    for (const char c : field.name) Check(c > ' ' && c < '\x7f' && (c < 'A' || c > 'Z'), "names are well-formed");
    for (const char c : field.value) Check(c != '\0' && c != '\r' && c != '\n', "values are well-formed");
  }
}

}  // namespace

Session::Session(Role role, const Limits& limits)
    : role_(role), limits_(limits), connection_(role, limits_, blocks_, now_), watch_(role, limits_) {
  request_template_ = connection_.RegisterHeaders(RequestFields());
  Offer({});
}

// --- bytes and time --------------------------------------------------------------------------------------------------

void Session::Offer(std::string_view bytes) {
  NoteTaken();
  const std::size_t unread = connection_.unread();
  auto input = std::make_unique<char[]>(unread + bytes.size());
  if (unread != 0) std::memcpy(input.get(), input_.get() + (input_size_ - unread), unread);
  if (!bytes.empty()) std::memcpy(input.get() + unread, bytes.data(), bytes.size());
  input_ = std::move(input);
  input_size_ = unread + bytes.size();
  noted_ = 0;
  connection_.Receive({input_.get(), input_size_}, now_);
  if (connection_.failed()) Check(connection_.unread() == 0, "a connection that is over swallows its input");
}

int Session::Pump(int most) {
  const std::size_t before = connection_.output_size();
  int count = 0;
  while (count < most) {
    const Event* event = connection_.Next();
    NoteTaken();
    if (event == nullptr) {
      CheckOutOfEvents();
      break;
    }
    ++count;
    OnEvent(*event);
  }
  CheckOutputGrowth(before);
  return count;
}

void Session::Receive(std::string_view bytes) {
  Offer(bytes);
  Pump(INT32_MAX);
}

std::string Session::TakeOutput(std::size_t most) {
  std::array<std::string_view, 3> slices;
  std::string output;
  while (output.size() < most) {
    const std::size_t count = connection_.PollTransmit(slices);
    Check((count == 0) == (connection_.output_size() == 0), "what waits is handed out");
    if (count == 0) break;
    std::size_t size = 0;
    for (const std::string_view slice : std::span(slices).first(count)) {
      const std::string_view part = slice.substr(0, most - output.size());
      output.append(part);
      size += part.size();
    }
    connection_.Transmitted(size, now_);
  }
  watch_.Wrote(output);
  return output;
}

// As a driver does, which wakes up when the connection has asked for it.
void Session::Advance(Duration duration) {
  const TimePoint until = now_ + duration;
  int wake_ups = 0;
  for (;;) {
    const std::optional<TimePoint> next = connection_.NextTimeout();
    if (!next || *next > until) break;
    now_ = std::max(now_, *next);
    connection_.HandleTimeout(now_);
    Check(++wake_ups < 10'000, "what is due is done, and not asked for again");
  }
  now_ = until;
  connection_.HandleTimeout(now_);
  Pump(INT32_MAX);
}

void Session::NoteTaken() {
  const std::size_t taken = input_size_ - connection_.unread();
  watch_.Heard({input_.get() + noted_, taken - noted_});
  noted_ = taken;
}

// --- commands --------------------------------------------------------------------------------------------------------

bool Session::Start(std::uint8_t variant, bool end) {
  const bool can_open = connection_.can_open();
  const std::optional<Stream> stream = connection_.Open();
  Check(can_open == stream.has_value(), "can_open tells whether Open will");
  if (!stream) return false;
  Check(stream->id % 2 == 1 && stream->id > highest_, "a client's streams are odd, and grow");
  highest_ = stream->id;
  ++live_;
  Call& call = calls_[stream->id];
  call.stream = *stream;

  constexpr std::size_t kSizes[] = {0, 20, 300, 4000};
  const std::string value(kSizes[variant % 4], 'v');
  const bool registered = (variant & 4) != 0;
  std::vector<HeaderField> fields;
  if (!registered) fields = RequestFields();
  if ((variant & 8) != 0) fields.push_back(Field("x-variant", value));
  connection_.SendHeaders(*stream, registered ? request_template_ : HeaderTemplate::kNone, fields, end);
  call.head_sent = true;
  call.end_sent = end;
  return true;
}

void Session::SendHead(Call& call, bool end) {
  if (call.head_sent) return;
  const HeaderField fields[] = {Field(":status", "200"), Field("content-type", "application/grpc")};
  connection_.SendHeaders(call.stream, HeaderTemplate::kNone, fields, end);
  call.head_sent = true;
  call.end_sent = end;
}

void Session::Write(StreamId id, std::size_t size, bool end, bool direct) {
  Call& call = calls_.at(id);
  if (call.end_sent || call.cut()) return;
  SendHead(call, false);
  std::string bytes = Body(id, role_ == Role::kClient).Make(call.sent, size);
  call.sent += size;
  call.end_sent = end;
  if (direct && (size != 0 || end)) {
    if (char* room = connection_.ReserveData(call.stream, size, end)) {
      std::copy(bytes.begin(), bytes.end(), room);
      return;
    }
  }
  connection_.SendData(call.stream, std::move(bytes), end);
}

void Session::Finish(StreamId id) {
  Call& call = calls_.at(id);
  if (call.end_sent || call.cut()) return;
  if (role_ == Role::kClient) return Write(id, 0, true, false);
  SendHead(call, false);
  const HeaderField trailers[] = {Field("grpc-status", "0"), Field("grpc-message", "")};
  connection_.SendHeaders(call.stream, HeaderTemplate::kNone, trailers, true);
  call.end_sent = true;
}

void Session::Answer(StreamId id, std::size_t size) {
  Write(id, size, false, true);
  Finish(id);
}

void Session::Cancel(StreamId id, ErrorCode code) {
  Call& call = calls_.at(id);
  connection_.Reset(call.stream, code);
  call.cancelled = true;
}

void Session::Release(StreamId id) {
  Call& call = calls_.at(id);
  if (call.released) return;
  connection_.Release(call.stream);
  Check(connection_.queued(call.stream) == 0, "nothing is queued on a stream that is gone");
  call.released = true;
  --live_;
}

void Session::Consume(StreamId id, std::size_t size) {
  Call& call = calls_.at(id);
  size = std::min<std::size_t>(size, call.held);
  if (size == 0) return;
  call.held -= size;
  connection_.Consume(call.stream, size);
}

std::string Session::AnnounceWindow(std::uint32_t size) {
  if (!watch_.settings_written() || !watch_.may_splice()) return {};
  return testing::Settings({{SettingId::kInitialWindowSize, std::min(size, limits_.stream_window)},
                            {SettingId::kHeaderTableSize, std::min(size, limits_.hpack_decoder_table)}});
}

void Session::Fail(ErrorCode code) { connection_.Fail(code, "failed by the script"); }

// --- events ----------------------------------------------------------------------------------------------------------

void Session::OnEvent(const Event& event) {
  Check(!failure_heard_, "no event follows a failure");
  switch (event.kind) {
    case Event::Kind::kMessage: return OnMessage(event);
    case Event::Kind::kReset: return OnReset(event);
    case Event::Kind::kDrained: return OnDrained(event);
    case Event::Kind::kGoAway: return OnGoAway(event);
    case Event::Kind::kFailed: return OnFailed(event);
    case Event::Kind::kSettings:
    case Event::Kind::kPong: return;
  }
}

Call& Session::Known(Stream stream) {
  const auto found = calls_.find(stream.id);
  Check(found != calls_.end() && found->second.stream == stream, "an event is of a stream that its owner knows");
  Check(!found->second.released, "no event of a stream that was released");
  Check(!found->second.cancelled, "no event of a stream that its owner has reset");
  Check(!found->second.reset_received, "no event of a stream that was reset");
  return found->second;
}

void Session::OnNewCall(const Event& event) {
  Check(event.stream.id % 2 == 1 && event.stream.id > highest_, "new streams are odd, and grow");
  Check(live_ < limits_.max_concurrent_streams, "no more calls at once than the limit");
  highest_ = event.stream.id;
  ++live_;
  for (const auto& [id, call] : calls_) Check(call.released || call.stream.slot != event.stream.slot, "a slot is free");
  calls_[event.stream.id].stream = event.stream;
}

void Session::OnMessage(const Event& event) {
  if (role_ == Role::kServer && event.has_headers) OnNewCall(event);
  Call& call = Known(event.stream);
  Check(!call.end_received, "nothing follows the end of a stream");
  Check(event.has_headers || event.has_trailers || !event.data.empty() || event.end_stream, "an event says something");
  Check(event.has_headers != call.head_received, "headers come once, and first");
  Check(!event.has_trailers || event.end_stream, "trailers end the stream");
  Check(event.has_headers || event.headers.empty(), "no headers unless announced");
  Check(event.has_trailers || event.trailers.empty(), "no trailers unless announced");
  Check(event.charged == event.data.size(), "data costs what it is");
  CheckFields(event.headers, true);
  CheckFields(event.trailers, false);
  if (role_ == Role::kClient && event.has_headers) {
    Check(event.headers[0].name == ":status" && event.headers[0].value[0] != '1', "interim responses stay below");
  }
  call.head_received = true;
  call.end_received = event.end_stream;
  call.trailers_received = event.has_trailers;
  call.body_is_right &= Body(event.stream.id, role_ == Role::kServer).Is(call.received, event.data);
  call.received += event.data.size();
  call.held += event.charged;
}

void Session::OnReset(const Event& event) {
  Call& call = Known(event.stream);
  Check(role_ == Role::kClient || !event.unprocessed || event.error == ErrorCode::kRefusedStream,
        "only what was refused is unprocessed");
  const bool refused = event.initiator == Initiator::kRemote && event.error == ErrorCode::kRefusedStream;
  const bool excluded = goaway_received_ && event.stream.id > *goaway_received_;
  if (role_ == Role::kClient) {
    Check(!event.unprocessed || refused || excluded, "unprocessed is what was refused, or what a GOAWAY excludes");
    Check(event.unprocessed || !refused, "what was refused is unprocessed");
  }
  call.reset_received = true;
  call.unprocessed = event.unprocessed;
}

void Session::OnDrained(const Event& event) {
  Call& call = Known(event.stream);
  Check(call.sent != 0 || call.end_sent, "what has drained was queued");
}

void Session::OnGoAway(const Event& event) {
  Check(!goaway_received_ || event.last_stream <= *goaway_received_, "a later GOAWAY promises no more");
  goaway_received_ = event.last_stream;
}

void Session::OnFailed(const Event& event) {
  Check(connection_.failed(), "a failure is a failure");
  Check(connection_.failure().code == event.error && connection_.failure().reason == event.data, "and told alike");
  failure_heard_ = true;
}

// --- what must hold --------------------------------------------------------------------------------------------------

void Session::CheckOutOfEvents() {
  Check(connection_.failed() == failure_heard_, "a failure is told");
  Check(connection_.Next() == nullptr, "no event stays none");
  if (connection_.failed() || connection_.reading_paused()) return;
  const std::string_view rest(input_.get() + noted_, connection_.unread());
  if (connection_.handshake_done() && rest.size() >= kFrameHeaderSize) {
    Check(rest.size() - kFrameHeaderSize < ParseFrameHeader(rest.data()).length, "no whole frame is left unread");
  }
  if (role_ == Role::kServer || !goaway_received_) return;
  Check(!connection_.can_open(), "no stream is opened after a GOAWAY");
  for (const auto& [id, call] : calls_) {
    Check(id <= *goaway_received_ || call.done() || call.end_received, "calls that a GOAWAY excludes are over");
  }
}

// Beside the answers that are counted, input makes a connection write only what opens windows, in large steps.
void Session::CheckOutputGrowth(std::size_t before) const {
  const std::size_t after = connection_.output_size();
  const std::size_t step = std::min(limits_.stream_window, limits_.connection_window) / 2 + 1;
  const std::size_t updates = 2 * (input_size_ / step + 2) * kWindowUpdateSize;
  Check(after <= before + limits_.max_queued_control_frames * kLargestAnswer + kGoAways + updates,
        "input makes the output grow by a bounded number of answers");
}

void Session::CheckInvariants() {
  Check(connection_.open_streams() == live_, "a stream is held until it is released, and no longer");
  Check(role_ == Role::kClient || live_ <= limits_.max_concurrent_streams, "no more calls at once than the limit");
  std::size_t queued = 0;
  for (const auto& [id, call] : calls_) {
    if (!call.released) queued += connection_.queued(call.stream);
  }
  Check(connection_.unsent_size() == connection_.output_size() + queued, "what is unsent is counted");
  if (!connection_.failed()) return;
  Check(!connection_.NextTimeout(), "a connection that is over has no timer");
  Check(queued == 0, "a connection that is over holds nothing");
  Check(connection_.unread() == 0, "a connection that is over swallows its input");
  Check(!connection_.can_open(), "a connection that is over opens nothing");
}

void Session::CheckNothingIsLeft() {
  Check(live_ == 0 && connection_.open_streams() == 0, "every stream was given back");
  Check(connection_.unsent_size() == 0 && !connection_.wants_to_write(), "nothing waits to be sent");
  CheckInvariants();
  if (connection_.failed() || calls_.empty()) return;
  for (int i = 0; i < 5; ++i) Advance(std::chrono::seconds(1));
  // Unless the peer owed something for too long meanwhile, or what lay there unread has begun another call.
  Check(connection_.failed() || live_ != 0 || connection_.resting(), "a connection without calls comes to rest");
}

}  // namespace rhei::fuzz
