#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/network_under_test.h"
#include "runtime/simulation/simulated_loop.h"
#include "runtime/simulation/simulated_world.h"

namespace rhei::inline v0::runtime {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const Address kServer{Address::Family::kIpv4, "10.9.9.9", 80};

SimulationOptions Exactly(Duration delay) {
  SimulationOptions options;
  options.min_delay = options.max_delay = delay;
  options.split_probability = 0;
  return options;
}

// A client's loop and a server's loop on two hosts, and connections between them.
class Pair {
 public:
  explicit Pair(std::uint64_t seed, const SimulationOptions& options = {})
      : world(seed, options), client_loop(world.AddLoop()), server_loop(world.AddLoop()) {
    auto listening = server_loop->Listen(kServer, [this](std::unique_ptr<AcceptedStream> accepted) {
      EXPECT_TRUE(server_loop->IsCurrent());
      server = std::make_unique<RecordingStream>(*server_loop->Adopt(std::move(accepted)));
      if (on_accept) on_accept();
    });
    EXPECT_TRUE(listening.ok());
    listener = *std::move(listening);
  }

  void StartConnect() {
    operation = client_loop->Connect(kServer, [this](Result<std::unique_ptr<ByteStream>> connected) {
      EXPECT_TRUE(client_loop->IsCurrent());
      if (!connected.ok()) return void(failure = connected.error().message());
      client = std::make_unique<RecordingStream>(*std::move(connected));
    });
  }
  void Connect() {
    StartConnect();
    ASSERT_TRUE(world.RunUntil([&] { return client != nullptr && server != nullptr; })) << world.pending();
  }

  SimulatedWorld world;
  std::shared_ptr<SimulatedLoop> client_loop, server_loop;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Operation> operation;
  std::function<void()> on_accept;
  std::unique_ptr<RecordingStream> client, server;
  std::string failure;
};

std::string Numbers(std::size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i) text += std::to_string(i) + " ";
  text.resize(size);
  return text;
}

TEST(SimulatedNetworkTest, EverythingTakesExactlyTheDelay) {
  Pair pair(1, Exactly(10ms));
  const TimePoint start = pair.world.Now();
  pair.Connect();
  EXPECT_EQ(pair.world.Now() - start, 20ms) << "a way there and a way back";
  pair.server->Collect();
  pair.client->Send("hello");
  ASSERT_TRUE(pair.world.RunUntil([&] { return !pair.server->received.empty(); }));
  EXPECT_EQ(pair.world.Now() - start, 30ms);
  pair.client->stream->Close();
  ASSERT_TRUE(pair.world.RunUntil([&] { return pair.server->end; }));
  EXPECT_EQ(pair.world.Now() - start, 40ms);
}

TEST(SimulatedNetworkTest, DelaysStayWithinTheirBoundsAndDiffer) {
  SimulationOptions options;
  options.min_delay = 1ms;
  options.max_delay = 2ms;
  options.split_probability = 0;
  Pair pair(5, options);
  pair.Connect();
  pair.server->Collect();
  std::set<Duration> delays;
  for (std::size_t i = 1; i <= 100; ++i) {
    const TimePoint sent = pair.world.Now();
    pair.client->Send("x");
    ASSERT_TRUE(pair.world.RunUntil([&] { return pair.server->received.size() == i; }));
    delays.insert(pair.world.Now() - sent);
  }
  EXPECT_GE(*delays.begin(), 1ms);
  EXPECT_LE(*delays.rbegin(), 2ms);
  EXPECT_GT(delays.size(), 90u);
}

TEST(SimulatedNetworkTest, BytesArriveInSegmentsOfAllSizesAndAllArrive) {
  const std::string sent = Numbers(20'000);
  std::map<std::size_t, int> sizes;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Pair pair(seed);
    pair.Connect();
    pair.server->on_readable = [&] {
      const std::size_t before = pair.server->received.size();
      pair.server->ReadAll();
      ++sizes[pair.server->received.size() - before];
    };
    pair.server->stream->WaitReadable();
    for (std::size_t offset = 0; offset < sent.size(); offset += 1000) {
      pair.client->Send(sent.substr(offset, 1000));
      pair.world.RunFor(100us);
    }
    ASSERT_TRUE(pair.world.RunUntil([&] { return pair.server->received.size() == sent.size(); }));
    EXPECT_EQ(pair.server->received, sent);
  }
  EXPECT_GT(sizes[1], 0);
  EXPECT_GT(sizes[1000], 0);
  EXPECT_GT(sizes.size(), 50u);
}

