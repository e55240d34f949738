// What a streaming call does, on every transport.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/contract/contract_test.h"

namespace rhei::inline v0::contract {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

using StreamingContractTest = ContractTest;

TEST_P(StreamingContractTest, AServerStreamsRepliesInOrder) {
  service_.download = Count;
  auto call = Serve().Download("3");
  EXPECT_EQ(call.Next().Wait(), "0");
  EXPECT_EQ(call.Next().Wait(), "1");
  std::string last;
  EXPECT_TRUE(call.Next(last).Wait());
  EXPECT_EQ(last, "2");
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_TRUE(call.Finish().Wait().ok());
}

TEST_P(StreamingContractTest, AClientStreamsRequestsAndHasOneReply) {
  service_.upload = Join;
  auto call = Serve().Upload();
  EXPECT_TRUE(call.Write("a").Wait());
  EXPECT_TRUE(call.Write("").Wait());
  EXPECT_TRUE(call.Write("c").Wait());
  const Result<std::string> reply = call.Finish().Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(*reply, "a;;c;");
}

TEST_P(StreamingContractTest, BothSidesStream) {
  service_.chat = EchoEach;
  auto call = Serve().Chat();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(call.Write(std::to_string(i)).Wait());
    ASSERT_EQ(call.Next().Wait(), "echo " + std::to_string(i));
  }
  call.WritesDone();
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_TRUE(call.Finish().Wait().ok());
}

TEST_P(StreamingContractTest, AnEmptyStreamEndsWithOk) {
  service_.chat = EchoEach;
  auto call = Serve().Chat();
  call.WritesDone();
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_TRUE(call.Finish().Wait().ok());
}

TEST_P(StreamingContractTest, MessagesComeBeforeTheStatusThatEndsTheCall) {
  service_.download = [](ServerContext&, const std::string&, Writer<std::string>& writer) -> Task<Status> {
    co_await writer.Write("first");
    co_return Error(StatusCode::kDataLoss, "no second one");
  };
  auto call = Serve().Download("x");
  EXPECT_EQ(call.Next().Wait(), "first");
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  const Status status = call.Finish().Wait();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_EQ(status.message(), "no second one");
}

TEST_P(StreamingContractTest, HeadersAndTrailersTravelBesideMessages) {
  service_.download = [](ServerContext& context, const std::string&, Writer<std::string>& writer) -> Task<Status> {
    context.headers().Add("x-begin", std::string(*context.metadata().Get("x-asked")));
    co_await writer.Write("m");
    context.trailers().Add("x-end", "2");
    co_return Status();
  };
  auto call = Serve().Download("x", CallOptions().Metadata("x-asked", "1"));
  EXPECT_EQ(call.Next().Wait(), "m");
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_TRUE(call.Finish().Wait().ok());
  EXPECT_EQ(call.headers().Get("x-begin"), "1");
  EXPECT_EQ(call.trailers().Get("x-end"), "2");
}

TEST_P(StreamingContractTest, AMessageLargerThanAllWindowsComesThrough) {
  service_.chat = EchoEach;
  auto call = Serve().Chat();
  const std::string large(3 * 1024 * 1024, 'x');
  ASSERT_TRUE(call.Write(large).Wait());
  const std::optional<std::string> back = call.Next().Wait();
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->size(), large.size() + 5);
}

