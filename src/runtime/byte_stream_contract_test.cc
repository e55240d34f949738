// The real network keeps the contract: over each family of addresses, and on somebody else's io_context.
#include "runtime/byte_stream_contract_test.h"

#include <asio/io_context.hpp>
#include <chrono>

#include "runtime/network_for_test.h"

namespace rhei::inline v0::runtime {
namespace {

std::unique_ptr<NetworkUnderTest> Ipv4() { return std::make_unique<RealNetwork>(Address::Family::kIpv4); }

std::unique_ptr<NetworkUnderTest> Ipv6() {
  auto network = std::make_unique<RealNetwork>(Address::Family::kIpv6);
  if (!network->loop().Listen(network->AnyAddress(), [](std::unique_ptr<AcceptedStream>) {}).ok()) return nullptr;
  return network;
}

std::unique_ptr<NetworkUnderTest> Unix() { return std::make_unique<RealNetwork>(Address::Family::kUnix); }

std::unique_ptr<NetworkUnderTest> BusyPolling() {
  AsioLoopOptions options;
  options.busy_poll = std::chrono::milliseconds(1);
  return std::make_unique<RealNetwork>(Address::Family::kIpv4, options);
}

// A loop that shares its io_context with others.
class GuestNetwork final : public NetworkUnderTest {
 public:
  Loop& loop() override { return loop_; }
  void RunUntil(std::function<bool()> done) override {
    Watchdog watchdog(loop_);
    while (!done() && !watchdog.expired()) context_.run_one();
  }
  Address AnyAddress() override { return {Address::Family::kIpv4, "127.0.0.1", 0}; }

 private:
  asio::io_context context_{1};
  AsioLoop loop_{context_, {}};
};

std::unique_ptr<NetworkUnderTest> Guest() { return std::make_unique<GuestNetwork>(); }

INSTANTIATE_TEST_SUITE_P(Real, ByteStreamContract,
                         ::testing::Values(NetworkCase{"Ipv4", Ipv4}, NetworkCase{"Ipv6", Ipv6},
                                           NetworkCase{"Unix", Unix}, NetworkCase{"BusyPolling", BusyPolling},
                                           NetworkCase{"OnSomebodyElsesIoContext", Guest}),
                         NetworkCaseName);

}  // namespace
}  // namespace rhei::inline v0::runtime