TEST(SimulatedNetworkTest, AWriterIsHeldBackAtExactlyTheBuffersSize) {
  SimulationOptions options;
  options.buffer_size = 1000;
  Pair pair(1, options);
  pair.Connect();
  const std::string text = Numbers(700);
  const std::string_view slices[] = {text, text};
  EXPECT_EQ(pair.client->stream->Write(slices).bytes, 1000u);
  EXPECT_EQ(pair.client->stream->Write(slices).kind, IoResult::Kind::kWouldBlock);
  pair.client->stream->WaitWritable();
  EXPECT_TRUE(pair.world.RunUntilIdle());
  EXPECT_EQ(pair.client->writable, 0) << "what has arrived and is not read fills the buffer still";

  char buffer[10];
  EXPECT_EQ(pair.server->stream->Read(buffer).bytes, 10u);
  EXPECT_TRUE(pair.world.RunUntilIdle());
  EXPECT_EQ(pair.client->writable, 1);
  EXPECT_EQ(pair.client->stream->Write(slices).bytes, 10u);
}

TEST(SimulatedNetworkTest, ACutConnectionDeliversAPrefixAndBreaksForBoth) {
  const std::string sent = Numbers(10'000);
  std::set<std::size_t> lengths;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Pair pair(seed);
    pair.Connect();
    pair.server->Collect();
    pair.client->Collect();
    pair.client->Send(sent);
    pair.world.CutAll();
    ASSERT_TRUE(pair.world.RunUntil([&] { return pair.server->failure && pair.client->failure; }));
    EXPECT_EQ(*pair.server->failure, "Connection reset by peer");
    EXPECT_EQ(*pair.client->failure, "Connection reset by peer");
    EXPECT_THAT(sent, StartsWith(pair.server->received));
    EXPECT_FALSE(pair.server->end);
    const std::string_view text = "x";
    EXPECT_EQ(pair.client->stream->Write({&text, 1}).kind, IoResult::Kind::kFailed);
    lengths.insert(pair.server->received.size());
  }
  EXPECT_GT(lengths.size(), 90u);
}

TEST(SimulatedNetworkTest, WhoeverWaitsToWriteLearnsOfACut) {
  SimulationOptions options;
  options.buffer_size = 10;
  Pair pair(1, options);
  pair.Connect();
  const std::string_view text = "0123456789";
  EXPECT_EQ(pair.client->stream->Write({&text, 1}).bytes, 10u);
  pair.client->stream->WaitWritable();
  EXPECT_TRUE(pair.world.RunUntilIdle());
  EXPECT_EQ(pair.client->writable, 0);
  pair.world.CutAll();
  EXPECT_TRUE(pair.world.RunUntilIdle());
  EXPECT_EQ(pair.client->writable, 1);
  EXPECT_EQ(pair.client->stream->Write({&text, 1}).kind, IoResult::Kind::kFailed);
}

TEST(SimulatedNetworkTest, ConnectionsAreCutAtAnyDelivery) {
  std::set<std::size_t> lengths;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Pair pair(seed);
    pair.Connect();
    pair.world.Cut(0.05);
    pair.server->Collect();
    pair.client->Collect();
    while (!pair.server->failure) {
      const std::string_view text = "0123456789";
      (void)pair.client->stream->Write({&text, 1});
      pair.world.RunFor(1ms);
    }
    lengths.insert(pair.server->received.size());
    pair.world.Cut(0);
  }
  EXPECT_GT(lengths.size(), 40u);
}

