// The same calls over real sockets and real threads: what a simulated world cannot show.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "rhei/generic.h"
#include "rhei/rhei.h"

namespace rhei::inline v0 {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view kMethod = "/test.Test/Method";

// Answers; or sleeps for a minute, and tells how long it did until it was woken.
class EchoService final : public GenericService {
 public:
  Task<Result<std::string>> Call(ServerContext& context, const std::string& request) override {
    if (request == "peer") return std::string(context.peer());
    if (request == "sleep") return SleepLong();
    return "echo " + request;
  }

  std::promise<Duration> slept;

 private:
  Task<Result<std::string>> SleepLong() {
    const auto begin = std::chrono::steady_clock::now();
    const Status woken = co_await Sleep(1min);
    slept.set_value(std::chrono::steady_clock::now() - begin);
    co_return woken.error();
  }
};

// A server on one address, and how to reach it.
class SocketTest : public ::testing::Test {
 protected:
  std::string Start(const std::string& host) {
    server_ = std::make_unique<Server>(ServerOptions().UseRuntime(runtime_));
    server_->AddGeneric(service_).Listen(host);
    const Status started = server_->Start();
    EXPECT_TRUE(started.ok()) << started.ToString();
    if (host.starts_with("unix:")) return host;
    return host.substr(0, host.rfind(':') + 1) + std::to_string(server_->port());
  }
  GenericStub Stub(std::string_view target) {
    return GenericStub(Connect(target, ChannelOptions().UseRuntime(runtime_)));
  }

