// When the answers to a batch of calls leave a server: with few connections at work in rounds, so that client and
// server work at the same time; with more in one write.
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/scripted_client.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using namespace http2::testing;  // NOLINT(google-build-using-namespace): frames, in a test of frames

constexpr std::uint32_t kRounds = 3;

// A network that neither cuts nor delays by chance, so that what arrives at once was written at once.
SimulationOptions Even() {
  SimulationOptions options;
  options.min_delay = options.max_delay = 100us;
  options.split_probability = 0;
  return options;
}

class BatchTest : public ::testing::Test {
 protected:
  BatchTest() { EXPECT_TRUE(stack_.Start().ok()); }

  void AddPeer() {
    std::unique_ptr<runtime::ByteStream> stream;
    const auto operation =
        loop().Connect(*runtime::Address::Parse(kServerAddress),
                       [&](Result<std::unique_ptr<runtime::ByteStream>> connected) { stream = *std::move(connected); });
    ASSERT_TRUE(stack_.world.RunUntil([&] { return stream != nullptr; }));
    peers_.push_back(std::make_unique<ScriptedPeer>(std::move(stream)));
    peers_.back()->Send(ClientHello() + SettingsAck());
    stack_.world.RunFor(1ms);
  }

  // All peers ask for so many rounds' worth at once. Returns in how many pieces each has its answers.
  std::vector<std::size_t> Ask(std::uint32_t first_stream) {
    std::vector<std::size_t> pieces(peers_.size());
    const std::uint32_t end = first_stream + 2 * kRounds * Limits().handler_starts_per_round;
    std::string requests;
    for (std::uint32_t stream = first_stream; stream < end; stream += 2) {
      requests += Headers(stream, Block(kRequest)) + Data(stream, GrpcMessage("x"), true);
    }
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      peers_[i]->on_input = [&pieces, i] { ++pieces[i]; };
      peers_[i]->Send(requests);
    }
    stack_.world.RunFor(100ms);
    for (const std::unique_ptr<ScriptedPeer>& peer : peers_) {
      peer->on_input = nullptr;
      for (std::uint32_t stream = first_stream; stream < end; stream += 2) EXPECT_TRUE(peer->ended(stream)) << stream;
    }
    return pieces;
  }

  runtime::Loop& loop() { return stack_.client_runtime->loop(0); }

  SimulatedStack stack_{[this](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
                          stack_.world.Advance(1us);
                          return request;
                        },
                        1, Even()};
  std::vector<std::unique_ptr<ScriptedPeer>> peers_;
};

TEST_F(BatchTest, OfTheOnlyConnectionTheAnswersOfEachRoundLeaveAtItsEnd) {
  AddPeer();
  EXPECT_EQ(Ask(1), std::vector<std::size_t>(1, kRounds));
  EXPECT_EQ(Ask(1001), std::vector<std::size_t>(1, kRounds));
}

TEST_F(BatchTest, AlsoWhereThereIsAnother) {
  for (int i = 0; i < 2; ++i) AddPeer();
  Ask(1);
  EXPECT_EQ(Ask(1001), std::vector<std::size_t>(2, kRounds));
}

// But for a timer that writes what is there.
TEST_F(BatchTest, WhereManyAreAtWorkTheyLeaveTogether) {
  for (int i = 0; i < 4; ++i) AddPeer();
  Ask(1);
  for (const std::size_t pieces : Ask(1001)) EXPECT_LT(pieces, kRounds);
}

}  // namespace
}  // namespace rhei::inline v0::testing
