#include "client/subchannel.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rhei/rhei.h"
#include "runtime/loop.h"
#include "testing/simulated_world.h"

namespace rhei::inline v0::client {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kAddress = "10.1.1.1:80";

class HoldingService final : public GenericService {
 public:
  Task<Result<std::string>> Call(ServerContext&, const std::string&) override {
    promises.emplace_back();
    return promises.back().task();
  }
  std::vector<Promise<std::string>> promises;
};

class CountedCall final : public ClientCall {
 public:
  explicit CountedCall(std::vector<CountedCall*>& done) : done_(done) {
    request.method = {0, "/test.Test/Method"};
    request.message.first = PooledBytes(MessagePieces::kPrefix);
  }
  void OnHeaders() override {}
  bool OnMessage(std::string_view) override { return true; }
  void OnRetry() override { ++retries; }
  void OnDone() override {
    AddReference();
    done_.push_back(this);
  }
  int retries = 0;

 private:
  std::vector<CountedCall*>& done_;
};

// Ends when the world's loop has told that it is ready.
class Owner final : public Subchannel::Owner {
 public:
  void OnSubchannelChanged() override { ++changes; }
  void OnUnprocessed(ClientCall& call, Error) override {
    ++unprocessed;
    call.Release();
  }
  int changes = 0;
  int unprocessed = 0;
};

// RFC 9113 §5.1.1: ids are not used again, so a connection that has used three quarters of them is left for another,
// before a call could fail for want of one.
TEST(SubchannelTest, MovesToANewConnectionBeforeTheStreamIdsRunOutAndNoCallFails) {
  testing::SimulatedWorld world(1);
  HoldingService service;
  Server server(ServerOptions().UseRuntime(world.AddRuntime()));
  server.AddGeneric(service).Listen(kAddress);
  ASSERT_TRUE(server.Start().ok());

  runtime::Loop& loop = world.runtime()->loop(0);
  Owner owner;
  const ChannelOptions options;
  Subchannel subchannel(*Target::Parse(kAddress), options, "test", loop, owner);
  subchannel.Connect();
  ASSERT_TRUE(world.RunUntil([&] { return subchannel.state() == Subchannel::State::kReady; }));
  transport::Http2ClientConnection* const first = subchannel.Connection();
  ASSERT_NE(first, nullptr);
  first->http2().SkipStreamIdsForTest(0x5ffffff1);

  std::vector<CountedCall*> done;
  int started = 0;
  bool moved = false;
  while (started < 40) {
    if (subchannel.state() != Subchannel::State::kReady) {
      EXPECT_FALSE(std::exchange(moved, true));
      EXPECT_GT(started, 5);
      subchannel.Connect();
      ASSERT_TRUE(world.RunUntil([&] { return subchannel.state() == Subchannel::State::kReady; }));
    }
    transport::Http2ClientConnection* const connection = subchannel.Connection();
    ASSERT_NE(connection, nullptr);
    EXPECT_EQ(connection != first, moved);
    auto* const call = new CountedCall(done);
    call->loop = &loop;
    connection->Start(*call);
    ++started;
  }
  EXPECT_TRUE(moved);
  EXPECT_EQ(subchannel.active_calls(), 40U);
  ASSERT_TRUE(world.RunUntil([&] { return service.promises.size() == 40; }));
  EXPECT_EQ(world.connections(), 2U);
  for (auto& promise : service.promises) promise.Set(std::string());
  ASSERT_TRUE(world.RunUntil([&] { return done.size() == 40; }));
  for (CountedCall* const call : done) {
    EXPECT_FALSE(call->response.error.has_value()) << call->response.error->ToString();
    EXPECT_EQ(call->retries, 0);
    call->Release();
  }
  EXPECT_EQ(owner.unprocessed, 0);
  // The old connection has no calls left and goes.
  world.RunFor(5s);
  EXPECT_EQ(world.connections(), 1U);
  subchannel.Drain();
  world.RunFor(5s);
  EXPECT_TRUE(subchannel.closed());
}

TEST(SubchannelTest, DrainEndsAnAttemptToConnect) {
  testing::SimulatedWorld world(1);
  runtime::Loop& loop = world.runtime()->loop(0);
  Owner owner;
  const ChannelOptions options;
  Subchannel subchannel(*Target::Parse(kAddress), options, "test", loop, owner);
  subchannel.Connect();
  EXPECT_EQ(subchannel.state(), Subchannel::State::kConnecting);
  subchannel.Drain();
  EXPECT_TRUE(subchannel.closed());
  EXPECT_EQ(subchannel.state(), Subchannel::State::kIdle);
  world.RunFor(1min);
  EXPECT_EQ(owner.changes, 0);
}

}  // namespace
}  // namespace rhei::inline v0::client