TEST(SimulatedNetworkTest, APartitionHoldsBackWhatHealingBrings) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Pair pair(seed);
    pair.Connect();
    pair.server->Collect();
    pair.client->Send("before ");
    ASSERT_TRUE(pair.world.RunUntil([&] { return pair.server->received == "before "; }));
    pair.world.Partition(*pair.server_loop, *pair.client_loop);
    pair.client->Send("and after");
    pair.world.RunFor(1min);
    EXPECT_EQ(pair.server->received, "before ");
    pair.world.Heal(*pair.client_loop, *pair.server_loop);
    pair.world.RunFor(6s);
    EXPECT_EQ(pair.server->received, "before and after");
  }
}

TEST(SimulatedNetworkTest, APartitionThatStaysEndsInATimeout) {
  Pair pair(1);
  pair.Connect();
  pair.client->Collect();
  pair.server->Collect();
  pair.world.Partition(*pair.server_loop, *pair.client_loop);
  pair.client->Send("anybody?");
  ASSERT_TRUE(pair.world.RunUntil([&] { return pair.client->failure.has_value(); })) << pair.world.pending();
  EXPECT_EQ(*pair.client->failure, "Connection timed out");
  EXPECT_FALSE(pair.server->failure.has_value()) << "who sends nothing learns nothing";
}

TEST(SimulatedNetworkTest, AConnectAcrossAPartitionWaitsForHealingOrTimesOut) {
  Pair pair(1);
  pair.world.Partition(*pair.server_loop, *pair.client_loop);
  const TimePoint start = pair.world.Now();
  pair.StartConnect();
  pair.world.RunFor(10s);
  EXPECT_EQ(pair.client, nullptr);
  pair.world.HealAll();
  ASSERT_TRUE(pair.world.RunUntil([&] { return pair.client != nullptr; }));
  EXPECT_LT(pair.world.Now() - start, 20s);

  pair.world.Partition(*pair.server_loop, *pair.client_loop);
  pair.StartConnect();
  ASSERT_TRUE(pair.world.RunUntil([&] { return !pair.failure.empty(); }));
  EXPECT_EQ(pair.failure, "connect to 10.9.9.9:80: Connection timed out");
}

TEST(SimulatedNetworkTest, RefusedConnectsAreRefusedUntilTheyAreNot) {
  Pair pair(1);
  pair.world.RefuseConnects(kServer);
  pair.StartConnect();
  ASSERT_TRUE(pair.world.RunUntil([&] { return !pair.failure.empty(); }));
  EXPECT_EQ(pair.failure, "connect to 10.9.9.9:80: Connection refused");
  pair.world.RefuseConnects(kServer, false);
  pair.world.RefuseAllConnects();
  pair.failure.clear();
  pair.StartConnect();
  ASSERT_TRUE(pair.world.RunUntil([&] { return !pair.failure.empty(); }));
  pair.world.RefuseAllConnects(false);
  pair.Connect();
}

TEST(SimulatedNetworkTest, AWildcardListenerTakesEveryAddressOfItsPort) {
  SimulatedWorld world(1);
  const auto loop = world.AddLoop();
  int accepted = 0;
  const auto listen = [&](const Address& address) {
    return *loop->Listen(address, [&](std::unique_ptr<AcceptedStream>) { ++accepted; });
  };
  const auto ipv4 = listen({Address::Family::kIpv4, "0.0.0.0", 80});
  const auto ipv6 = listen({Address::Family::kIpv6, "::", 80});
  const auto ignore = [](Result<std::unique_ptr<ByteStream>>) {};
  const auto a = loop->Connect({Address::Family::kIpv4, "10.1.2.3", 80}, ignore);
  const auto b = loop->Connect({Address::Family::kIpv6, "fd00::1", 80}, ignore);
  const auto c = loop->Connect({Address::Family::kIpv4, "10.1.2.3", 81}, ignore);
  EXPECT_TRUE(world.RunUntilIdle());
  EXPECT_EQ(accepted, 2);
}

