// Large messages, many messages, too large messages, and calls of one kind against a method of another, on every
// transport.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/contract/contract_test.h"

namespace rhei::inline v0::contract {
namespace {

using ::testing::HasSubstr;

using Bytes = std::string;
using Chat = BidiStreamingCall<Bytes, Bytes>;
using LimitsContractTest = ContractTest;

constexpr std::size_t kLarge = 1024 * 1024;
constexpr std::size_t kLargeCount = 5;

// Large messages of which each is different.
std::string LargeMessage(std::size_t index) { return std::string(kLarge + index, static_cast<char>('a' + index)); }

Task<void> WriteLarge(Writer<Bytes>& writer) {
  for (std::size_t i = 0; i < kLargeCount; ++i) {
    const std::string message = LargeMessage(i);
    EXPECT_TRUE(co_await writer.Write(message));
  }
  writer.WritesDone();
}

Task<std::size_t> ReadLarge(Reader<Bytes>& reader) {
  std::size_t count = 0;
  Bytes message;
  while (co_await reader.Next(message)) {
    EXPECT_TRUE(message == LargeMessage(count));
    ++count;
  }
  co_return count;
}

TEST_P(LimitsContractTest, LargeMessagesTravelInBothDirectionsAtOnce) {
  std::size_t received = 0;
  service_.chat = [&](ServerContext&, Reader<Bytes>& reader, Writer<Bytes>& writer) -> Task<Status> {
    Beside replies(WriteLarge(writer));
    received = co_await ReadLarge(reader);
    (void)co_await replies.Done();
    co_return Status();
  };
  const ContractStub stub = Serve();
  // Several calls, which share the connection's windows.
  std::vector<Chat> calls;
  std::vector<std::promise<std::size_t>> read(3);
  const auto read_all = [](Chat& call, std::promise<std::size_t>& done) -> Task<void> {
    done.set_value(co_await ReadLarge(call.reader()));
  };
  calls.reserve(read.size());
  for (std::promise<std::size_t>& done : read) {
    calls.push_back(stub.Chat());
    Spawn(WriteLarge(calls.back().writer()));
    Spawn(read_all(calls.back(), done));
  }
  for (std::promise<std::size_t>& done : read) EXPECT_EQ(Get(done.get_future()), kLargeCount);
  for (Chat& call : calls) {
    const Status status = call.Finish().Wait();
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  EXPECT_EQ(received, kLargeCount);
}

// --- messages that are too large -------------------------------------------------------------------------------------

TEST_P(LimitsContractTest, ARequestAboveTheServersLimit) {
  transport_->limits.max_receive_message = 1000;
  std::promise<StatusCode> cancelled;
  service_.chat = [&](ServerContext& context, Reader<Bytes>& reader, Writer<Bytes>&) {
    return ReadToTheEnd(context, reader, cancelled);
  };
  auto call = Serve().Chat();
  ASSERT_TRUE(call.Write(Bytes(1000, 'x')).Wait());
  ASSERT_TRUE(call.Write(Bytes(1001, 'x')).Wait());
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  const Status status = call.Finish().Wait();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("1001"));
  EXPECT_EQ(Get(cancelled.get_future()), StatusCode::kResourceExhausted);
}

TEST_P(LimitsContractTest, AReplyAboveTheCallersLimit) {
  service_.download = [](ServerContext&, const Bytes&, Writer<Bytes>& writer) -> Task<Status> {
    for (const std::size_t size : {1000, 1001, 1000}) {
      const Bytes message(size, 'x');
      (void)co_await writer.Write(message);
    }
    co_return Status();
  };
  const ContractStub stub = Serve();
  auto call = stub.Download("x", CallOptions().MaxReceiveMessage(1000));
  EXPECT_TRUE(call.Next().Wait().has_value());
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  const Status status = call.Finish().Wait();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("1001"));
  auto larger = stub.Download("x", CallOptions().MaxReceiveMessage(1001));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(larger.Next().Wait().has_value());
  EXPECT_TRUE(larger.Finish().Wait().ok());
}

TEST_P(LimitsContractTest, AReplyAboveTheServersOwnLimitIsNotSent) {
  transport_->limits.max_send_message = 1000;
  std::promise<bool> went_on;
  service_.download = [&](ServerContext& context, const Bytes&, Writer<Bytes>& writer) -> Task<Status> {
    const Bytes fits(1000, 'x');
    const Bytes large(1001, 'x');
    EXPECT_TRUE(co_await writer.Write(fits));
    (void)co_await writer.Write(large);
    EXPECT_FALSE(co_await writer.Write(fits));
    went_on.set_value(!context.IsCancelled());
    co_return Status();
  };
  auto call = Serve().Download("x");
  EXPECT_TRUE(call.Next().Wait().has_value());
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kResourceExhausted);
  EXPECT_FALSE(Get(went_on.get_future()));
}

TEST_P(LimitsContractTest, ARequestAboveTheClientsOwnLimitIsNotSent) {
  std::promise<StatusCode> cancelled;
  service_.chat = [&](ServerContext& context, Reader<Bytes>& reader, Writer<Bytes>&) {
    return ReadToTheEnd(context, reader, cancelled);
  };
  (void)ServeChannel();
  Limits limits;
  limits.max_send_message = 1000;
  const ContractStub stub(transport_->Connect(ChannelOptions().UseLimits(limits)));
  auto call = stub.Chat();
  EXPECT_TRUE(call.Write(Bytes(1000, 'x')).Wait());
  (void)call.Write(Bytes(1001, 'x')).Wait();
  EXPECT_FALSE(call.Write("x").Wait());
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(Get(cancelled.get_future()), StatusCode::kCancelled);
}

