// Unary calls through the whole stack, client to server, on virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// --- what a call carries ---------------------------------------------------------------------------------------------

TEST(RpcTest, AReplyComesBack) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  auto call = stack.Stub().Call(kMethod, "hello");
  const Result<std::string> reply = call.Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(*reply, "echo hello");
  EXPECT_EQ(call.peer(), kServerAddress);
}

TEST(RpcTest, EmptyMessagesPass) {
  SimulatedStack stack([](ServerContext&, const std::string& request) -> Task<Result<std::string>> { return request; });
  ASSERT_TRUE(stack.Start().ok());
  const Result<std::string> reply = stack.Stub().Call(kMethod, "").Wait();
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(*reply, "");
}

TEST(RpcTest, EveryStatusCodeReachesTheClientAsItIs) {
  StatusCode code = StatusCode::kOk;
  SimulatedStack stack([&](ServerContext&, const std::string&) -> Task<Result<std::string>> {
    if (code == StatusCode::kOk) return std::string("fine");
    return Error(code, "said so");
  });
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  for (int number = 0; number < kStatusCodeCount; ++number) {
    code = static_cast<StatusCode>(number);
    const Result<std::string> reply = stub.Call(kMethod, "").Wait();
    EXPECT_EQ(reply.code(), code);
    if (reply.ok()) continue;
    EXPECT_EQ(reply.error().message(), "said so");
    EXPECT_EQ(reply.error().origin(), Origin::kRemote);
  }
}

TEST(RpcTest, MessagesOfErrorsAreAnyUnicode) {
  const std::string message = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001F608\t\n 100%";
  SimulatedStack stack([&](ServerContext&, const std::string&) -> Task<Result<std::string>> {
    return Error(StatusCode::kUnknown, message);
  });
  ASSERT_TRUE(stack.Start().ok());
  EXPECT_EQ(stack.Stub().Call(kMethod, "").Wait().error().message(), message);
}

TEST(RpcTest, DetailsAndMetadataOfErrorsReachTheClient) {
  // A google.rpc.Status with the code 5.
  const std::string details("\x08\x05\x12\x02no", 6);
  SimulatedStack stack([&](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    context.trailers().Add("from-context", "1");
    return Error(StatusCode::kNotFound, "no").WithDetails(details).WithMetadata(Metadata{{"nearest", "kyiv"}});
  });
  ASSERT_TRUE(stack.Start().ok());
  auto call = stack.Stub().Call(kMethod, "");
  const Result<std::string> reply = call.Wait();
  EXPECT_EQ(reply.error().details(), details);
  EXPECT_EQ(reply.error().metadata(), (Metadata{{"from-context", "1"}, {"nearest", "kyiv"}}));
  // Trailers-Only: it was all one block, and that is the trailers.
  EXPECT_TRUE(call.headers().empty());
  EXPECT_EQ(call.trailers(), reply.error().metadata());
}

TEST(RpcTest, MetadataGoesBothWays) {
  const Metadata sent{{"user", "ann"}, {"tag", "1"}, {"tag", "2"}, {"raw-bin", std::string_view("\0\xff,", 3)}};
  Metadata seen;
  SimulatedStack stack([&](ServerContext& context, const std::string& request) -> Task<Result<std::string>> {
    seen = context.metadata();
    for (const auto [key, value] : context.metadata()) {
      context.headers().Add(key, value);
      context.trailers().Add(key, value);
    }
    return request;
  });
  ASSERT_TRUE(stack.Start().ok());
  CallOptions options;
  for (const auto [key, value] : sent) options.Metadata(key, value);
  auto call = stack.Stub().Call(kMethod, "", options);
  ASSERT_TRUE(call.Wait().ok());
  EXPECT_EQ(seen, sent);
  EXPECT_EQ(call.headers(), sent);
  EXPECT_EQ(call.trailers(), sent);
}

TEST(RpcTest, MetadataThatMayNotBeSentEndsTheCallWithInternal) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  for (const std::string_view key : {"Upper", "grpc-status", "a b", ""}) {
    const Result<std::string> reply = stack.Stub().Call(kMethod, "", CallOptions().Metadata(key, "v")).Wait();
    EXPECT_EQ(reply.code(), StatusCode::kInternal);
    EXPECT_THAT(reply.error().message(), HasSubstr("/test.Test/Method"));
  }
  EXPECT_EQ(stack.service.started, 0);
}

