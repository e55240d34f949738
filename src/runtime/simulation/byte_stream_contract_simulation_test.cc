// The simulated network keeps the contract, calm and rough, over each family of addresses.
#include <string>

#include "runtime/byte_stream_contract_test.h"
#include "runtime/simulation/simulated_loop.h"
#include "runtime/simulation/simulated_world.h"

namespace rhei::inline v0::runtime {
namespace {

class SimulatedNetwork final : public NetworkUnderTest {
 public:
  SimulatedNetwork(std::uint64_t seed, Address::Family family, const SimulationOptions& options)
      : world_(seed, options), loop_(world_.AddLoop()), family_(family) {}

  Loop& loop() override { return *loop_; }
  // In small pieces of time, since a test may poll, and time stands still while a loop has something to do.
  void RunUntil(std::function<bool()> done) override {
    for (int i = 0; i < 100'000; ++i) {
      if (done()) return;
      world_.RunFor(std::chrono::microseconds(10));
    }
    ADD_FAILURE() << "what was waited for did not happen";
  }
  Address AnyAddress() override {
    switch (family_) {
      case Address::Family::kIpv4: return {family_, "127.0.0.1", 0};
      case Address::Family::kIpv6: return {family_, "::1", 0};
      case Address::Family::kUnix: break;
    }
    return {family_, "@socket" + std::to_string(++sockets_), 0};
  }

 private:
  SimulatedWorld world_;
  std::shared_ptr<SimulatedLoop> loop_;
  const Address::Family family_;
  int sockets_ = 0;
};

// What waits for three round trips of another connection expects that to suffice, so the delay is always the same.
SimulationOptions Steady() {
  SimulationOptions options;
  options.min_delay = options.max_delay = std::chrono::microseconds(100);
  options.split_probability = 0;
  return options;
}

SimulationOptions Jerky() {
  SimulationOptions options = Steady();
  options.min_delay = options.max_delay = Duration(0);
  options.buffer_size = 10000;
  return options;
}

NetworkCase Case(std::string name, std::uint64_t seed, Address::Family family, const SimulationOptions& options) {
  return {name + std::to_string(seed), [=]() -> std::unique_ptr<NetworkUnderTest> {
            return std::make_unique<SimulatedNetwork>(seed, family, options);
          }};
}

std::vector<NetworkCase> Cases() {
  std::vector<NetworkCase> cases;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    cases.push_back(Case("Ipv4Seed", seed, Address::Family::kIpv4, Steady()));
    cases.push_back(Case("JerkySeed", seed, Address::Family::kIpv4, Jerky()));
  }
  cases.push_back(Case("Ipv6Seed", 1, Address::Family::kIpv6, Steady()));
  cases.push_back(Case("UnixSeed", 1, Address::Family::kUnix, Steady()));
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Simulated, ByteStreamContract, ::testing::ValuesIn(Cases()), NetworkCaseName);

}  // namespace
}  // namespace rhei::inline v0::runtime
