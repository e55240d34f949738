// PUSH_PROMISE (RFC 9113 §6.6): always an error here. A client may not send it (§8.4), and rhei's clients forbid it to
// servers by SETTINGS_ENABLE_PUSH 0.
#pragma once

#include <string_view>

#include "http2/frame/frame_header.h"

namespace rhei::inline v0::http2 {

struct PushPromiseFrame {};

inline FrameError Parse(const FrameHeader&, std::string_view, PushPromiseFrame&) {
  return {ErrorCode::kProtocolError, "PUSH_PROMISE, though push is not allowed"};
}

}  // namespace rhei::inline v0::http2