TEST(RpcTest, TheContextTellsTheFactsOfTheCall) {
  std::vector<std::string> facts;
  SimulatedStack stack([&](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    facts = {std::string(context.method()), std::string(context.authority()), std::string(context.user_agent()),
             std::string(context.peer()), std::string(context.local())};
    return std::string();
  });
  ASSERT_TRUE(stack.Start().ok());
  ASSERT_TRUE(stack.Stub(ChannelOptions().UserAgent("weather/1.2")).Call(kMethod, "").Wait().ok());
  EXPECT_THAT(facts, ElementsAre(kMethod, kServerAddress, HasSubstr("weather/1.2 grpc-c++-rhei/"),
                                 HasSubstr("10.0.0."), kServerAddress));
  ASSERT_TRUE(stack.Stub(ChannelOptions().Authority("weather.example")).Call(kMethod, "").Wait().ok());
  EXPECT_EQ(facts[1], "weather.example");
}

// --- sizes -----------------------------------------------------------------------------------------------------------

TEST(RpcSizeTest, LargeMessagesPassBothWays) {
  SimulatedStack stack([](ServerContext&, const std::string& request) -> Task<Result<std::string>> { return request; });
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  for (const std::size_t size : {1, 16'379, 16'384, 65'530, 65'535, 65'536, 1'000'000, 4 * 1024 * 1024}) {
    const std::string message(size, 'm');
    const Result<std::string> reply = stub.Call(kMethod, message).Wait();
    ASSERT_TRUE(reply.ok()) << size << ": " << reply.error().ToString();
    EXPECT_TRUE(*reply == message) << size;
  }
}

TEST(RpcSizeTest, ARequestAboveTheServersLimitIsRefused) {
  SimulatedStack stack;
  stack.server_limits.max_receive_message = 1000;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  EXPECT_TRUE(stub.Call(kMethod, std::string(1000, 'x')).Wait().ok());
  for (const std::size_t size : {1001, 1'000'000}) {
    const Result<std::string> reply = stub.Call(kMethod, std::string(size, 'x')).Wait();
    EXPECT_EQ(reply.code(), StatusCode::kResourceExhausted);
    EXPECT_THAT(reply.error().message(), AllOf(HasSubstr(std::to_string(size)), HasSubstr("1000")));
  }
  EXPECT_EQ(stack.service.started, 1);
  EXPECT_TRUE(stub.Call(kMethod, "goes on").Wait().ok());
}

TEST(RpcSizeTest, AReplyAboveTheClientsLimitIsRefused) {
  SimulatedStack stack([](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    return std::string(std::stoul(request), 'x');
  });
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  EXPECT_TRUE(stub.Call(kMethod, "1000", CallOptions().MaxReceiveMessage(1000)).Wait().ok());
  for (const std::string& size : {std::string("1001"), std::string("1000000")}) {
    const Result<std::string> reply = stub.Call(kMethod, size, CallOptions().MaxReceiveMessage(1000)).Wait();
    EXPECT_EQ(reply.code(), StatusCode::kResourceExhausted);
    EXPECT_THAT(reply.error().message(), AllOf(HasSubstr(size), HasSubstr("1000"), HasSubstr(kServerAddress)));
  }
  EXPECT_TRUE(stub.Call(kMethod, "10").Wait().ok());
}

TEST(RpcSizeTest, LimitsOfSendersHoldBeforeAnythingIsSent) {
  SimulatedStack stack([](ServerContext&, const std::string&) -> Task<Result<std::string>> {
    return std::string(2000, 'x');
  });
  stack.server_limits.max_send_message = 1000;
  ASSERT_TRUE(stack.Start().ok());
  const Result<std::string> reply = stack.Stub().Call(kMethod, "").Wait();
  EXPECT_EQ(reply.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(reply.error().message(), AllOf(HasSubstr("2000"), HasSubstr("1000"), HasSubstr(kMethod)));
  Limits limits;
  limits.max_send_message = 10;
  const Result<std::string> refused = stack.Stub(ChannelOptions().UseLimits(limits)).Call(kMethod, "12345678901").Wait();
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(stack.service.started, 1);
}

// Together they are far above the windows and the connection's budget.
TEST(RpcSizeTest, ManyLargeMessagesAtOnceDoNotBlockEachOther) {
  SimulatedStack stack([](ServerContext&, const std::string& request) -> Task<Result<std::string>> { return request; });
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  const std::string message(3'000'000, 'm');
  std::vector<UnaryCall<std::string>> calls;
  for (int i = 0; i < 8; ++i) calls.push_back(stub.Call(kMethod, message));
  for (auto& call : calls) {
    const Result<std::string> reply = call.Wait();
    ASSERT_TRUE(reply.ok()) << reply.error().ToString();
    EXPECT_TRUE(*reply == message);
  }
}

// --- routing ---------------------------------------------------------------------------------------------------------

class EmptyService final : public Service {
 public:
  std::string_view service_name() const override { return "test.Known"; }
  void AddMethods(MethodTable& table) override {
    table.AddUnary<EmptyService, std::string, std::string>("/test.Known/Echo", *this, &EmptyService::Echo);
  }
  Task<Result<std::string>> Echo(ServerContext&, const std::string& request) { return request; }
};

TEST(RpcRoutingTest, UnknownMethodsAndServicesAreUnimplementedAndNamed) {
  SimulatedStack stack;
  EmptyService service;
  Server server(ServerOptions().UseRuntime(stack.server_runtime));
  server.Add(service).Listen(kServerAddress);
  ASSERT_TRUE(server.Start().ok());
  const GenericStub stub = stack.Stub();
  EXPECT_EQ(*stub.Call("/test.Known/Echo", "x").Wait(), "x");
  const Result<std::string> method = stub.Call("/test.Known/Ecco", "x").Wait();
  EXPECT_EQ(method.code(), StatusCode::kUnimplemented);
  EXPECT_EQ(method.error().message(), "unknown method Ecco of service test.Known");
  const Result<std::string> other = stub.Call("/test.Other/Echo", "x").Wait();
  EXPECT_EQ(other.code(), StatusCode::kUnimplemented);
  EXPECT_EQ(other.error().message(), "unknown service test.Other");
}

// What is not exactly a method's path is never routed, not even to a generic service (CVE-2026-33186).
TEST(RpcRoutingTest, PathsThatAreNotCanonicalReachNobody) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  for (const std::string& path :
       {std::string("//S/M"), std::string("/S/M/"), std::string("/S//M"), std::string("/s%2fM"), std::string("/S/M?x"),
        std::string("/S/M#"), std::string("/"), std::string("/S"), "/" + std::string(5000, 'x') + "/M/"}) {
    const Result<std::string> reply = stub.Call(path, "x").Wait();
    EXPECT_EQ(reply.code(), StatusCode::kUnimplemented) << path;
  }
  for (const std::string_view path : {"", "S/M", "/S/M\n", "/S M", "/S/\xff"}) {
    EXPECT_EQ(stub.Call(path, "x").Wait().code(), StatusCode::kInternal) << path;
  }
  EXPECT_EQ(stack.service.started, 0);
  EXPECT_TRUE(stub.Call(kMethod, "x").Wait().ok());
}

TEST(RpcRoutingTest, MoreMethodsThanAChannelNumbersCanBeCalled) {
  SimulatedStack stack([](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    return std::string(context.method());
  });
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  for (int i = 0; i < 1100; ++i) {
    const std::string path = "/test.Test/M" + std::to_string(i);
    ASSERT_EQ(*stub.Call(path, "").Wait(), path);
  }
}

// --- forms of handlers -----------------------------------------------------------------------------------------------

Task<Result<std::string>> Coroutine(ServerContext&, const std::string& request) { co_return "coroutine " + request; }

TEST(RpcHandlerTest, MayBeACoroutine) {
  SimulatedStack stack(Coroutine);
  ASSERT_TRUE(stack.Start().ok());
  EXPECT_EQ(*stack.Stub().Call(kMethod, "x").Wait(), "coroutine x");
}

TEST(RpcHandlerTest, MayAnswerFromACallbackOnAnyThreadOrLoop) {
  std::vector<Promise<std::string>> waiting;
  SimulatedStack stack([&](ServerContext&, const std::string&) -> Task<Result<std::string>> {
    waiting.emplace_back();
    return waiting.back().task();
  });
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  auto first = stub.Call(kMethod, "").Future();
  auto second = stub.Call(kMethod, "").Future();
  ASSERT_TRUE(stack.world.RunUntil([&] { return waiting.size() == 2; }));
  waiting[0].Set(std::string("from outside"));
  stack.client_runtime->loop(0).Post([&] { waiting[1].Set(std::string("from another loop")); });
  ASSERT_TRUE(stack.world.RunUntil([&] { return first.wait_for(0s) == std::future_status::ready; }));
  ASSERT_TRUE(stack.world.RunUntil([&] { return second.wait_for(0s) == std::future_status::ready; }));
  EXPECT_EQ(*first.get(), "from outside");
  EXPECT_EQ(*second.get(), "from another loop");
}

TEST(RpcHandlerTest, ADroppedPromiseIsInternal) {
  SimulatedStack stack([](ServerContext&, const std::string&) -> Task<Result<std::string>> {
    Promise<std::string> promise;
    return promise.task();
  });
  ASSERT_TRUE(stack.Start().ok());
  EXPECT_EQ(stack.Stub().Call(kMethod, "").Wait().code(), StatusCode::kInternal);
}

Task<Result<std::string>> ThrowLater(ServerContext&, const std::string& request) {
  if (request == "late") throw std::runtime_error("a secret");
  co_return request;
}

TEST(RpcHandlerTest, OneThatThrowsEndsItsCallWithUnknownAndTellsNothing) {
  SimulatedStack stack([](ServerContext& context, const std::string& request) -> Task<Result<std::string>> {
    if (request == "early") throw std::runtime_error("a secret");
    if (request == "odd") throw 42;
    return ThrowLater(context, request);
  });
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  for (const std::string_view request : {"early", "late", "odd"}) {
    const Result<std::string> reply = stub.Call(kMethod, std::string(request)).Wait();
    EXPECT_EQ(reply.code(), StatusCode::kUnknown);
    EXPECT_THAT(reply.error().message(), Not(HasSubstr("secret")));
  }
  EXPECT_THAT(stack.server_log->lines, ElementsAre(AllOf(HasSubstr(kMethod), HasSubstr("a secret")),
                                                   AllOf(HasSubstr(kMethod), HasSubstr("a secret")), HasSubstr(kMethod)));
  EXPECT_TRUE(stub.Call(kMethod, "fine").Wait().ok());
}

TEST(RpcHandlerTest, OnThePoolItMayBlock) {
  SimulatedStack stack;
  stack.run_on = RunOn::kPool;
  ASSERT_TRUE(stack.Start().ok());
  // A second server, whose handlers wait for the first.
  const GenericStub behind = stack.Stub();
  FunctionService front([&](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    if (request == "fail") return Error(StatusCode::kNotFound, "from the pool");
    if (request == "throw") throw std::runtime_error("x");
    return behind.Call(kMethod, request).Wait();
  });
  Server server(ServerOptions().UseRuntime(stack.server_runtime));
  server.AddGeneric(front, RunOn::kPool).Listen("10.1.1.2:80");
  ASSERT_TRUE(server.Start().ok());
  const GenericStub stub(Connect("ipv4:10.1.1.2:80", ChannelOptions().UseRuntime(stack.client_runtime)));
  EXPECT_EQ(*stub.Call(kMethod, "through").Wait(), "echo through");
  EXPECT_EQ(stub.Call(kMethod, "fail").Wait().code(), StatusCode::kNotFound);
  EXPECT_EQ(stub.Call(kMethod, "throw").Wait().code(), StatusCode::kUnknown);
}

struct Unreadable {};

class BrokenService final : public Service {
 public:
  std::string_view service_name() const override { return "test.Broken"; }
  void AddMethods(MethodTable& table) override;
  Task<Result<std::string>> Read(ServerContext&, const Unreadable&) { return std::string(); }
  Task<Result<Unreadable>> Write(ServerContext&, const std::string&) { return Unreadable(); }
};

}  // namespace
}  // namespace rhei::inline v0::testing

