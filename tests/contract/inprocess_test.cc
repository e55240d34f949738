// What only calls inside of a process have: messages that are handed over, and no stack under them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rhei/generic.h"
#include "rhei/inprocess.h"
#include "rhei/rhei.h"
#include "rhei/streaming_call.h"
#include "rhei/streaming_method.h"
#include "testing/simulated_world.h"
#include "tests/contract/contract_service.h"

namespace rhei::inline v0 {
namespace contract {

// Counts how often it becomes bytes.
struct CountedMessage {
  std::string text;
  static inline int written = 0;
};

// Whether it was copied on its way tells where its text lies.
const void* Place(const CountedMessage& message) { return message.text.data(); }

}  // namespace contract

template <>
struct Codec<contract::CountedMessage> {
  static std::optional<std::size_t> Size(const contract::CountedMessage& message) { return message.text.size(); }
  static void Write(const contract::CountedMessage& message, char* to) {
    ++contract::CountedMessage::written;
    message.text.copy(to, message.text.size());
  }
  static bool Read(std::string_view bytes, contract::CountedMessage& message) {
    message.text = bytes;
    return true;
  }
};

namespace contract {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class CountedService final : public Service {
 public:
  std::string_view service_name() const override { return "contract.Counted"; }
  void AddMethods(MethodTable& table) override {
    table.AddUnary("/contract.Counted/Unary", *this, &CountedService::Unary);
    table.AddBidiStreaming("/contract.Counted/Chat", *this, &CountedService::Chat);
    table.AddBidiStreaming("/contract.Counted/MovingChat", *this, &CountedService::MovingChat);
  }

 private:
  Task<Result<CountedMessage>> Unary(ServerContext&, const CountedMessage& request) {
    return CountedMessage{"echo " + request.text};
  }
  Task<Status> Chat(ServerContext&, Reader<CountedMessage>& reader, Writer<CountedMessage>& writer) {
    CountedMessage message;
    while (co_await reader.Next(message)) co_await writer.Write(message);
    co_return Status();
  }
  Task<Status> MovingChat(ServerContext&, Reader<CountedMessage>& reader, Writer<CountedMessage>& writer) {
    CountedMessage message;
    while (co_await reader.Next(message)) co_await writer.Write(std::move(message));
    co_return Status();
  }
};

class InProcessTest : public ::testing::Test {
 protected:
  Channel Serve(Service& service) {
    server_.Add(service).Listen(kInProcess);
    EXPECT_TRUE(server_.Start().ok());
    return ConnectInProcess(server_, ChannelOptions().UseRuntime(world_.runtime()));
  }

  testing::SimulatedWorld world_{1};
  Server server_{ServerOptions().UseRuntime(world_.runtime())};
};

TEST_F(InProcessTest, MessagesOfATypeThatBothSidesKnowAreNeverSerialised) {
  CountedMessage::written = 0;
  CountedService service;
  const Channel channel = Serve(service);
  const auto reply =
      StartUnary<CountedMessage>(channel, channel.FindMethod("/contract.Counted/Unary"), CountedMessage{"a"}, {})
          .Wait();
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply->text, "echo a");
  auto call = StartBidiStreaming<CountedMessage, CountedMessage>(channel, channel.FindMethod("/contract.Counted/Chat"),
                                                                 CallOptions());
  const CountedMessage message{"b"};
  ASSERT_TRUE(call.Write(message).Wait());
  EXPECT_EQ(call.Next().Wait()->text, "b");
  EXPECT_EQ(CountedMessage::written, 0);
}

TEST_F(InProcessTest, MessagesThatAreMovedInAreNotEvenCopied) {
  CountedService service;
  const Channel channel = Serve(service);
  CountedMessage request{std::string(1000, 'x')};
  const void* const place = Place(request);
  auto call = StartBidiStreaming<CountedMessage, CountedMessage>(
      channel, channel.FindMethod("/contract.Counted/MovingChat"), CallOptions());
  ASSERT_TRUE(call.Write(std::move(request)).Wait());
  const std::optional<CountedMessage> reply = call.Next().Wait();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(Place(*reply), place);
}

TEST_F(InProcessTest, ACallerWithAnotherTypeReadsTheBytes) {
  CountedMessage::written = 0;
  CountedService service;
  const Result<std::string> reply = GenericStub(Serve(service)).Call("/contract.Counted/Unary", "a").Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(*reply, "echo a");
  EXPECT_EQ(CountedMessage::written, 1);
}

TEST_F(InProcessTest, AServiceCallsItselfTenThousandDeep) {
  ContractService service;
  std::optional<ContractStub> stub;
  service.unary = [&stub](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    const int depth = std::stoi(request);
    if (depth == 0) co_return std::string("bottom");
    const std::string next = std::to_string(depth - 1);
    co_return co_await stub->Unary(next);
  };
  stub.emplace(Serve(service));
  const Result<std::string> reply = stub->Unary("10000").Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(*reply, "bottom");
}

TEST_F(InProcessTest, AServerThatDoesNotServeIsUnavailable) {
  const ContractStub stub(ConnectInProcess(server_, ChannelOptions().UseRuntime(world_.runtime())));
  const Result<std::string> reply = stub.Unary("x").Wait();
  EXPECT_EQ(reply.code(), StatusCode::kUnavailable);
  EXPECT_THAT(reply.error().message(), HasSubstr("does not serve"));
}

TEST_F(InProcessTest, ACallMayWaitForItsServer) {
  ContractService service;
  service.unary = [](ServerContext&, const std::string& request) -> Task<Result<std::string>> { return request; };
  const ContractStub stub(ConnectInProcess(server_, ChannelOptions().UseRuntime(world_.runtime())));
  auto call = stub.Unary("x", CallOptions().WaitForReady());
  world_.RunFor(10s);
  server_.Add(service).Listen(kInProcess);
  ASSERT_TRUE(server_.Start().ok());
  EXPECT_TRUE(call.Wait().ok());
}

TEST_F(InProcessTest, AServerThatStopsWaitsForItsCalls) {
  ContractService service;
  service.unary = [](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    (void)co_await Sleep(5s);
    co_return request;
  };
  const ContractStub stub(Serve(service));
  auto call = stub.Unary("x");
  world_.RunFor(1s);
  EXPECT_TRUE(server_.Stop(10s).ok());
  EXPECT_TRUE(call.Wait().ok());
  EXPECT_EQ(stub.Unary("y").Wait().code(), StatusCode::kUnavailable);
}

TEST_F(InProcessTest, AServerThatStopsAtOnceCancelsItsCalls) {
  ContractService service;
  service.unary = [](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    (void)co_await Sleep(1h);
    EXPECT_TRUE(context.IsCancelled());
    co_return std::string();
  };
  const ContractStub stub(Serve(service));
  auto call = stub.Unary("x");
  world_.RunFor(1s);
  EXPECT_EQ(server_.Stop(0s).code(), StatusCode::kDeadlineExceeded);
  const Result<std::string> reply = call.Wait();
  EXPECT_EQ(reply.code(), StatusCode::kUnavailable);
  EXPECT_THAT(reply.error().message(), HasSubstr("the server stops"));
}

}  // namespace
}  // namespace contract
}  // namespace rhei::inline v0