TEST(SimulatedNetworkTest, ALoopMayAdoptWhatAnotherAccepted) {
  SimulatedWorld world(1);
  const auto client_loop = world.AddLoop(), listening = world.AddLoop(), serving = world.AddLoopBeside(*listening);
  std::unique_ptr<RecordingStream> server;
  const auto listener = *listening->Listen(kServer, [&](std::unique_ptr<AcceptedStream> accepted) {
    serving->Post([&, stream = std::move(accepted)]() mutable {
      server = std::make_unique<RecordingStream>(*serving->Adopt(std::move(stream)));
      server->on_readable = [&] {
        EXPECT_TRUE(serving->IsCurrent());
        server->ReadAll();
      };
      server->stream->WaitReadable();
    });
  });
  std::unique_ptr<RecordingStream> client;
  const auto operation = client_loop->Connect(kServer, [&](Result<std::unique_ptr<ByteStream>> connected) {
    client = std::make_unique<RecordingStream>(*std::move(connected));
    client->Send("hello");
  });
  EXPECT_TRUE(world.RunUntil([&] { return server != nullptr && server->received == "hello"; })) << world.pending();
}

TEST(SimulatedNetworkTest, AStreamOfAnotherKindIsNotAdopted) {
  class Other final : public AcceptedStream {};
  SimulatedWorld world(1);
  EXPECT_EQ(world.AddLoop()->Adopt(std::make_unique<Other>()).code(), StatusCode::kInternal);
}

TEST(SimulatedNetworkTest, NamesMeanWhatTheTableSays) {
  SimulatedWorld world(1);
  const auto loop = world.AddLoop();
  std::map<std::string, std::string> found;
  std::vector<std::unique_ptr<Operation>> operations;
  const auto look_up = [&](const std::string& name) {
    operations.push_back(loop->Resolve(name, [&found, &loop, name](Result<std::vector<Address>> addresses) {
      EXPECT_TRUE(loop->IsCurrent());
      if (!addresses.ok()) return void(found[name] = addresses.error().message());
      for (const Address& address : *addresses) found[name] += address.ToString() + " ";
    }));
  };
  world.SetHost("weather", std::vector<Address>{{Address::Family::kIpv4, "10.0.0.1", 0}});
  world.SetHost("broken", Error(StatusCode::kUnavailable, "resolve broken: no server answered"));
  for (const char* name : {"weather", "broken", "localhost", "nowhere"}) look_up(name);
  EXPECT_TRUE(found.empty()) << "called from inside Resolve";
  EXPECT_TRUE(world.RunUntilIdle());
  EXPECT_EQ(found["weather"], "10.0.0.1:0 ");
  EXPECT_EQ(found["broken"], "resolve broken: no server answered");
  EXPECT_EQ(found["localhost"], "[::1]:0 127.0.0.1:0 ");
  EXPECT_EQ(found["nowhere"], "resolve nowhere: Domain name not found");

  found.clear();
  look_up("weather");
  operations.clear();
  EXPECT_TRUE(world.RunUntilIdle());
  EXPECT_TRUE(found.empty());
}

TEST(SimulatedNetworkTest, AWaitThatCanNeverEndNamesTheConnectionsAndWhoWaits) {
  Pair pair(3);
  pair.Connect();
  pair.server->Collect();
  pair.world.Partition(*pair.client_loop, *pair.server_loop);
  EXPECT_FALSE(pair.world.RunUntil([] { return false; }));
  EXPECT_THAT(pair.world.pending(), HasSubstr("nothing is left to do (seed 3)"));
  EXPECT_THAT(pair.world.pending(), HasSubstr("hosts 0 and 1 are parted"));
  EXPECT_THAT(pair.world.pending(), HasSubstr("connection 10.0.0.1:32768 to 10.9.9.9:80: 0 bytes under way there"));
  EXPECT_THAT(pair.world.pending(), HasSubstr("the server waits to read"));
}

TEST(SimulatedNetworkTest, ConnectionsAreGoneWhenBothSidesAre) {
  Pair pair(1);
  pair.Connect();
  EXPECT_EQ(pair.world.connections(), 1u);
  pair.client.reset();
  EXPECT_EQ(pair.world.connections(), 1u);
  pair.server.reset();
  EXPECT_EQ(pair.world.connections(), 0u);
}

