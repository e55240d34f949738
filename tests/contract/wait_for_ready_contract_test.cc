// Calls that wait for a server that does not serve yet, of each kind, on every transport whose server can be named
// before it is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/contract/contract_test.h"

namespace rhei::inline v0::contract {
namespace {

using namespace std::chrono_literals;

using Chat = BidiStreamingCall<std::string, std::string>;
using Upload = ClientStreamingCall<std::string, std::string>;
using Download = ServerStreamingCall<std::string>;

class WaitForReadyContractTest : public ContractTest {
 protected:
  WaitForReadyContractTest() {
    service_.unary = [](ServerContext&, const std::string& request) -> Task<Result<std::string>> { return request; };
    service_.download = Count;
    service_.upload = Join;
    service_.chat = EchoEach;
  }

  // Several attempts find nobody.
  void LetItWait() {
    for (int i = 0; i < 5; ++i) {
      std::promise<void> never;
      transport_->Settle();
      never.get_future().wait_for(10ms);
    }
  }

  const ContractStub stub_{transport_->Connect(ChannelOptions().Backoff(10ms, 20ms))};
  const CallOptions waiting_ = CallOptions().WaitForReady();
};

Task<void> ReadAll(Download& call, std::promise<std::string>& read) {
  std::string all;
  while (std::optional<std::string> reply = co_await call.Next()) all += *reply + ";";
  const Status status = co_await call.Finish();
  read.set_value(all + status.ToString());
}

TEST_P(WaitForReadyContractTest, AUnaryCall) {
  auto call = stub_.Unary("a", waiting_);
  LetItWait();
  (void)Serve();
  EXPECT_EQ(*call.Wait(), "a");
}

TEST_P(WaitForReadyContractTest, AReadBegunBeforeThereIsAServer) {
  auto call = stub_.Download("3", waiting_);
  LetItWait();
  std::promise<std::string> read;
  Spawn(ReadAll(call, read));
  LetItWait();
  (void)Serve();
  EXPECT_EQ(Get(read.get_future()), "0;1;2;OK");
}

Task<void> WriteTwo(Upload& call, std::promise<std::string>& reply) {
  EXPECT_TRUE(co_await call.Write("a"));
  EXPECT_TRUE(co_await call.Write("b"));
  const Result<std::string> joined = co_await call.Finish();
  reply.set_value(joined.ok() ? *joined : joined.error().ToString());
}

TEST_P(WaitForReadyContractTest, AWriteBegunBeforeThereIsAServer) {
  auto call = stub_.Upload(waiting_);
  std::promise<std::string> reply;
  Spawn(WriteTwo(call, reply));
  LetItWait();
  (void)Serve();
  EXPECT_EQ(Get(reply.get_future()), "a;b;");
}

TEST_P(WaitForReadyContractTest, RequestsThatHaveEndedBeforeThereIsAServer) {
  auto call = stub_.Upload(waiting_);
  call.WritesDone();
  LetItWait();
  (void)Serve();
  EXPECT_EQ(*call.Finish().Wait(), "");
}

Task<void> TalkOnce(Chat& call, std::promise<std::string>& heard) {
  EXPECT_TRUE(co_await call.Write("hello"));
  std::optional<std::string> reply = co_await call.Next();
  call.WritesDone();
  EXPECT_EQ(co_await call.Next(), std::nullopt);
  const Status status = co_await call.Finish();
  heard.set_value(reply.value_or("nothing") + ", " + status.ToString());
}

TEST_P(WaitForReadyContractTest, StreamsInBothDirections) {
  auto call = stub_.Chat(waiting_);
  std::promise<std::string> heard;
  Spawn(TalkOnce(call, heard));
  LetItWait();
  (void)Serve();
  EXPECT_EQ(Get(heard.get_future()), "echo hello, OK");
}

TEST_P(WaitForReadyContractTest, AWriterIsNotReadyBeforeItsServerIs) {
  auto call = stub_.Chat(waiting_);
  std::promise<bool> sent;
  std::atomic<bool> ready = false;
  call.writer().OnReady([&] {
    if (!ready.exchange(true)) sent.set_value(call.writer().TryWrite("hello"));
  });
  LetItWait();
  EXPECT_FALSE(ready);
  (void)Serve();
  EXPECT_TRUE(Get(sent.get_future()));
  EXPECT_EQ(call.Next().Wait(), "echo hello");
  call.writer().OnReady(nullptr);
  transport_->Settle();
}

TEST_P(WaitForReadyContractTest, ADeadlineEndsTheWait) {
  auto call = stub_.Chat(CallOptions().WaitForReady().Timeout(50ms));
  std::promise<std::string> heard;
  const auto talk = [](Chat& chat, std::promise<std::string>& end) -> Task<void> {
    EXPECT_FALSE(co_await chat.Write("hello"));
    EXPECT_EQ(co_await chat.Next(), std::nullopt);
    end.set_value((co_await chat.Finish()).ToString());
  };
  Spawn(talk(call, heard));
  EXPECT_THAT(Get(heard.get_future()), ::testing::StartsWith("DEADLINE_EXCEEDED"));
}

TEST_P(WaitForReadyContractTest, WithoutWaitingAStreamIsUnavailable) {
  auto call = stub_.Chat();
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_FALSE(call.Write("x").Wait());
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kUnavailable);
}

// A port that nobody listens on yet cannot be known.
std::vector<TransportKind> ThoseThatCanBeNamed() {
  return {SimulatedHttp2(), SimulatedInProcess(), InProcess(), InterceptedHttp2(), InterceptedInProcess()};
}

INSTANTIATE_TEST_SUITE_P(Transports, WaitForReadyContractTest, ::testing::ValuesIn(ThoseThatCanBeNamed()), NameOf);

}  // namespace
}  // namespace rhei::inline v0::contract