  EchoService service_;
  std::shared_ptr<Runtime> runtime_ = std::make_shared<Runtime>(RuntimeOptions().Loops(2));
  std::unique_ptr<Server> server_;
};

// On a quiet machine both sides end within a millisecond of the deadline; the bound is for one that is not.
TEST_F(SocketTest, ADeadlineEndsTheCallOnBothSidesWhenItPasses) {
  const GenericStub stub = Stub(Start("127.0.0.1:0"));
  EXPECT_TRUE(stub.Call(kMethod, "warm").Wait().ok());
  std::future<Duration> slept = service_.slept.get_future();
  const auto begin = std::chrono::steady_clock::now();
  const Result<std::string> reply = stub.Call(kMethod, "sleep", CallOptions().Timeout(100ms)).Wait();
  const Duration waited = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(reply.code(), StatusCode::kDeadlineExceeded);
  EXPECT_GE(waited, 100ms);
  EXPECT_LT(waited, 5s);
  ASSERT_EQ(slept.wait_for(5s), std::future_status::ready);
  const Duration woken_after = slept.get();
  EXPECT_GT(woken_after, 50ms);
  RecordProperty("client_late_us", std::to_string((waited - 100ms) / 1us));
  RecordProperty("server_late_us", std::to_string((woken_after - 100ms) / 1us));
}

TEST_F(SocketTest, CallsPassOverIpv4Ipv6NamesAndUnixSockets) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("rhei_rpc_" + std::to_string(::getpid()) + ".sock");
  for (const std::string& host :
       {std::string("127.0.0.1:0"), std::string("[::1]:0"), std::string("localhost:0"), "unix:" + path.string()}) {
    const std::string target = Start(host);
    auto call = Stub(target).Call(kMethod, "x");
    const Result<std::string> reply = call.Wait();
    ASSERT_TRUE(reply.ok()) << host << ": " << reply.error().ToString();
    EXPECT_EQ(*reply, "echo x");
    EXPECT_FALSE(call.peer().empty());
    server_.reset();
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(SocketTest, WaitsOnManyThreadsAtOnce) {
  const GenericStub stub = Stub(Start("127.0.0.1:0"));
  std::atomic<int> ok{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&stub, &ok, thread] {
      for (int i = 0; i < 100; ++i) {
        const std::string text = std::to_string(thread) + " " + std::to_string(i);
        const Result<std::string> reply = stub.Call(kMethod, text).Wait();
        if (reply.ok() && *reply == "echo " + text) ++ok;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ok, 800);
}

TEST_F(SocketTest, FuturesOfManyCallsAtOnce) {
  const GenericStub stub = Stub(Start("127.0.0.1:0"));
  std::vector<std::future<Result<std::string>>> futures;
  for (int i = 0; i < 1000; ++i) futures.push_back(stub.Call(kMethod, std::to_string(i)).Future());
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(*futures[static_cast<std::size_t>(i)].get(), "echo " + std::to_string(i));
}

TEST_F(SocketTest, ManyChannelsAtOnceAndOneAfterTheOther) {
  const std::string target = Start("127.0.0.1:0");
  std::vector<GenericStub> stubs;
  for (int i = 0; i < 50; ++i) stubs.push_back(Stub(target));
  std::vector<std::future<Result<std::string>>> futures;
  for (const GenericStub& stub : stubs) futures.push_back(stub.Call(kMethod, "x").Future());
  for (auto& future : futures) EXPECT_TRUE(future.get().ok());
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(Stub(target).Call(kMethod, "x").Wait().ok());
}

TEST_F(SocketTest, CallsAreDroppedAndCancelledOnManyThreads) {
  const GenericStub stub = Stub(Start("127.0.0.1:0"));
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&stub] {
      for (int i = 0; i < 200; ++i) {
        auto call = stub.Call(kMethod, "x");
        if (i % 3 == 0) call.Cancel();
        if (i % 3 == 1) {
          const Result<std::string> reply = call.Wait();
          EXPECT_TRUE(reply.ok()) << reply.error().ToString();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(stub.Call(kMethod, "x").Wait().ok());
}

Task<Result<std::string>> Chain(const GenericStub& behind, std::string request) {
  Result<std::string> reply = co_await behind.Call(kMethod, request);
  co_return reply;
}

TEST_F(SocketTest, AHandlerCallsAnotherServerAndWaitIsRefusedThere) {
  const GenericStub behind = Stub(Start("127.0.0.1:0"));
  class Front final : public GenericService {
   public:
    explicit Front(const GenericStub& behind) : behind_(behind) {}
    Task<Result<std::string>> Call(ServerContext&, const std::string& request) override {
      if (request == "wait") return behind_.Call(kMethod, request).Wait();
      return Chain(behind_, request);
    }

   private:
    const GenericStub& behind_;
  } front(behind);
  Server server(ServerOptions().UseRuntime(runtime_));
  server.AddGeneric(front).Listen("127.0.0.1:0");
  ASSERT_TRUE(server.Start().ok());
  const GenericStub stub = Stub("127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(*stub.Call(kMethod, "through").Wait(), "echo through");
  const Result<std::string> refused = stub.Call(kMethod, "wait").Wait();
  EXPECT_EQ(refused.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("Wait()"));
}

TEST_F(SocketTest, APortInUseIsAnErrorThatNamesEachAddress) {
  const std::string taken = Start("127.0.0.1:0");
  Server second(ServerOptions().UseRuntime(runtime_));
  second.AddGeneric(service_).Listen(taken).Listen("999.1.1.1:80").Listen("127.0.0.1:0");
  const Status status = second.Start();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(taken), HasSubstr("in use"), HasSubstr("999.1.1.1")));
  EXPECT_EQ(second.port(), 0);
}

TEST_F(SocketTest, AnAddressWhereNobodyListensIsNamed) {
  const std::string target = Start("127.0.0.1:0");
  server_.reset();
  const Result<std::string> reply = Stub(target).Call(kMethod, "x").Wait();
  EXPECT_EQ(reply.code(), StatusCode::kUnavailable);
  EXPECT_THAT(reply.error().message(), AllOf(HasSubstr(target), HasSubstr("refused")));
}

TEST_F(SocketTest, AMessageOf64MebibytesPassesWithTheLimitsRaised) {
  Limits limits;
  limits.max_receive_message = 65 << 20;
  Server server(ServerOptions().UseRuntime(runtime_).UseLimits(limits));
  server.AddGeneric(service_).Listen("127.0.0.1:0");
  ASSERT_TRUE(server.Start().ok());
  const GenericStub stub(
      Connect("127.0.0.1:" + std::to_string(server.port()), ChannelOptions().UseRuntime(runtime_).UseLimits(limits)));
  const std::string message(64 << 20, 'm');
  const Result<std::string> reply = stub.Call(kMethod, message).Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_TRUE(*reply == "echo " + message);
}

TEST_F(SocketTest, EverythingMayBeDroppedWithCallsUnderWay) {
  // A handler that the pool has begun with may outlive its server.
  static EchoService service;
  for (int round = 0; round < 20; ++round) {
    auto runtime = std::make_shared<Runtime>(RuntimeOptions().Loops(2).PoolThreads(2));
    auto server = std::make_unique<Server>(ServerOptions().UseRuntime(runtime));
    server->AddGeneric(service, round % 2 == 0 ? RunOn::kLoop : RunOn::kPool).Listen("127.0.0.1:0");
    ASSERT_TRUE(server->Start().ok());
    auto stub = std::make_unique<GenericStub>(
        Connect("127.0.0.1:" + std::to_string(server->port()), ChannelOptions().UseRuntime(runtime)));
    std::vector<UnaryCall<std::string>> calls;
    std::vector<std::future<Result<std::string>>> futures;
    for (int i = 0; i < 20; ++i) {
      calls.push_back(stub->Call(kMethod, "x"));
      futures.push_back(stub->Call(kMethod, "x").Future());
    }
    const int order = round % 4;
    if (order == 0) server.reset();
    if (order <= 1) stub.reset();
    if (order <= 2) runtime.reset();
    if (order == 3) calls.clear();
    server.reset();
    stub.reset();
    runtime.reset();
    for (auto& future : futures) {
      const Result<std::string> reply = future.get();
      EXPECT_TRUE(reply.ok() || reply.code() == StatusCode::kUnavailable) << reply.error().ToString();
    }
  }
}

// This program once more, as the server of the test below: a fork alone would leave the sanitizers' threads behind.
TEST(SocketProcessTest, DISABLED_RunServer) {
  // It must not outlive a test that fails.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const char* const address = std::getenv("RHEI_TEST_ADDRESS");
  ASSERT_NE(address, nullptr);
  EchoService service;
  Server server(ServerOptions().UseRuntime(std::make_shared<Runtime>(RuntimeOptions().Loops(1))));
  server.AddGeneric(service).Listen(address);
  const Status ended = server.Run();
  EXPECT_TRUE(ended.ok()) << ended.ToString();
}

// A program that has said that it serves may be told to end before it does anything else.
TEST(SocketProcessTest, SignalsAreHandledWhenRunTellsThatItServes) {
  EchoService service;
  Server server(ServerOptions().UseRuntime(std::make_shared<Runtime>(RuntimeOptions().Loops(1))));
  server.AddGeneric(service).Listen("127.0.0.1:0");
  std::uint16_t port = 0;
  const Status ended = server.Run([&] {
    port = server.port();
    ::raise(SIGTERM);
  });
  EXPECT_TRUE(ended.ok()) << ended.ToString();
  EXPECT_NE(port, 0);
}

TEST(SocketProcessTest, RunEndsBySigtermAndSigint) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("rhei_run_" + std::to_string(::getpid()) + ".sock");
  const std::string address = "unix:" + path.string();
  ASSERT_EQ(::setenv("RHEI_TEST_ADDRESS", address.c_str(), 1), 0);
  for (const int signal : {SIGTERM, SIGINT}) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::execl("/proc/self/exe", "server", "--gtest_also_run_disabled_tests",
              "--gtest_filter=SocketProcessTest.DISABLED_RunServer", nullptr);
      ::_exit(127);
    }
    {
      auto options =
          ChannelOptions().UseRuntime(std::make_shared<Runtime>(RuntimeOptions().Loops(1))).Backoff(10ms, 50ms);
      // That it answers shows that Run has begun.
      const Result<std::string> reply =
          GenericStub(Connect(address, options)).Call(kMethod, "x", CallOptions().WaitForReady()).Wait();
      EXPECT_TRUE(reply.ok()) << reply.error().ToString();
    }
    EXPECT_EQ(::kill(child, signal), 0);
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_FALSE(std::filesystem::exists(path));
  }
}

}  // namespace
}  // namespace rhei::inline v0
