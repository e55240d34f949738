// A connection of ours and one of nghttp2's under a script: first ours is the client, then the server. See PairWorld.
//
// The input: which of both; two bytes of limits for ours, one for nghttp2's; then the script.
#include "fuzz/support/nghttp2_peer.h"
#include "fuzz/support/pair_world.h"
#include "fuzz/support/session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rhei::fuzz;
  using rhei::http2::Role;
  Input script(data, size);
  const bool ours_is_client = script.Below(2) == 0;
  auto ours = std::make_unique<Session>(ours_is_client ? Role::kClient : Role::kServer, HonestLimits(script));
  constexpr std::uint32_t kStreamWindows[] = {65'535, 500, 100'000, 20'000};
  constexpr std::uint32_t kConnectionWindows[] = {65'535, 70'000, 1'000'000, 65'535};
  const std::uint8_t windows = script.Byte();
  auto theirs = std::make_unique<Nghttp2Peer>(ours_is_client ? Role::kServer : Role::kClient,
                                              kStreamWindows[windows & 3], kConnectionWindows[windows >> 2 & 3]);
  if (ours_is_client) {
    PairWorld(std::move(ours), std::move(theirs), script).Run();
  } else {
    PairWorld(std::move(theirs), std::move(ours), script).Run();
  }
  return 0;
}
