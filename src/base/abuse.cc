#include "rhei/abuse.h"

namespace rhei::inline v0 {

std::string_view Name(Abuse kind) {
  switch (kind) {
    case Abuse::kRapidReset: return "rapid_reset";
    case Abuse::kHeaderListTooLarge: return "header_list_too_large";
    case Abuse::kContinuationFlood: return "continuation_flood";
    case Abuse::kHeaderBlockTimeout: return "header_block_timeout";
    case Abuse::kSettingsFlood: return "settings_flood";
    case Abuse::kSettingsTimeout: return "settings_timeout";
    case Abuse::kControlFlood: return "control_flood";
    case Abuse::kEmptyFramesFlood: return "empty_frames_flood";
    case Abuse::kTooManyPings: return "too_many_pings";
    case Abuse::kHandshakeTimeout: return "handshake_timeout";
    case Abuse::kWriteStall: return "write_stall";
    case Abuse::kProtocolError: return "protocol_error";
    case Abuse::kFlowControlError: return "flow_control_error";
    case Abuse::kCompressionError: return "compression_error";
    case Abuse::kStreamRefused: return "stream_refused";
    case Abuse::kMalformedRequest: return "malformed_request";
    case Abuse::kHeadersTooLarge: return "headers_too_large";
    case Abuse::kMessageTooLarge: return "message_too_large";
    case Abuse::kSlowRequest: return "slow_request";
    case Abuse::kStalledStream: return "stalled_stream";
    case Abuse::kReadingPaused: return "reading_paused";
    case Abuse::kWindowWithheld: return "window_withheld";
    case Abuse::kCallsHeld: return "calls_held";
    case Abuse::kConnectionRefused: return "connection_refused";
    case Abuse::kNoDescriptor: return "no_descriptor";
    case Abuse::kMemoryShortage: return "memory_shortage";
    case Abuse::kKeepaliveTimeout: return "keepalive_timeout";
    case Abuse::kMaxIdle: return "max_idle";
    case Abuse::kMaxAge: return "max_age";
  }
  return "unknown";
}

}  // namespace rhei::inline v0
