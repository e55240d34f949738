#include "fuzz/support/hostile_run.h"

#include <chrono>
#include <vector>

#include "fuzz/check.h"
#include "http2/preface.h"
#include "http2/testing/frames.h"

namespace rhei::fuzz {
namespace {

using namespace http2;
using std::chrono::milliseconds;

constexpr int kMostSteps = 300;
// What the owner may queue in all, so that a script takes no long time.
constexpr std::uint64_t kMostSent = 300'000;

Role Other(Role role) { return role == Role::kClient ? Role::kServer : Role::kClient; }

}  // namespace

HostileRun::HostileRun(Role role, const Limits& limits, Input& script)
    : script_(script), session_(role, limits), peer_(Other(role), script) {
  if (role == Role::kServer) session_.Offer(kClientPreface);
  if (script.Below(8) != 0) session_.Receive(testing::Settings());
}

void HostileRun::Run() {
  bool failed = false;
  for (int step = 0; step < kMostSteps && !script_.empty(); ++step) {
    Step();
    session_.CheckInvariants();
    // Once, and then the rest of the script goes on: nothing of it may have any effect.
    if (session_.connection().failed() && !failed) CheckSilentAfterFailure();
    failed = session_.connection().failed();
  }
  // Reading may have paused, so new calls may come up when something has been written.
  do {
    WriteAll();
    ReleaseAll();
    WriteAll();
  } while (session_.live() != 0);
  Check(!session_.connection().reading_paused(), "what is written lets reading go on");
  session_.CheckNothingIsLeft();
}

void HostileRun::Step() {
  constexpr Duration kDelays[] = {milliseconds(1), milliseconds(100), std::chrono::seconds(2),
                                  std::chrono::seconds(20)};
  constexpr std::size_t kPieces[] = {1, 9, 100, SIZE_MAX};
  Connection& connection = session_.connection();
  switch (script_.Below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5: {
      session_.Receive(peer_.Next());
      return;
    }
    case 6: {
      // Stops between two events.
      session_.Offer(peer_.Next());
      session_.Pump(static_cast<int>(script_.Below(4)));
      return;
    }
    case 7: session_.TakeOutput(kPieces[script_.Below(std::size(kPieces))]); return;
    case 8: session_.Advance(kDelays[script_.Below(std::size(kDelays))]); return;
    case 9: {
      const std::uint32_t what = script_.Below(32);
      if (what == 0) session_.Fail(ErrorCode::kInternalError);
      if (what == 1) session_.Drain();
      if (what == 2) session_.Ping();
      return;
    }
    case 10:
    case 11:
      if (connection.role() == Role::kClient) session_.Start(script_.Byte(), script_.Below(2) == 0);
      return;
    default: return OnCall();
  }
}

void HostileRun::OnCall() {
  constexpr std::size_t kSizes[] = {0, 5, 100, 1000, 20'000, 70'000};
  constexpr ErrorCode kCodes[] = {ErrorCode::kCancel, ErrorCode::kNoError, ErrorCode::kInternalError};
  const StreamId id = AnyCall();
  const std::uint32_t what = script_.Below(10);
  const std::uint32_t argument = script_.Byte();
  if (id == 0) return;
  const std::size_t size = kSizes[argument % std::size(kSizes)];
  const bool may_send = session_.connection().unsent_size() + size < kMostSent;
  switch (what) {
    case 0:
    case 1: return may_send ? session_.Write(id, size, argument % 4 == 0, argument % 8 >= 4 && size != 0) : void();
    case 2: return session_.Finish(id);
    case 3: return may_send ? session_.Answer(id, size) : void();
    case 4:
    case 5: return session_.Consume(id, size);
    case 6: return session_.Cancel(id, kCodes[argument % std::size(kCodes)]);
    case 7: return session_.Release(id);
    default:
      if (session_.calls().at(id).done()) session_.Release(id);
  }
}

StreamId HostileRun::AnyCall() {
  const std::uint32_t which = script_.Byte();
  std::vector<StreamId> live;
  for (const auto& [id, call] : session_.calls()) {
    if (!call.released) live.push_back(id);
  }
  return live.empty() ? 0 : live[which % live.size()];
}

// A GOAWAY with the failure's code is the last thing that such a connection says.
void HostileRun::CheckSilentAfterFailure() {
  WriteAll();
  const FrameWatch& watch = session_.watch();
  Check(watch.ends_with_goaway(), "a GOAWAY is the last thing that is sent");
  Check(watch.last_goaway() == session_.connection().failure().code, "and tells why");
}

void HostileRun::ReleaseAll() {
  std::vector<StreamId> live;
  for (const auto& [id, call] : session_.calls()) {
    if (!call.released) live.push_back(id);
  }
  for (const StreamId id : live) session_.Release(id);
}

void HostileRun::WriteAll() {
  session_.TakeOutput(SIZE_MAX);
  session_.Receive({});
  session_.TakeOutput(SIZE_MAX);
  if (session_.connection().failed()) Check(session_.connection().output_size() == 0, "all is said");
}

}  // namespace rhei::fuzz
