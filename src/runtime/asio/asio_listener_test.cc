// What a real listener does beyond the contract of byte_stream_contract_test.h.
#include "runtime/asio/asio_listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "runtime/network_for_test.h"
#include "runtime/posix/descriptor_limit_for_test.h"

namespace rhei::inline v0::runtime {
namespace {

using Family = Address::Family;

constexpr auto Ignore = [](std::unique_ptr<AcceptedStream>) {};

TEST(AsioListenerTest, ConnectionsToAnyIpv6AddressComeByIpv4Too) {
  RealNetwork network(Family::kIpv6);
  AsioLoop& loop = network.loop();
  std::unique_ptr<ByteStream> server;
  auto listener = loop.Listen({Family::kIpv6, "::", 0}, [&](std::unique_ptr<AcceptedStream> accepted) {
    server = *loop.Adopt(std::move(accepted));
  });
  if (!listener.ok()) GTEST_SKIP() << listener.error().message();
  std::unique_ptr<ByteStream> client;
  auto connect = loop.Connect({Family::kIpv4, "127.0.0.1", (*listener)->address().port},
                              [&](Result<std::unique_ptr<ByteStream>> connected) { client = *std::move(connected); });
  network.RunUntil([&] { return client != nullptr && server != nullptr; });
  EXPECT_EQ(server->peer(), client->local());
  EXPECT_EQ(server->peer().family, Family::kIpv4);
  EXPECT_EQ(server->local(), client->peer());
}

TEST(AsioListenerTest, ASocketFileIsRemovedWithItsListener) {
  TemporaryFolder folder;
  AsioLoop loop;
  const Address address{Family::kUnix, folder / "s", 0};
  auto listener = *loop.Listen(address, Ignore);
  EXPECT_TRUE(std::filesystem::exists(address.host));
  EXPECT_EQ(listener->address(), address);
  listener.reset();
  EXPECT_FALSE(std::filesystem::exists(address.host));
}

TEST(AsioListenerTest, ASocketFileThatNobodyListensOnIsTakenOver) {
  TemporaryFolder folder;
  AsioLoop loop;
  const Address address{Family::kUnix, folder / "s", 0};
  {
    // What a process that was killed leaves behind.
    posix::OpenedSocket socket = posix::OpenSocket(Family::kUnix);
    ASSERT_EQ(posix::BindAndListen(socket.descriptor.get(), *posix::ToSocketAddress(address)), 0);
  }
  ASSERT_TRUE(std::filesystem::exists(address.host));
  EXPECT_TRUE(loop.Listen(address, Ignore).ok());
}

TEST(AsioListenerTest, AFileThatIsNoSocketIsLeftAlone) {
  TemporaryFolder folder;
  AsioLoop loop;
  const Address address{Family::kUnix, folder / "precious", 0};
  std::ofstream(address.host) << "data";
  const auto listener = loop.Listen(address, Ignore);
  ASSERT_FALSE(listener.ok());
  EXPECT_EQ(listener.error().message(), "listen on " + address.ToString() + ": Address already in use");
  EXPECT_EQ(std::filesystem::file_size(address.host), 4u);
}

TEST(AsioListenerTest, APathThatAnotherListenerTookOverIsNotRemoved) {
  TemporaryFolder folder;
  AsioLoop loop;
  const Address address{Family::kUnix, folder / "s", 0};
  auto first = *loop.Listen(address, Ignore);
  std::filesystem::remove(address.host);
  auto second = *loop.Listen(address, Ignore);
  first.reset();
  EXPECT_TRUE(std::filesystem::exists(address.host));
}

TEST(AsioListenerTest, AbstractNamesNeedNoFile) {
  RealNetwork network(Family::kUnix);
  AsioLoop& loop = network.loop();
  const Address address{Family::kUnix, "@rhei-test-" + std::to_string(::getpid()), 0};
  bool accepted = false;
  auto listener = loop.Listen(address, [&](std::unique_ptr<AcceptedStream>) { accepted = true; });
  ASSERT_TRUE(listener.ok()) << listener.error().message();
  EXPECT_EQ((*listener)->address(), address);
  auto connect =
      loop.Connect(address, [](Result<std::unique_ptr<ByteStream>> connected) { EXPECT_TRUE(connected.ok()); });
  network.RunUntil([&] { return accepted; });
}

TEST(AsioListenerTest, ErrorsNameAddressAndCause) {
  AsioLoop loop;
  const std::pair<Address, std::string> cases[] = {
      {{Family::kUnix, "/nonexistent/folder/s", 0}, "listen on unix:/nonexistent/folder/s: No such file or directory"},
      {{Family::kIpv4, "example.org", 1}, "listen on example.org:1: \"example.org\" is no IPv4 address"},
      {{Family::kIpv4, "192.0.2.1", 1}, "listen on 192.0.2.1:1: Cannot assign requested address"},
  };
  for (const auto& [address, message] : cases) {
    const auto listener = loop.Listen(address, Ignore);
    ASSERT_FALSE(listener.ok());
    EXPECT_EQ(listener.error().message(), message);
  }
}

struct CountingLogger final : Logger {
  void Write(LogLevel, std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

TEST(AsioListenerTest, RunningOutOfDescriptorsShedsNewConnectionsAndRecovers) {
  auto logger = std::make_shared<CountingLogger>();
  AsioLoopOptions options;
  options.logger = logger;
  RealNetwork network(Family::kIpv4, options);
  AsioLoop& loop = network.loop();
  std::vector<std::unique_ptr<RecordingStream>> servers;
  auto listener = *loop.Listen(network.AnyAddress(), [&](std::unique_ptr<AcceptedStream> accepted) {
    servers.push_back(std::make_unique<RecordingStream>(*loop.Adopt(std::move(accepted))));
    servers.back()->Collect();
  });
  int shed = 0;
  listener->OnShed([&] { ++shed; });
  std::vector<std::unique_ptr<RecordingStream>> clients;
  std::vector<std::unique_ptr<Operation>> connects;
  int answered = 0;
  const auto connect = [&] {
    connects.push_back(loop.Connect(listener->address(), [&](Result<std::unique_ptr<ByteStream>> connected) {
      ++answered;
      if (!connected.ok()) return;
      clients.push_back(std::make_unique<RecordingStream>(*std::move(connected)));
      clients.back()->Collect();
    }));
  };
  connect();
  network.RunUntil([&] { return servers.size() == 1 && clients.size() == 1; });

  {
    // Room for the next client, and none for its server side.
    posix::Descriptor lowest_free = posix::OpenReserve();
    const posix::DescriptorLimit limit(static_cast<rlim_t>(lowest_free.get()) + 1);
    lowest_free.Reset();
    connect();
    network.RunUntil([&] { return clients.size() == 2 && (clients[1]->end || clients[1]->failure.has_value()); });

    // The old connection goes on.
    clients[0]->Send("still here");
    network.RunUntil([&] { return servers[0]->received == "still here"; });
    EXPECT_EQ(servers.size(), 1u);
    EXPECT_FALSE(clients[0]->end);

    // A client that finds no descriptor for itself says so.
    connect();
    network.RunUntil([&] { return answered == 3; });
    EXPECT_EQ(clients.size(), 2u);
  }

  connect();
  network.RunUntil([&] { return servers.size() == 2; });
  EXPECT_EQ(shed, 1);
  ASSERT_EQ(logger->lines.size(), 1u);
  EXPECT_EQ(logger->lines[0], "accept on " + listener->address().ToString() +
                                  ": Too many open files; new connections are closed until it gets better");
}

// How many descriptors the kernel's table has room for.
rlim_t DescriptorTableSize() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word && word != "FDSize:") {
  }
  rlim_t size = 0;
  status >> size;
  return size;
}

// Or the loop would stand still whenever the table is full.
TEST(AsioListenerTest, TheKernelsTableHasRoomForItsConnectionsBeforeTheyCome) {
  rlimit limit;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  RealNetwork network(Family::kIpv4);
  auto listener = *network.loop().Listen(network.AnyAddress(), Ignore);
  EXPECT_GE(DescriptorTableSize(), std::min<rlim_t>(limit.rlim_cur, 16 * 1024));
}

TEST(AsioListenerTest, WhileDescriptorsLackTheLoopSleeps) {
  RealNetwork network(Family::kIpv4);
  AsioLoop& loop = network.loop();
  auto listener = *loop.Listen(network.AnyAddress(), Ignore);
  // The connection waits in the backlog before the listener first looks.
  posix::OpenedSocket client = posix::OpenSocket(Family::kIpv4);
  const auto target = posix::ToSocketAddress(listener->address());
  const posix::ErrorNumber connecting = posix::Connect(client.descriptor.get(), *target);
  ASSERT_TRUE(connecting == 0 || posix::ErrorText(connecting) == "Operation now in progress");
  posix::Descriptor lowest_free = posix::OpenReserve();
  const posix::DescriptorLimit limit(static_cast<rlim_t>(lowest_free.get()));
  lowest_free.Reset();

  bool passed = false;
  Timer timer([&] { passed = true; });
  loop.Arm(timer, loop.Now() + std::chrono::milliseconds(350));
  int turns = 0;
  network.RunUntil([&] {
    ++turns;
    return passed;
  });
  EXPECT_LT(turns, 30);
}

}  // namespace
}  // namespace rhei::inline v0::runtime
