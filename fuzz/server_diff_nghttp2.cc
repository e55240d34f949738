// The same bytes to a server's connection of ours and to one of nghttp2's: both hear the same requests, or both refuse
// them, stream by stream.
//
// The input: a script of frames, see FrameScript. Both servers hold every request and answer none. Where the two are
// known to differ (see kStricter and kTheirsAlone) the comparison ends, because from there on their states differ.
#include <algorithm>
#include <array>
#include <string>

#include "base/block_pool.h"
#include "fuzz/check.h"
#include "fuzz/support/frame_reader.h"
#include "fuzz/support/frame_script.h"
#include "fuzz/support/nghttp2_server.h"
#include "http2/preface.h"
#include "http2/testing/frames.h"

namespace {

using namespace rhei::fuzz;
using namespace rhei::http2;

constexpr std::uint32_t kMaxStreams = 100;
// Beyond this the two open windows at different times.
constexpr std::size_t kMostBytes = 30'000;

// Reasons for which ours ends a connection while nghttp2 does not, beside everything on streams that nghttp2 knows no
// more: frames there it drops unread, and ours checks them like all others (RFC 9113 §5.1 lets both).
constexpr const char* kStricter[] = {
    // Fields without a name, and more than two changes of the table's size: hpack_decode_diff compares the decoders.
    "broken header block",
    // A stream that was never opened, but that a PRIORITY frame has named, which nghttp2 remembers.
    "HEADERS on a lower stream id",
    // On a stream that is half closed nghttp2 may end the stream alone.
    "HEADERS after END_STREAM",
    "DATA after END_STREAM",
    // nghttp2 ends the streams whose windows it concerns; RFC 9113 §6.9.2 wants the connection to end.
    "SETTINGS_INITIAL_WINDOW_SIZE makes a window too large",
};

// What nghttp2 alone refuses, by what its GOAWAY says.
constexpr const char* kTheirsAlone[] = {
    // A GOAWAY that names a stream which this side never opened says nothing to a server: ours lets it pass.
    "PROTOCOL_ERROR: GOAWAY: invalid last_stream_id",
    // Frames on a stream that the server has reset: the client may not have heard of that yet (RFC 9113 §5.1).
    "STREAM_CLOSED: HEADERS: stream closed",
    "STREAM_CLOSED: DATA: stream closed",
    // An acknowledgement of nothing: ours takes it for nothing.
    "PROTOCOL_ERROR: SETTINGS: unexpected ACK",
};

bool Contains(const auto& list, std::string_view text) {
  return std::any_of(std::begin(list), std::end(list), [&](const char* item) { return text == item; });
}

// nghttp2 has rules for requests that RFC 9113 leaves to whoever uses them: an authority there must be, a path begins
// with '/', there is one host at most, in headers and trailers together, and neither control characters in values nor
// odd ones in pseudo-header fields are let through, nor an authority that is empty.
bool RefusedByNghttp2(const Heard& heard) {
  bool has_authority = false;
  int hosts = 0;
  for (const Heard::Fields* fields : {&heard.headers, &heard.trailers}) {
    for (const auto& [name, value] : *fields) {
      const bool is_authority = name == ":authority" || name == "host";
      if (is_authority && value.empty()) return true;
      has_authority |= is_authority && fields == &heard.headers;
      if (name == "host" && ++hosts > 1) return true;
      if (name == ":path" && value[0] != '/') return true;
      const bool strict = name[0] == ':' || name == "host";
      for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < ' ' && c != '\t') || c == '\x7f') return true;
        if (strict && (byte >= 0x80 || std::string_view(" \"#<>[\\]^`{|}").find(c) != std::string_view::npos))
          return true;
      }
    }
  }
  return !has_authority;
}

class OurServer {
 public:
  OurServer() : limits_(LooseLimits()), connection_(Role::kServer, limits_, blocks_, now_) {}

  void Receive(std::string_view bytes) {
    input_.append(bytes);
    // Where it stops reading until its answers are written, it goes on.
    bool paused = true;
    while (paused) {
      connection_.Receive(input_, now_);
      while (const Event* event = connection_.Next()) OnEvent(*event);
      paused = connection_.reading_paused();
      input_.erase(0, input_.size() - connection_.unread());
      Write();
    }
    if (connection_.failed()) verdict_.failure = connection_.failure().reason;
  }
  const Verdict& verdict() const { return verdict_; }
  // nghttp2 takes no new streams of a client that has sent a GOAWAY, though it announces the end of pushes alone.
  bool client_is_leaving() const { return client_is_leaving_; }
  bool mid_frame() const { return !input_.empty(); }

