// A session under a script that plays its peer, its owner and the clock.
#pragma once

#include "fuzz/support/frame_script.h"
#include "fuzz/support/session.h"

namespace rhei::fuzz {

// Each step either lets the peer say something, or the session read, write, or do something with one of its calls.
// After each the session's invariants hold; in the end everything is released, and nothing is left.
class HostileRun {
 public:
  HostileRun(http2::Role role, const Limits& limits, Input& script);

  void Run();

 private:
  void Step();
  void OnCall();
  void CheckSilentAfterFailure();
  void WriteAll();
  void ReleaseAll();
  http2::StreamId AnyCall();

  Input& script_;
  Session session_;
  FrameScript peer_;
};

}  // namespace rhei::fuzz