TEST(SimulatedNetworkTest, StreamsMayOutliveTheirWorld) {
  std::unique_ptr<RecordingStream> client, server;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Operation> operation;
  {
    Pair pair(1);
    pair.Connect();
    pair.client->Send("under way");
    client = std::move(pair.client);
    server = std::move(pair.server);
    pair.StartConnect();
    listener = std::move(pair.listener);
    operation = std::move(pair.operation);
  }
  client->stream->Close();
  server->stream->ShutdownWrite();
}

// Everything that can be seen of a few echoing connections with faults, as text.
std::string Play(std::uint64_t seed, std::uint64_t& fingerprint) {
  Pair pair(seed, SimulationOptions::Rough());
  std::string history;
  std::vector<std::unique_ptr<RecordingStream>> servers, clients;
  std::vector<std::unique_ptr<Operation>> operations;
  const auto note = [&](const std::string& what) {
    history += std::to_string(pair.world.Now().time_since_epoch().count()) + " " + what + "\n";
  };
  pair.on_accept = [&] {
    note("accepted");
    RecordingStream* server = servers.emplace_back(std::move(pair.server)).get();
    server->on_readable = [&, server] {
      const std::size_t before = server->received.size();
      server->ReadAll();
      note("server read " + std::to_string(server->received.size() - before));
      const std::string_view text = std::string_view(server->received).substr(before);
      (void)server->stream->Write({&text, 1});
    };
    server->stream->WaitReadable();
  };
  for (int i = 0; i < 3; ++i) {
    operations.push_back(pair.client_loop->Connect(kServer, [&](Result<std::unique_ptr<ByteStream>> connected) {
      note("connected");
      RecordingStream* client = clients.emplace_back(std::make_unique<RecordingStream>(*std::move(connected))).get();
      client->on_readable = [&, client] {
        const std::size_t before = client->received.size();
        client->ReadAll();
        note("client read " + std::to_string(client->received.size() - before));
      };
      client->stream->WaitReadable();
      client->Send(Numbers(500));
    }));
  }
  pair.world.RunFor(100ms);
  pair.world.Cut(0.1);
  for (auto& client : clients) {
    const std::string more = Numbers(300);
    const std::string_view slice = more;
    (void)client->stream->Write({&slice, 1});
  }
  EXPECT_TRUE(pair.world.RunUntilIdle());
  fingerprint = pair.world.fingerprint();
  return history;
}

TEST(SimulatedNetworkTest, TheSameSeedGivesTheSameHistoryAndAnotherOneAnother) {
  std::set<std::string> histories;
  std::set<std::uint64_t> fingerprints;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    std::uint64_t first_fingerprint = 0, second_fingerprint = 0;
    const std::string first = Play(seed, first_fingerprint);
    const std::string second = Play(seed, second_fingerprint);
    EXPECT_EQ(first, second) << "seed " << seed;
    EXPECT_EQ(first_fingerprint, second_fingerprint) << "seed " << seed;
    histories.insert(first);
    fingerprints.insert(first_fingerprint);
  }
  EXPECT_EQ(histories.size(), 50u);
  EXPECT_EQ(fingerprints.size(), 50u);
}

TEST(SimulatedNetworkTest, AThousandSeedsOfARoughNetworkLoseNothing) {
  const std::string sent = Numbers(3000);
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Pair pair(seed, SimulationOptions::Rough());
    pair.Connect();
    pair.server->Collect();
    std::string_view rest = sent;
    pair.client->on_writable = [&] {
      const IoResult written = pair.client->stream->Write({&rest, 1});
      rest.remove_prefix(written.bytes);
      if (!rest.empty()) return pair.client->stream->WaitWritable();
      pair.client->stream->ShutdownWrite();
    };
    pair.client->stream->WaitWritable();
    ASSERT_TRUE(pair.world.RunUntil([&] { return pair.server->end; })) << pair.world.pending();
    ASSERT_EQ(pair.server->received, sent);
  }
}

}  // namespace
}  // namespace rhei::inline v0::runtime