namespace rhei::inline v0 {
template <>
struct Codec<testing::Unreadable> {
  static std::optional<std::size_t> Size(const testing::Unreadable&) { return std::nullopt; }
  static void Write(const testing::Unreadable&, char*) {}
  static bool Read(std::string_view bytes, testing::Unreadable&) {
    if (bytes == "throw") throw std::runtime_error("a codec that throws");
    return false;
  }
};
}  // namespace rhei::inline v0

namespace rhei::inline v0::testing {
namespace {

void BrokenService::AddMethods(MethodTable& table) {
  table.AddUnary<BrokenService, Unreadable, std::string>("/test.Broken/Read", *this, &BrokenService::Read);
  table.AddUnary<BrokenService, std::string, Unreadable>("/test.Broken/Write", *this, &BrokenService::Write);
}

TEST(RpcHandlerTest, MessagesThatCannotBeReadOrWrittenAreInternal) {
  for (const RunOn run_on : {RunOn::kLoop, RunOn::kPool}) {
    SimulatedStack stack;
    BrokenService service;
    Server server(ServerOptions().UseRuntime(stack.server_runtime));
    server.Add(service, run_on).Listen(kServerAddress);
    ASSERT_TRUE(server.Start().ok());
    const GenericStub stub = stack.Stub();
    for (const std::string_view path : {"/test.Broken/Read", "/test.Broken/Write"}) {
      const Result<std::string> reply = stub.Call(path, "garbage").Wait();
      EXPECT_EQ(reply.code(), StatusCode::kInternal);
      EXPECT_THAT(reply.error().message(), HasSubstr(path));
    }
    EXPECT_EQ(stub.Call("/test.Broken/Read", "throw").Wait().code(), StatusCode::kUnknown);
    // On the client's side.
    const Channel channel = Connect("ipv4:" + std::string(kServerAddress), ChannelOptions().UseRuntime(stack.client_runtime));
    const Method method = channel.FindMethod("/test.Broken/Read");
    EXPECT_EQ((StartUnary<std::string>(channel, method, Unreadable(), CallOptions()).Wait().code()),
              StatusCode::kInternal);
  }
}

TEST(RpcHandlerTest, AReplyThatTheClientCannotReadIsInternal) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  const Channel channel = Connect("ipv4:" + std::string(kServerAddress), ChannelOptions().UseRuntime(stack.client_runtime));
  const Method method = channel.FindMethod(kMethod);
  Result<Unreadable> reply = StartUnary<Unreadable>(channel, method, std::string(), CallOptions()).Wait();
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.code(), StatusCode::kInternal);
  EXPECT_TRUE(stack.Stub().Call(kMethod, "x").Wait().ok());
}

