// What happens when the peer takes too long.
#include "http2/connection.h"

namespace rhei::inline v0::http2 {

void Connection::HandleTimeout(TimePoint now) {
  timers_.SetNow(now);
  if (failed_) return;
  if (timers_.TakeDue(Timer::kHandshake)) Violation(ErrorCode::kSettingsTimeout, "handshake_timeout");
  if (timers_.TakeDue(Timer::kSettingsAck)) Violation(ErrorCode::kSettingsTimeout, "settings_timeout");
  if (timers_.TakeDue(Timer::kHeaderBlock)) Violation(ErrorCode::kEnhanceYourCalm, "header_block_timeout");
  if (timers_.TakeDue(Timer::kWriteStall)) Violation(ErrorCode::kEnhanceYourCalm, "write_stall");
  if (timers_.TakeDue(Timer::kDrainPing)) FinishDrain();
  if (timers_.TakeDue(Timer::kSmallData)) {
    small_data_allowed_ = true;
    connection_blocked_ = false;
    scheduler_.UnblockAll();
  }
}

}  // namespace rhei::inline v0::http2
