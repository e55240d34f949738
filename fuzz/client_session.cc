// A client's connection against a peer that says anything, an owner who does anything and a clock that jumps: see
// HostileRun for the script, Session and FrameWatch for what must hold.
//
// The input: a byte of limits, one that says whether the server begins with SETTINGS, then the script.
#include "fuzz/support/hostile_run.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rhei::fuzz;
  Input script(data, size);
  const rhei::Limits limits = TightLimits(script);
  HostileRun(rhei::http2::Role::kClient, limits, script).Run();
  return 0;
}