// --- ways to consume a call ------------------------------------------------------------------------------------------

Task<void> AwaitTwice(const GenericStub& stub, std::vector<std::string>& log) {
  const Result<std::string> temporary = co_await stub.Call(kMethod, "a");
  log.push_back(*temporary);
  auto call = stub.Call(kMethod, "b");
  const Result<std::string> named = co_await call;
  log.push_back(*named + " from " + std::string(call.peer()));
}

TEST(RpcCallTest, IsConsumedInFourWays) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  EXPECT_EQ(*stub.Call(kMethod, "wait").Wait(), "echo wait");

  auto future = stub.Call(kMethod, "future").Future();
  ASSERT_TRUE(stack.world.RunUntil([&] { return future.wait_for(0s) == std::future_status::ready; }));
  EXPECT_EQ(*future.get(), "echo future");

  std::string then;
  bool on_loop = false;
  stub.Call(kMethod, "then").Then([&](Result<std::string> reply) {
    then = *reply;
    on_loop = stack.client_runtime->current_loop() != nullptr;
  });
  ASSERT_TRUE(stack.world.RunUntil([&] { return !then.empty(); }));
  EXPECT_EQ(then, "echo then");
  EXPECT_TRUE(on_loop);

  std::vector<std::string> log;
  Spawn(AwaitTwice(stub, log));
  ASSERT_TRUE(stack.world.RunUntil([&] { return log.size() == 2; }));
  EXPECT_THAT(log, ElementsAre("echo a", "echo b from 10.1.1.1:80"));
}

