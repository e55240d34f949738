// A server on the simulated network, and a client of it that is a script.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "testing/scripted_peer.h"
#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {

inline const http2::testing::Fields kRequest = {
    {":method", "POST"},    {":scheme", "http"}, {":path", "/test.Test/Method"},
    {":authority", "test"}, {"te", "trailers"},  {"content-type", "application/grpc"}};

class ScriptedClient {
 public:
  explicit ScriptedClient(const Limits& limits = {}, FunctionService::Function function = Echo, std::uint64_t seed = 1,
                          const SimulationOptions& network = {})
      : stack(std::move(function), seed, network) {
    stack.server_limits = limits;
    EXPECT_TRUE(stack.Start().ok());
    runtime::Loop& loop = stack.client_runtime->loop(0);
    std::unique_ptr<runtime::ByteStream> stream;
    const auto operation =
        loop.Connect(*runtime::Address::Parse(kServerAddress),
                     [&](Result<std::unique_ptr<runtime::ByteStream>> connected) { stream = *std::move(connected); });
    EXPECT_TRUE(stack.world.RunUntil([&] { return stream != nullptr; }));
    peer = std::make_unique<ScriptedPeer>(std::move(stream));
    peer->Send(http2::testing::ClientHello() + http2::testing::SettingsAck());
  }

  SimulatedStack stack;
  std::unique_ptr<ScriptedPeer> peer;
};

// One block, which says everything.
inline void ExpectStatus(const std::vector<http2::testing::Fields>& blocks, std::string_view http,
                         std::string_view grpc, std::string_view text) {
  using ::testing::Contains;
  using ::testing::Pair;
  ASSERT_EQ(blocks.size(), 1U) << text;
  EXPECT_THAT(blocks[0], Contains(Pair(":status", http)));
  EXPECT_THAT(blocks[0], Contains(Pair("grpc-status", grpc))) << text;
  EXPECT_THAT(blocks[0], Contains(Pair("grpc-message", ::testing::HasSubstr(text))));
}

}  // namespace rhei::inline v0::testing
