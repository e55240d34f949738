// Two connections of ours, a client and a server, under a script; see PairWorld.
//
// The input: two bytes of limits for each end, then the script.
#include "fuzz/support/pair_world.h"
#include "fuzz/support/session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rhei::fuzz;
  Input script(data, size);
  auto client = std::make_unique<Session>(rhei::http2::Role::kClient, HonestLimits(script));
  auto server = std::make_unique<Session>(rhei::http2::Role::kServer, HonestLimits(script));
  PairWorld(std::move(client), std::move(server), script).Run();
  return 0;
}
