#include "runtime/simulation/simulated_connect.h"

#include <utility>

#include "runtime/simulation/simulated_listener.h"
#include "runtime/simulation/simulated_loop.h"
#include "runtime/simulation/simulated_stream.h"
#include "runtime/simulation/world_state.h"

namespace rhei::inline v0::runtime {
namespace {

// RFC 6298 section 2.1 and what Linux does: 1, 2, 4, ... s, for 127 s in all.
constexpr Duration kFirstRetry = std::chrono::seconds(1);
constexpr Duration kGiveUp = std::chrono::seconds(127);

}  // namespace

SimulatedConnect::SimulatedConnect(SimulatedLoop& loop, const Address& address, Done done)
    : LoopEvent(loop),
      world_(loop.world()),
      address_(address),
      done_(std::move(done)),
      retry_(kFirstRetry),
      give_up_(world_->scheduler.Now() + kGiveUp),
      timer_([this] { OnTimer(); }) {
  world_->scheduler.network_timers().Arm(timer_, world_->scheduler.Now() + world_->network.DrawDelay());
}

void SimulatedConnect::OnTimer() {
  if (answered_) {
    Schedule();
  } else {
    Ask();
  }
}

void SimulatedConnect::Ask() {
  TimerQueue& timers = world_->scheduler.network_timers();
  const TimePoint now = world_->scheduler.Now();
  SimulatedListener* const listener = world_->network.FindListener(address_);
  if (listener != nullptr && world_->network.IsParted(loop().host(), listener->host())) {
    if (now >= give_up_) return Fail("Connection timed out");
    timers.Arm(timer_, now + std::exchange(retry_, 2 * retry_));
    return;
  }
  if (listener == nullptr) {
    const bool is_file = address_.family == Address::Family::kUnix && !address_.host.starts_with('@');
    cause_ = is_file ? "No such file or directory" : "Connection refused";
  } else {
    const EndName client{loop().host(), world_->network.NameClient(address_, loop().host())};
    end_.emplace(listener->Take(client, address_), SimulatedConnection::Side::kClient);
  }
  answered_ = true;
  timers.Arm(timer_, now + world_->network.DrawDelay());
}

void SimulatedConnect::Fail(std::string_view cause) {
  cause_ = cause;
  answered_ = true;
  Schedule();
}

// The user may destroy the operation when he is called.
void SimulatedConnect::Happen() {
  Done done = std::move(done_);
  if (!cause_.empty()) {
    return done(Error(StatusCode::kUnavailable, "connect to " + address_.ToString() + ": " + cause_, Origin::kLibrary));
  }
  done(std::unique_ptr<ByteStream>(std::make_unique<SimulatedStream>(loop(), *std::exchange(end_, std::nullopt))));
}

}  // namespace rhei::inline v0::runtime
