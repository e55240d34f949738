// Servers and channels on an io_context of the program's own, through the public API alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "rhei/asio.h"
#include "rhei/generic.h"
#include "rhei/rhei.h"

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class Echo final : public rhei::GenericService {
 public:
  rhei::Task<rhei::Result<std::string>> Call(rhei::ServerContext&, const std::string& request) override {
    handled_on = std::this_thread::get_id();
    return request;
  }
  std::thread::id handled_on;
};

// A server and a channel to it, on one context.
class OwnLoopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server.emplace(rhei::ServerOptions().UseRuntime(runtime));
    server->AddGeneric(echo).Listen("127.0.0.1:0");
    const rhei::Status started = server->Start();
    ASSERT_TRUE(started.ok()) << started.ToString();
    stub.emplace(
        rhei::Connect("127.0.0.1:" + std::to_string(server->port()), rhei::ChannelOptions().UseRuntime(runtime)));
  }

  asio::io_context context{1};
  std::shared_ptr<rhei::Runtime> runtime = rhei::RuntimeOn(context);
  Echo echo;
  std::optional<rhei::Server> server;
  std::optional<rhei::GenericStub> stub;
};

TEST_F(OwnLoopTest, ABlockingCallOutsideOfRunRunsTheContext) {
  bool others_ran = false;
  asio::post(context, [&] { others_ran = true; });
  const rhei::Result<std::string> reply = stub->Call("/a.B/C", "hello").Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(*reply, "hello");
  EXPECT_EQ(echo.handled_on, std::this_thread::get_id());
  EXPECT_TRUE(others_ran);
}

TEST_F(OwnLoopTest, CallsGoFromHandlersOfTheContextAndComeBackToItsThread) {
  asio::steady_timer timer(context, 1ms);
  std::optional<rhei::Result<std::string>> reply;
  std::thread::id answered_on;
  timer.async_wait([&](const asio::error_code&) {
    stub->Call("/a.B/C", "tick").Then([&](rhei::Result<std::string> answer) {
      reply = std::move(answer);
      answered_on = std::this_thread::get_id();
      context.stop();
    });
  });
  context.run();
  ASSERT_TRUE(reply && reply->ok());
  EXPECT_EQ(**reply, "tick");
  EXPECT_EQ(answered_on, std::this_thread::get_id());
}

TEST_F(OwnLoopTest, WhatWouldWaitForItselfIsRefused) {
  rhei::Status waited, started, stopped;
  asio::post(context, [&] {
    rhei::Result<std::string> reply = stub->Call("/a.B/C", "").Wait();
    if (!reply.ok()) waited = std::move(reply).error();
    rhei::Server second(rhei::ServerOptions().UseRuntime(runtime));
    started = second.Listen("127.0.0.1:0").Start();
    stopped = server->Stop(0s);
    stub.reset();
  });
  context.run();
  EXPECT_EQ(waited.code(), rhei::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(waited.message()), HasSubstr("co_await"));
  EXPECT_EQ(started.code(), rhei::StatusCode::kFailedPrecondition);
  EXPECT_EQ(stopped.code(), rhei::StatusCode::kFailedPrecondition);
}

TEST_F(OwnLoopTest, RunOfAServerIsRefusedAndSaysWhatToDo) {
  const rhei::Status ended = server->Run();
  EXPECT_EQ(ended.code(), rhei::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(ended.message()), HasSubstr("call Start"));
}

TEST_F(OwnLoopTest, TheContextRunsOutOfWorkWhenServerAndChannelAreGone) {
  ASSERT_TRUE(stub->Call("/a.B/C", "").Wait().ok());
  asio::post(context, [&] {
    stub.reset();
    server.reset();  // does not wait
  });
  context.run();  // returns
}

TEST_F(OwnLoopTest, AServerStopsGracefullyAfterRun) {
  ASSERT_TRUE(stub->Call("/a.B/C", "").Wait().ok());
  asio::post(context, [&] { context.stop(); });
  context.run();
  const rhei::Status stopped = server->Stop(10s);
  EXPECT_TRUE(stopped.ok()) << stopped.ToString();
}

TEST_F(OwnLoopTest, AnotherThreadMayCallAndWaitWhileTheContextRuns) {
  auto work = asio::make_work_guard(context);
  rhei::Result<std::string> reply = std::string();
  std::thread caller([&] {
    reply = stub->Call("/a.B/C", "from elsewhere").Wait();
    work.reset();
    context.stop();
  });
  context.run();
  caller.join();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(*reply, "from elsewhere");
  EXPECT_EQ(echo.handled_on, std::this_thread::get_id());
}

TEST_F(OwnLoopTest, BlockingHandlersRunOnThePool) {
  Echo blocking;
  rhei::Server second(rhei::ServerOptions().UseRuntime(runtime));
  second.AddGeneric(blocking, rhei::RunOn::kPool).Listen("127.0.0.1:0");
  ASSERT_TRUE(second.Start().ok());
  const rhei::GenericStub other(
      rhei::Connect("127.0.0.1:" + std::to_string(second.port()), rhei::ChannelOptions().UseRuntime(runtime)));
  EXPECT_TRUE(other.Call("/a.B/C", "").Wait().ok());
  EXPECT_NE(blocking.handled_on, std::this_thread::get_id());
}

TEST_F(OwnLoopTest, ACallThatHasNoAnswerYetGoesWithTheContext) {
  stub->Call("/a.B/C", "").Then([](const rhei::Result<std::string>&) {});
  stub.reset();
}

}  // namespace