TEST_P(StreamingContractTest, LargeMessagesMayBeMovedIn) {
  service_.chat = [](ServerContext&, Reader<std::string>& reader, Writer<std::string>& writer) -> Task<Status> {
    while (std::optional<std::string> message = co_await reader.Next()) {
      if (!co_await writer.Write(*std::move(message))) break;
    }
    co_return Status();
  };
  auto call = Serve().Chat();
  for (const std::size_t size : {10, 8'192, 20'000, 70'000, 1'000'000}) {
    std::string message(size, 'x');
    message.back() = 'y';
    const std::string expected = message;
    ASSERT_TRUE(call.Write(std::move(message)).Wait());
    const std::optional<std::string> back = call.Next().Wait();
    ASSERT_TRUE(back.has_value());
    EXPECT_TRUE(*back == expected) << size;
  }
  call.WritesDone();
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_TRUE(call.Finish().Wait().ok());
}

TEST_P(StreamingContractTest, AWriterThatOutrunsItsReaderWaits) {
  std::atomic<int> written = 0;
  service_.download = [&written](ServerContext&, const std::string&, Writer<std::string>& writer) -> Task<Status> {
    const std::string message(10'000, 'm');
    for (int i = 0; i < 10'000; ++i) {
      if (!co_await writer.Write(message)) break;
      ++written;
    }
    co_return Status();
  };
  auto call = Serve().Download("x");
  ASSERT_TRUE(call.Next().Wait().has_value());
  transport_->Settle();
  // A stream's window, its buffer, and what is on its way: not 100 MB.
  EXPECT_LT(written, 1000);
  int read = 1;
  while (call.Next().Wait().has_value()) ++read;
  EXPECT_EQ(read, 10'000);
  const Status status = call.Finish().Wait();
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST_P(StreamingContractTest, CancellationEndsReadsAndWritesOnBothSides) {
  std::promise<StatusCode> seen;
  service_.chat = [&seen](ServerContext& context, Reader<std::string>& reader, Writer<std::string>&) {
    return ReadToTheEnd(context, reader, seen);
  };
  auto call = Serve().Chat();
  ASSERT_TRUE(call.Write("a").Wait());
  transport_->Settle();
  call.Cancel();
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_FALSE(call.Write("b").Wait());
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kCancelled);
  EXPECT_EQ(Get(seen.get_future()), StatusCode::kCancelled);
}

TEST_P(StreamingContractTest, ADeadlineEndsBothSides) {
  std::promise<StatusCode> seen;
  service_.chat = [&seen](ServerContext& context, Reader<std::string>& reader, Writer<std::string>&) {
    return ReadToTheEnd(context, reader, seen);
  };
  auto call = Serve().Chat(CallOptions().Timeout(50ms));
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Get(seen.get_future()), StatusCode::kDeadlineExceeded);
}

TEST_P(StreamingContractTest, AHandlerMayEndBeforeTheRequestsDo) {
  service_.upload = [](ServerContext&, Reader<std::string>& reader) -> Task<Result<std::string>> {
    std::optional<std::string> first = co_await reader.Next();
    co_return "enough: " + *first;
  };
  auto call = Serve().Upload();
  const std::string message(1000, 'x');
  while (call.Write(message).Wait()) {
  }
  const Result<std::string> reply = call.Finish().Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(reply->size(), message.size() + 8);
}

TEST_P(StreamingContractTest, HandlersRunInThePool) {
  service_.chat = EchoEach;
  auto call = Serve(RunOn::kPool).Chat();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(call.Write(std::to_string(i)).Wait());
    ASSERT_EQ(call.Next().Wait(), "echo " + std::to_string(i));
  }
  call.WritesDone();
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_TRUE(call.Finish().Wait().ok());
}

TEST_P(StreamingContractTest, AHandlerThatThrowsEndsItsCallAlone) {
  service_.chat = [](ServerContext&, Reader<std::string>& reader, Writer<std::string>&) -> Task<Status> {
    co_await reader.Next();
    throw std::runtime_error("secret");
  };
  service_.download = Count;
  const ContractStub stub = Serve();
  auto call = stub.Chat();
  ASSERT_TRUE(call.Write("x").Wait());
  const Status status = call.Finish().Wait();
  EXPECT_EQ(status.code(), StatusCode::kUnknown);
  EXPECT_THAT(status.message(), ::testing::Not(HasSubstr("secret")));
  EXPECT_EQ(stub.Download("1").Next().Wait(), "0");
}

TEST_P(StreamingContractTest, ACallThatIsDroppedIsCancelled) {
  std::promise<void> ended;
  service_.chat = [&ended](ServerContext& context, Reader<std::string>& reader, Writer<std::string>&) -> Task<Status> {
    while (co_await reader.Next()) {
    }
    EXPECT_TRUE(context.IsCancelled());
    ended.set_value();
    co_return Status();
  };
  const ContractStub stub = Serve();
  {
    auto call = stub.Chat();
    ASSERT_TRUE(call.Write("x").Wait());
    transport_->Settle();
  }
  Get(ended.get_future());
}

// In a simulated world there is one thread, which cannot block for two sides that wait for each other.
TEST(BlockingStreamsTest, HandlersInThePoolMayBlock) {
  ContractService service;
  service.chat = [](ServerContext&, Reader<std::string>& reader, Writer<std::string>& writer) -> Task<Status> {
    while (std::optional<std::string> message = reader.Next().Wait()) {
      if (!writer.Write("pool " + *message).Wait()) break;
    }
    return Status();
  };
  const std::unique_ptr<Transport> transport = Sockets().make();
  ASSERT_TRUE(transport->Serve(service, RunOn::kPool).ok());
  auto call = ContractStub(transport->Connect(ChannelOptions())).Chat();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(call.Write(std::to_string(i)).Wait());
    ASSERT_EQ(call.Next().Wait(), "pool " + std::to_string(i));
  }
  call.WritesDone();
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_TRUE(call.Finish().Wait().ok());
}

INSTANTIATE_TEST_SUITE_P(Transports, StreamingContractTest, ::testing::ValuesIn(AllTransports()), NameOf);

}  // namespace
}  // namespace rhei::inline v0::contract