TEST(RpcCallTest, ThatIsDoneCanStillBeConsumedEachWay) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  auto wait = stub.Call(kMethod, "1");
  auto future_call = stub.Call(kMethod, "2");
  auto then_call = stub.Call(kMethod, "3");
  stack.world.RunFor(1s);
  EXPECT_TRUE(wait.Wait().ok());
  auto future = future_call.Future();
  int called = 0;
  then_call.Then([&](const Result<std::string>&) { ++called; });
  EXPECT_EQ(called, 0);  // on its loop, and not here
  stack.world.RunFor(1s);
  EXPECT_EQ(called, 1);
  EXPECT_TRUE(future.get().ok());
}

TEST(RpcCallTest, ACallbackThatThrowsIsLoggedAndHarmsNobody) {
  SimulatedStack stack;
  const auto log = std::make_shared<KeepingLogger>();
  stack.client_runtime = stack.world.AddRuntime(1, log);
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  stub.Call(kMethod, "x").Then([](const Result<std::string>&) { throw std::runtime_error("callback's"); });
  stack.world.RunFor(1s);
  EXPECT_THAT(log->lines, ElementsAre(AllOf(HasSubstr(kMethod), HasSubstr("callback's"))));
  EXPECT_TRUE(stub.Call(kMethod, "x").Wait().ok());
}

Task<void> WaitOnLoop(const GenericStub& stub, std::optional<Result<std::string>>& result) {
  co_await stub.Call(kMethod, "x");  // from here on on a loop
  result = stub.Call(kMethod, "y").Wait();
}

