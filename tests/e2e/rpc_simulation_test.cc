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
  EXPECT_THAT(facts, ElementsAre(kMethod, kServerAddress, HasSubstr("weather/1.2 grpc-c++-rhei/"), HasSubstr("10.0.0."),
                                 kServerAddress));
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
  EXPECT_EQ(stack.server->Abuses()[Abuse::kMessageTooLarge], 2U);
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
  SimulatedStack stack(
      [](ServerContext&, const std::string&) -> Task<Result<std::string>> { return std::string(2000, 'x'); });
  stack.server_limits.max_send_message = 1000;
  ASSERT_TRUE(stack.Start().ok());
  const Result<std::string> reply = stack.Stub().Call(kMethod, "").Wait();
  EXPECT_EQ(reply.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(reply.error().message(), AllOf(HasSubstr("2000"), HasSubstr("1000"), HasSubstr(kMethod)));
  Limits limits;
  limits.max_send_message = 10;
  const Result<std::string> refused =
      stack.Stub(ChannelOptions().UseLimits(limits)).Call(kMethod, "12345678901").Wait();
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

}  // namespace
}  // namespace rhei::inline v0::testing