 private:
  // Budgets against abuse are ours alone.
  static rhei::Limits LooseLimits() {
    rhei::Limits limits;
    limits.max_concurrent_streams = kMaxStreams;
    limits.connection_window = 65'535;
    limits.reset_burst = limits.max_ping_strikes = limits.max_empty_data_frames = 1'000'000;
    limits.control_allowance = 1'000'000'000;
    limits.header_list_soft = limits.header_list_hard = 1'000'000;
    limits.max_header_fields = 100'000;
    return limits;
  }

  static Heard::Fields Copy(std::span<const HeaderField> fields) {
    Heard::Fields copy;
    for (const HeaderField& field : fields) copy.emplace_back(field.name, field.value);
    return copy;
  }

  void Write() {
    std::array<std::string_view, 4> slices;
    while (const std::size_t count = connection_.PollTransmit(slices)) {
      for (const std::string_view slice : std::span(slices).first(count)) {
        written_.Read(slice, [this](const FrameHeader& header, std::string_view) {
          if (header.type == FrameType::kRstStream) verdict_.reset.insert(header.stream);
        });
        connection_.Transmitted(slice.size(), now_);
      }
    }
  }

  void OnEvent(const Event& event) {
    client_is_leaving_ |= event.kind == Event::Kind::kGoAway;
    if (event.kind == Event::Kind::kReset) connection_.Release(event.stream);
    if (event.kind != Event::Kind::kMessage) return;
    Heard& heard = verdict_.heard[event.stream.id];
    if (event.has_headers) heard.headers = Copy(event.headers);
    if (event.has_trailers) heard.trailers = Copy(event.trailers);
    heard.data += event.data;
    heard.end |= event.end_stream;
    connection_.Consume(event.stream, event.charged);
  }

  rhei::TimePoint now_{std::chrono::hours(1)};
  rhei::BlockPool blocks_;
  const rhei::Limits limits_;
  Connection connection_;
  std::string input_;
  FrameReader written_{0};
  bool client_is_leaving_ = false;
  Verdict verdict_;
};

// False where the comparison ends.
bool Alike(const Verdict& ours, const Verdict& theirs, bool on_unknown_stream) {
  if (!ours.failure.empty() && theirs.failure.empty()) {
    if (!on_unknown_stream && !Contains(kStricter, ours.failure)) Check(false, "ours alone refuses: " + ours.failure);
    return false;
  }
  if (ours.failure.empty() && !theirs.failure.empty()) {
    if (!Contains(kTheirsAlone, theirs.failure)) Check(false, "nghttp2 alone refuses: " + theirs.failure);
    return false;
  }
  if (!ours.failure.empty()) return false;
  for (const std::uint32_t id : theirs.reset) {
    const auto heard = ours.heard.find(id);
    if (ours.reset.count(id) != 0) continue;
    Check(heard != ours.heard.end() && RefusedByNghttp2(heard->second), "nghttp2 alone resets a stream");
    return false;
  }
  Check(ours.reset == theirs.reset, "ours alone resets a stream");
  for (const Verdict* verdict : {&ours, &theirs}) {
    for (const auto& [id, unused] : verdict->heard) {
      if (ours.reset.count(id) != 0) continue;
      const auto a = ours.heard.find(id);
      const auto b = theirs.heard.find(id);
      Check(a != ours.heard.end(), "ours hears of the streams that nghttp2 hears of");
      Check(b != theirs.heard.end(), "nghttp2 hears of the streams that ours hears of");
      Check(a->second.headers == b->second.headers, "both hear the same headers");
      Check(a->second.data == b->second.data, "both hear the same data");
      Check(a->second.trailers == b->second.trailers, "both hear the same trailers");
      Check(a->second.end == b->second.end, "both hear the same ends");
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input script(data, size);
  FrameScript client(Role::kClient, script);
  OurServer ours;
  Nghttp2Server theirs(kMaxStreams);
  FrameReader frames(kClientPreface.size());
  bool in_block = false;
  std::string bytes = testing::ClientHello() + testing::SettingsAck();
  for (std::size_t sent = 0; sent < kMostBytes; sent += bytes.size()) {
    ours.Receive(bytes);
    theirs.Receive(bytes);
    bool on_unknown_stream = false;
    frames.Read(bytes, [&](const FrameHeader& header, std::string_view) {
      on_unknown_stream |= header.stream != 0 && !theirs.IsOpen(header.stream);
      const bool block = header.type == FrameType::kHeaders || header.type == FrameType::kContinuation;
      in_block = block && !header.Has(kFlagEndHeaders);
    });
    // Within a frame or a header block nghttp2 is ahead, for it hands on and refuses what there is of it; and always
    // where ours has to write before it reads on.
    if (!in_block && !ours.mid_frame()) {
      if (!Alike(ours.verdict(), theirs.verdict(), on_unknown_stream)) break;
      on_unknown_stream = false;
    }
    if (script.empty() || ours.client_is_leaving()) break;
    bytes = client.Next();
  }
  return 0;
}
