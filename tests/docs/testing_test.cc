// The tests that docs/testing.md shows.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>

#include "hello.rhei.h"
#include "rhei/inprocess.h"
#include "rhei/rhei.h"
#include "testing/simulated_world.h"

namespace {

using namespace std::chrono_literals;

class GreeterService final : public hello::Greeter::Service {
 public:
  rhei::Task<rhei::Result<hello::HelloReply>> SayHello(rhei::ServerContext&,
                                                       const hello::HelloRequest& request) override {
    hello::HelloReply reply;
    reply.set_message("Hello, " + request.name() + "!");
    return reply;
  }
};

// Answers when the test says so.
class SlowGreeterService final : public hello::Greeter::Service {
 public:
  rhei::Task<rhei::Result<hello::HelloReply>> SayHello(rhei::ServerContext& context,
                                                       const hello::HelloRequest&) override {
    context.OnCancel([this] { ++cancelled; });
    return waiting.emplace_back().task();
  }
  void AnswerAll() {
    for (auto& promise : waiting) promise.Set(hello::HelloReply());
  }
  std::deque<rhei::Promise<hello::HelloReply>> waiting;
  int cancelled = 0;
};

hello::HelloRequest Named(const std::string& name) {
  hello::HelloRequest request;
  request.set_name(name);
  return request;
}

TEST(GreeterTest, GreetsByName) {
  rhei::testing::SimulatedWorld world(1);
  GreeterService service;
  rhei::Server server(rhei::ServerOptions().UseRuntime(world.AddRuntime()));
  server.Add(service).Listen("10.0.0.1:80");
  ASSERT_TRUE(server.Start().ok());

  const hello::Greeter::Stub greeter(
      rhei::Connect("10.0.0.1:80", rhei::ChannelOptions().UseRuntime(world.AddRuntime())));
  const rhei::Result<hello::HelloReply> reply = greeter.SayHello(Named("Ann")).Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(reply->message(), "Hello, Ann!");
}

TEST(GreeterTest, GreetsInsideOfTheProcess) {
  GreeterService service;
  rhei::Server server;
  server.Add(service).Listen(rhei::kInProcess);
  ASSERT_TRUE(server.Start().ok());

  const hello::Greeter::Stub greeter(rhei::ConnectInProcess(server));
  const rhei::Result<hello::HelloReply> reply = greeter.SayHello(Named("Ann")).Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(reply->message(), "Hello, Ann!");
}

TEST(GreeterTest, AClientMayBeThereAnHourBeforeItsServer) {
  rhei::testing::SimulatedWorld world(1);
  const hello::Greeter::Stub greeter(
      rhei::Connect("10.0.0.1:80", rhei::ChannelOptions().UseRuntime(world.AddRuntime())));
  auto call = greeter.SayHello(Named("Ann"), rhei::CallOptions().WaitForReady());
  world.RunFor(1h);

  GreeterService service;
  rhei::Server server(rhei::ServerOptions().UseRuntime(world.AddRuntime()));
  ASSERT_TRUE(server.Add(service).Listen("10.0.0.1:80").Start().ok());
  const rhei::TimePoint there = world.Now();
  ASSERT_TRUE(call.Wait().ok());
  EXPECT_LE(world.Now() - there, 150s);  // the longest backoff, and a little
}

TEST(GreeterTest, GivesUpWhenTheDeadlinePasses) {
  rhei::testing::SimulatedWorld world(1);
  SlowGreeterService service;
  rhei::Server server(rhei::ServerOptions().UseRuntime(world.AddRuntime()));
  ASSERT_TRUE(server.Add(service).Listen("10.0.0.1:80").Start().ok());
  const hello::Greeter::Stub greeter(
      rhei::Connect("10.0.0.1:80", rhei::ChannelOptions().UseRuntime(world.AddRuntime())));

  const rhei::TimePoint begin = world.Now();
  auto call = greeter.SayHello(Named("Ann"), rhei::CallOptions().Timeout(200ms));
  EXPECT_EQ(call.Wait().code(), rhei::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(world.Now() - begin, 200ms);
  EXPECT_TRUE(world.RunUntil([&] { return service.cancelled == 1; }));
  service.AnswerAll();  // which nobody hears
}

TEST(GreeterTest, ALostConnectionEndsItsCallsAndIsReplaced) {
  rhei::testing::SimulatedWorld world(1);
  SlowGreeterService service;
  rhei::Server server(rhei::ServerOptions().UseRuntime(world.AddRuntime()));
  ASSERT_TRUE(server.Add(service).Listen("10.0.0.1:80").Start().ok());
  const hello::Greeter::Stub greeter(
      rhei::Connect("10.0.0.1:80", rhei::ChannelOptions().UseRuntime(world.AddRuntime())));

  auto lost = greeter.SayHello(Named("Ann"));
  ASSERT_TRUE(world.RunUntil([&] { return service.waiting.size() == 1; }));
  world.CutAll();
  EXPECT_EQ(lost.Wait().code(), rhei::StatusCode::kUnavailable);

  auto next = greeter.SayHello(Named("Bob"), rhei::CallOptions().WaitForReady());
  ASSERT_TRUE(world.RunUntil([&] { return service.waiting.size() == 2; }));
  service.AnswerAll();
  EXPECT_TRUE(next.Wait().ok());
}

TEST(GreeterTest, GreetsOverARoughNetworkWhateverTheSeed) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    rhei::testing::SimulatedWorld world(seed, rhei::testing::SimulationOptions::Rough());
    GreeterService service;
    rhei::Server server(rhei::ServerOptions().UseRuntime(world.AddRuntime()));
    ASSERT_TRUE(server.Add(service).Listen("10.0.0.1:80").Start().ok());
    const hello::Greeter::Stub greeter(
        rhei::Connect("10.0.0.1:80", rhei::ChannelOptions().UseRuntime(world.AddRuntime())));
    EXPECT_TRUE(greeter.SayHello(Named("Ann")).Wait().ok());
  }
}

}  // namespace