TEST(RpcCallTest, WaitIsRefusedOnALoop) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  std::optional<Result<std::string>> result;
  stack.client_runtime->loop(0).Post([&] { Spawn(WaitOnLoop(stub, result)); });
  ASSERT_TRUE(stack.world.RunUntil([&] { return result.has_value(); }));
  EXPECT_EQ(result->code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(result->error().message(), HasSubstr(kMethod));
}

// --- cancelling ------------------------------------------------------------------------------------------------------

// Handlers that wait until the test lets them go.
struct Held {
  std::vector<Promise<std::string>> promises;
  std::vector<ServerContext*> contexts;

  FunctionService::Function function() {
    return [this](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
      contexts.push_back(&context);
      promises.emplace_back();
      return promises.back().task();
    };
  }
  void Answer() {
    contexts.clear();
    for (auto& promise : std::exchange(promises, {})) promise.Set(std::string("late"));
  }
};

TEST(RpcCancelTest, DroppingACallTellsItsHandler) {
  Held held;
  SimulatedStack stack(held.function());
  ASSERT_TRUE(stack.Start().ok());
  {
    const auto call = stack.Stub().Call(kMethod, "");
    ASSERT_TRUE(stack.world.RunUntil([&] { return held.contexts.size() == 1; }));
    EXPECT_FALSE(held.contexts[0]->IsCancelled());
  }
  EXPECT_TRUE(stack.world.RunUntil([&] { return held.contexts[0]->IsCancelled(); }));
  held.Answer();
  stack.world.RunFor(1s);
}

TEST(RpcCancelTest, ACancelledCallEndsAtOnce) {
  Held held;
  SimulatedStack stack(held.function());
  ASSERT_TRUE(stack.Start().ok());
  auto call = stack.Stub().Call(kMethod, "");
  ASSERT_TRUE(stack.world.RunUntil([&] { return held.contexts.size() == 1; }));
  call.Cancel();
  EXPECT_EQ(call.Wait().code(), StatusCode::kCancelled);
  call.Cancel();
  held.Answer();
}

TEST(RpcCancelTest, ACallThatIsCancelledBeforeItHasAConnectionEnds) {
  SimulatedStack stack;
  auto call = stack.Stub().Call(kMethod, "", CallOptions().WaitForReady());
  stack.world.RunFor(10s);
  call.Cancel();
  EXPECT_EQ(call.Wait().code(), StatusCode::kCancelled);
}

TEST(RpcCancelTest, ACallThatIsDroppedRightAfterItWasMadeNeverRunsOrIsCancelled) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Held held;
    SimulatedStack stack(held.function(), seed);
    ASSERT_TRUE(stack.Start().ok());
    const GenericStub stub = stack.Stub();
    { const auto dropped = stub.Call(kMethod, ""); }
    // Made outside, dropped on another loop: that may be quicker.
    auto call = std::make_shared<std::optional<UnaryCall<std::string>>>(stub.Call(kMethod, ""));
    stack.server_runtime->loop(0).Post([call] { call->reset(); });
    stack.world.RunFor(1s);
    for (const ServerContext* const context : held.contexts) EXPECT_TRUE(context->IsCancelled()) << "seed " << seed;
    held.Answer();
    stack.world.RunFor(1s);
  }
}

TEST(RpcCancelTest, LossOfTheConnectionTellsTheHandlerAndTheCaller) {
  Held held;
  SimulatedStack stack(held.function());
  ASSERT_TRUE(stack.Start().ok());
  auto call = stack.Stub().Call(kMethod, "");
  ASSERT_TRUE(stack.world.RunUntil([&] { return held.contexts.size() == 1; }));
  stack.world.CutAll();
  const Result<std::string> reply = call.Wait();
  EXPECT_EQ(reply.code(), StatusCode::kUnavailable);
  EXPECT_EQ(reply.error().origin(), Origin::kLibrary);
  EXPECT_THAT(reply.error().message(), AllOf(HasSubstr(kMethod), HasSubstr(kServerAddress), HasSubstr("reset")));
  EXPECT_TRUE(stack.world.RunUntil([&] { return held.contexts[0]->IsCancelled(); }));
  // Its answer goes nowhere, and its connection is gone then.
  held.Answer();
  stack.world.RunFor(1s);
  EXPECT_EQ(stack.world.connections(), 0U);
}

}  // namespace
}  // namespace rhei::inline v0::testing
