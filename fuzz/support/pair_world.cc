#include "fuzz/support/pair_world.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "fuzz/check.h"

namespace rhei::fuzz {
namespace {

using namespace http2;
using std::chrono::milliseconds;

constexpr std::size_t kAll = SIZE_MAX;
// What one script may send, so that it takes no long time.
constexpr std::size_t kMostWritten = 400'000;
constexpr int kMostSteps = 400;
constexpr int kMostRounds = 20'000;

constexpr std::size_t kWriteSizes[] = {0,    1,      2,      5,      100,    1000,   1024,
                                       5000, 16'384, 16'385, 40'000, 65'535, 65'536, 100'000};
constexpr std::size_t kPieces[] = {1, 2, 8, 9, 10, 17, 100, 1000, 10'000, kAll};

template <typename T, std::size_t kSize>
T OneOf(Input& script, const T (&values)[kSize]) {
  return values[script.Below(kSize)];
}

}  // namespace

Limits HonestLimits(Input& script) {
  constexpr std::uint32_t kStreamWindows[] = {65'535, 500, 1024, 4096, 65'535, 100'000, 1'000'000, 20'000};
  constexpr std::uint32_t kConnectionWindows[] = {1024 * 1024, 65'535, 70'000, 1024};
  constexpr std::uint32_t kTables[] = {4096, 0, 100, 8192};
  constexpr std::uint32_t kQueued[] = {128, 1, 4, 128};
  constexpr std::size_t kBuffers[] = {1024 * 1024, 100, 20'000, 1024 * 1024};
  constexpr std::uint32_t kStreams[] = {1024, 1, 3, 1024};
  const Duration never = std::chrono::hours(24 * 366);
  const std::uint8_t windows = script.Byte();
  const std::uint8_t others = script.Byte();
  Limits limits;
  limits.stream_window = kStreamWindows[windows & 7];
  limits.connection_window = kConnectionWindows[windows >> 3 & 3];
  limits.hpack_decoder_table = kTables[windows >> 5 & 3];
  limits.hpack_encoder_table = kTables[others & 3];
  limits.max_queued_control_frames = kQueued[others >> 2 & 3];
  limits.write_buffer = kBuffers[others >> 4 & 3];
  limits.max_concurrent_streams = kStreams[others >> 6 & 3];
  limits.reset_burst = 1'000'000;
  limits.max_ping_strikes = 1'000'000;
  limits.control_allowance = 1'000'000'000;
  limits.handshake_timeout = limits.settings_ack_timeout = limits.header_block_timeout = never;
  limits.write_stall_timeout = limits.stalled_stream_timeout = never;
  return limits;
}

PairWorld::PairWorld(std::unique_ptr<Peer> client, std::unique_ptr<Peer> server, Input& script)
    : script_(script),
      client_{std::move(client), {}, script.Below(2) == 0},
      server_{std::move(server), {}, script.Below(2) == 0} {}

void PairWorld::Run() {
  for (int step = 0; step < kMostSteps && !script_.empty(); ++step) Step();
  if (script_.Below(8) == 1) return;  // the link is cut
  ComeToRest();
  CheckAllArrivedOrBlocked();
  EndAllCalls();
  ComeToRest();
  CheckAllDone();
  ReleaseAll();
  ComeToRest();
  client_.peer->CheckNothingIsLeft();
  server_.peer->CheckNothingIsLeft();
}

void PairWorld::Step() {
  constexpr Duration kDelays[] = {milliseconds(1), milliseconds(50), milliseconds(100), std::chrono::seconds(3)};
  const int operation = static_cast<int>(script_.Below(20));
  switch (operation) {
    case 0:
    case 1: return Start();
    case 2:
    case 3:
    case 4:
    case 5: return Write();
    case 6:
    case 7:
    case 8:
    case 9: return Move();
    case 10: return Advance(OneOf(script_, kDelays));
    case 11: return AnnounceWindow();
    case 12: return AnyEnd().peer->Ping();
    case 13:
      if (script_.Below(4) == 0) AnyEnd().peer->Drain();
      return;
    case 14:
      for (int i = 0; i < 3; ++i) MoveOnce();
      return;
    default: return OnCall(operation);
  }
}

void PairWorld::Start() {
  const std::uint8_t variant = script_.Byte();
  client_.peer->Start(variant, (variant & 0x30) == 0x30);
}

void PairWorld::Write() {
  End& end = AnyEnd();
  const StreamId call = AnyCall(end);
  const std::size_t size = OneOf(script_, kWriteSizes);
  const std::uint8_t how = script_.Byte();
  if (call == 0 || written_ + size > kMostWritten) return;
  written_ += size;
  const bool end_stream = (how & 3) == 0;
  // Frames that say nothing are for nobody.
  end.peer->Write(call, size, end_stream, (how & 4) != 0 && (size != 0 || end_stream));
}

void PairWorld::Move() {
  End& end = AnyEnd();
  const bool flush = script_.Below(2) == 0;
  const std::size_t piece = OneOf(script_, kPieces);
  const std::uint32_t pieces = 1 + script_.Below(16);
  for (std::uint32_t i = 0; i < pieces; ++i) {
    if (flush) Flush(end, piece);
    Deliver(end, piece);
  }
}

void PairWorld::AnnounceWindow() {
  constexpr std::uint32_t kWindows[] = {0, 300, 5000, 65'535};
  End& end = AnyEnd();
  Other(end).pipe += end.peer->AnnounceWindow(OneOf(script_, kWindows));
}

void PairWorld::OnCall(int operation) {
  constexpr ErrorCode kCodes[] = {ErrorCode::kCancel, ErrorCode::kInternalError, ErrorCode::kNoError};
  constexpr std::size_t kAmounts[] = {1, 100, 1000, 30'000, 100'000, kAll};
  End& end = AnyEnd();
  const StreamId id = AnyCall(end);
  if (id == 0) return;
  switch (operation) {
    case 15:
    case 16: return end.peer->Finish(id);
    case 17: return end.peer->Consume(id, OneOf(script_, kAmounts));
    case 18:
      if (script_.Below(3) == 0) end.peer->Cancel(id, OneOf(script_, kCodes));
      return;
    default:
      // Most owners let go of what is over, some of what is not.
      if (end.peer->calls().at(id).done() || script_.Below(8) == 0) end.peer->Release(id);
  }
}

StreamId PairWorld::AnyCall(const End& end) {
  const std::uint32_t which = script_.Byte();
  std::vector<StreamId> open;
  for (const auto& [id, call] : end.peer->calls()) {
    if (!call.released) open.push_back(id);
  }
  return open.empty() ? 0 : open[which % open.size()];
}

// --- bytes and time --------------------------------------------------------------------------------------------------

bool PairWorld::Flush(End& to, std::size_t most) {
  const std::string bytes = Other(to).peer->TakeOutput(most);
  to.pipe += bytes;
  return !bytes.empty();
}

bool PairWorld::Deliver(End& to, std::size_t most) {
  const std::size_t size = std::min(most, to.pipe.size());
  const std::string bytes = to.pipe.substr(0, size);
  to.pipe.erase(0, size);
  to.peer->Receive(bytes);
  if (const std::string failure = to.peer->failure(); !failure.empty()) {
    Check(false, "ends that keep to the protocol do not fail: " + failure);
  }
  if (to.eager) ConsumeAll(to);
  return size != 0;
}

void PairWorld::ConsumeAll(End& end) {
  std::vector<StreamId> holding;
  for (const auto& [id, call] : end.peer->calls()) {
    if (call.held != 0) holding.push_back(id);
  }
  for (const StreamId id : holding) end.peer->Consume(id, kAll);
}

bool PairWorld::MoveOnce() {
  bool moved = false;
  for (End* end : {&server_, &client_}) {
    moved |= Flush(*end, kAll);
    moved |= Deliver(*end, kAll);
  }
  return moved;
}

void PairWorld::Advance(Duration duration) {
  client_.peer->Advance(duration);
  server_.peer->Advance(duration);
}

void PairWorld::ComeToRest() {
  int quiet = 0;
  for (int round = 0; quiet < 3; ++round) {
    Check(round < kMostRounds, "everything comes to rest");
    quiet = MoveOnce() ? 0 : quiet + 1;
    // Small pieces may wait a moment for larger windows. What a timer makes one say is still moved.
    if (quiet == 1 || quiet == 2) Advance(milliseconds(100));
  }
}

// --- what must hold --------------------------------------------------------------------------------------------------

void PairWorld::CheckAllArrivedOrBlocked() {
  CheckArrived(client_, server_);
  CheckArrived(server_, client_);
}

void PairWorld::CheckArrived(End& from, End& to) {
  for (const auto& [id, call] : from.peer->calls()) {
    if (call.cut()) continue;
    const std::size_t queued = from.peer->Queued(id);
    const std::int64_t window = std::min(from.peer->SendWindow(id), from.peer->ConnectionSendWindow());
    Check(queued == 0 || window <= 0, "what waits is forbidden by a window");
    const auto found = to.peer->calls().find(id);
    if (found == to.peer->calls().end()) {
      Check(!call.head_sent, "a call whose head was sent is known");
      continue;
    }
    if (found->second.cut()) continue;
    Check(found->second.received == call.sent - queued, "what was sent has arrived");
    const bool ended = call.end_sent && queued == 0 && !from.peer->EndWaits(id);
    Check(found->second.end_received == ended, "an end comes behind everything");
  }
}

// Those who wait for something get it: windows open, and every call is ended by its owners.
void PairWorld::EndAllCalls() {
  for (End* end : {&client_, &server_}) {
    end->eager = true;
    ConsumeAll(*end);
    Other(*end).pipe += end->peer->AnnounceWindow(kMaxWindow);
  }
  for (End* end : {&client_, &server_}) {
    for (const auto& [id, call] : end->peer->calls()) {
      if (!call.released) end->peer->Finish(id);
    }
  }
}

void PairWorld::CheckAllDone() {
  CheckAllArrivedOrBlocked();
  for (const End* end : {&client_, &server_}) {
    for (const auto& [id, call] : end->peer->calls()) {
      Check(call.done(), "every call ends");
      Check(call.body_is_right, "what arrives is what was sent, in order");
      Check(call.cut() || end->peer->Queued(id) == 0, "nothing waits for ever");
    }
  }
}

void PairWorld::ReleaseAll() {
  for (End* end : {&client_, &server_}) {
    for (const auto& [id, call] : end->peer->calls()) {
      if (!call.released) end->peer->Release(id);
    }
  }
}

}  // namespace rhei::fuzz