// A reply that is too large for a call of one reply, and a request of a call of one request.
TEST_P(LimitsContractTest, TheOneMessageOfADirectionHasItsLimitToo) {
  transport_->limits.max_receive_message = 1000;
  service_.upload = [](ServerContext&, Reader<Bytes>&) -> Task<Result<Bytes>> { return Bytes(500, 'x'); };
  service_.download = Count;
  const ContractStub stub = Serve();
  EXPECT_EQ(stub.Upload(CallOptions().MaxReceiveMessage(499)).Finish().Wait().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(stub.Upload(CallOptions().MaxReceiveMessage(500)).Finish().Wait().ok());
  EXPECT_EQ(stub.Download(Bytes(1001, '0')).Finish().Wait().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(stub.Download(Bytes(1000, '0')).Finish().Wait().ok());
}

// --- calls of one kind, methods of another ---------------------------------------------------------------------------

class KindsContractTest : public ContractTest {
 protected:
  KindsContractTest() {
    service_.unary = [](ServerContext&, const Bytes& request) -> Task<Result<Bytes>> { return "unary " + request; };
    service_.download = Count;
    service_.upload = Join;
    service_.chat = EchoEach;
  }

  Method Find(const char* name) { return channel_.FindMethod("/contract.Contract/" + std::string(name)); }
  UnaryCall<Bytes> Unary(const char* name, const Bytes& request) {
    return StartUnary<Bytes>(channel_, Find(name), request, CallOptions());
  }
  ClientStreamingCall<Bytes, Bytes> Upload(const char* name) {
    return StartClientStreaming<Bytes, Bytes>(channel_, Find(name), CallOptions());
  }
  ServerStreamingCall<Bytes> Download(const char* name, const Bytes& request) {
    return StartServerStreaming<Bytes>(channel_, Find(name), request, CallOptions());
  }
  Chat Both(const char* name) { return StartBidiStreaming<Bytes, Bytes>(channel_, Find(name), CallOptions()); }

  Channel channel_ = ServeChannel();
};

TEST_P(KindsContractTest, AUnaryCallWantsOneReply) {
  EXPECT_EQ(Unary("Download", "0").Wait().code(), StatusCode::kUnimplemented);
  EXPECT_EQ(*Unary("Download", "1").Wait(), "0");
  EXPECT_EQ(Unary("Download", "2").Wait().code(), StatusCode::kUnimplemented);
  EXPECT_EQ(Unary("Download", "100000").Wait().code(), StatusCode::kUnimplemented);
  EXPECT_EQ(*Unary("Upload", "a").Wait(), "a;");
  EXPECT_EQ(*Unary("Chat", "a").Wait(), "echo a");
}

TEST_P(KindsContractTest, AMethodOfOneRequestWantsOne) {
  for (const char* const name : {"Unary", "Download"}) {
    EXPECT_EQ(Upload(name).Finish().Wait().code(), StatusCode::kUnimplemented) << name;
    auto one = Upload(name);
    EXPECT_TRUE(one.Write("1").Wait());
    EXPECT_TRUE(one.Finish().Wait().ok()) << name;
    auto two = Upload(name);
    (void)two.Write("1").Wait();
    (void)two.Write("1").Wait();
    EXPECT_EQ(two.Finish().Wait().code(), StatusCode::kUnimplemented) << name;
  }
}

TEST_P(KindsContractTest, ACallThatStreamsBothWaysFitsEveryMethodWithItsCounts) {
  for (const char* const name : {"Unary", "Download", "Upload", "Chat"}) {
    auto call = Both(name);
    EXPECT_TRUE(call.Write("1").Wait());
    call.WritesDone();
    EXPECT_TRUE(call.Next().Wait().has_value()) << name;
    EXPECT_EQ(call.Next().Wait(), std::nullopt);
    const Status status = call.Finish().Wait();
    EXPECT_TRUE(status.ok()) << name << ": " << status.ToString();
  }
}

TEST_P(KindsContractTest, AClientStreamWantsOneReply) {
  auto none = Upload("Chat");
  EXPECT_EQ(none.Finish().Wait().code(), StatusCode::kUnimplemented);
  auto two = Upload("Chat");
  (void)two.Write("a").Wait();
  (void)two.Write("b").Wait();
  EXPECT_EQ(two.Finish().Wait().code(), StatusCode::kUnimplemented);
}

TEST_P(KindsContractTest, AServerStreamFitsMethodsOfOneReply) {
  auto unary = Download("Unary", "a");
  EXPECT_EQ(unary.Next().Wait(), "unary a");
  EXPECT_EQ(unary.Next().Wait(), std::nullopt);
  EXPECT_TRUE(unary.Finish().Wait().ok());
  auto upload = Download("Upload", "a");
  EXPECT_EQ(upload.Next().Wait(), "a;");
  EXPECT_TRUE(upload.Finish().Wait().ok());
}

TEST_P(KindsContractTest, CallsAfterAWrongOneAreFine) {
  for (int i = 0; i < 20; ++i) (void)Unary("Download", "1000").Wait();
  EXPECT_EQ(*Unary("Unary", "x").Wait(), "unary x");
}

INSTANTIATE_TEST_SUITE_P(Transports, LimitsContractTest, ::testing::ValuesIn(AllTransports()), NameOf);
INSTANTIATE_TEST_SUITE_P(Transports, KindsContractTest, ::testing::ValuesIn(AllTransports()), NameOf);

}  // namespace
}  // namespace rhei::inline v0::contract
