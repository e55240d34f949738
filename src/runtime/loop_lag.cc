#include "runtime/loop_lag.h"

#include <algorithm>

#include "runtime/loop.h"

namespace rhei::inline v0::runtime {

LoopLag::LoopLag(Loop& loop) : loop_(loop), timer_([this] { OnTimer(); }) {}

Duration LoopLag::Get() {
  const TimePoint now = loop_.Now();
  asked_ = true;
  if (!timer_.armed()) {
    measured_ = Duration::zero();
    due_ = now + kInterval;
    loop_.Arm(timer_, due_);
  }
  return std::max(measured_, now - due_);
}

void LoopLag::OnTimer() {
  const TimePoint now = loop_.clock().Now();
  measured_ = std::max(Duration::zero(), now - due_);
  if (!asked_) return;
  asked_ = false;
  due_ = now + kInterval;
  loop_.Arm(timer_, due_);
}

}  // namespace rhei::inline v0::runtime
