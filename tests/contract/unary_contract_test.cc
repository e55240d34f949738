// What a call with one request and one reply does, on every transport.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/contract/contract_test.h"

namespace rhei::inline v0::contract {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

Task<Result<std::string>> Echo(ServerContext&, const std::string& request) { return "echo " + request; }

// Never answers by itself.
Task<Result<std::string>> Wait(ServerContext& context, std::promise<StatusCode>& cause) {
  Promise<std::string> cancelled;
  Task<Result<std::string>> end = cancelled.task();
  auto set = [&cancelled] { cancelled.Set(std::string("late")); };
  const Context::Listener listener = context.context().OnCancel(std::move(set));
  Result<std::string> reply = co_await std::move(end);
  cause.set_value(context.CancellationCause()->code());
  co_return reply;
}

using UnaryContractTest = ContractTest;

TEST_P(UnaryContractTest, ARequestHasItsReply) {
  service_.unary = Echo;
  const ContractStub stub = Serve();
  EXPECT_EQ(*stub.Unary("a").Wait(), "echo a");
  EXPECT_EQ(*stub.Unary("").Wait(), "echo ");
  EXPECT_EQ(stub.Unary("x").Wait()->size(), 6U);
  const std::string large(3 * 1024 * 1024, 'x');
  EXPECT_EQ(stub.Unary(large).Wait()->size(), large.size() + 5);
}

TEST_P(UnaryContractTest, ALargeRequestMayBeMovedIn) {
  service_.unary = Echo;
  for (const RunOn run_on : {RunOn::kLoop, RunOn::kPool}) {
    transport_ = GetParam().make();
    const ContractStub stub = Serve(run_on);
    for (const std::size_t size : {8'191, 8'192, 70'000, 1'000'000}) {
      std::string request(size, 'x');
      request.back() = 'y';
      const std::string expected = "echo " + request;
      const Result<std::string> reply = stub.Unary(std::move(request)).Wait();
      ASSERT_TRUE(reply.ok()) << reply.error().ToString();
      EXPECT_TRUE(*reply == expected) << size;
    }
  }
}

TEST_P(UnaryContractTest, ManyAtOnceHaveEachTheirOwn) {
  service_.unary = Echo;
  for (const RunOn run_on : {RunOn::kLoop, RunOn::kPool}) {
    transport_ = GetParam().make();
    const ContractStub stub = Serve(run_on);
    std::vector<UnaryCall<std::string>> calls;
    calls.reserve(200);
    for (int i = 0; i < 200; ++i) calls.push_back(stub.Unary(std::to_string(i)));
    for (int i = 0; i < 200; ++i) EXPECT_EQ(*calls[i].Wait(), "echo " + std::to_string(i));
  }
}

TEST_P(UnaryContractTest, AnErrorComesWithAllThatItSays) {
  service_.unary = [](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    context.headers().Add("x-begin", "1");
    context.trailers().Add("x-end", "2");
    return Error(StatusCode::kNotFound, "no such thing")
        .WithMetadata(Metadata{{"x-why", "so"}})
        .WithDetails("\x08\x05");
  };
  auto call = Serve().Unary("x");
  const Result<std::string> reply = call.Wait();
  ASSERT_EQ(reply.code(), StatusCode::kNotFound);
  EXPECT_EQ(reply.error().message(), "no such thing");
  EXPECT_EQ(reply.error().details(), "\x08\x05");
  EXPECT_EQ(reply.error().origin(), Origin::kRemote);
  EXPECT_EQ(reply.error().metadata().Get("x-why"), "so");
  EXPECT_EQ(call.headers().Get("x-begin"), "1");
  EXPECT_EQ(call.trailers().Get("x-end"), "2");
}

TEST_P(UnaryContractTest, TheNameOfThePeerOutlivesTheConnection) {
  service_.unary = Echo;
  auto call = Serve().Unary("x");
  ASSERT_TRUE(call.Wait().ok());
  const std::string peer(call.peer());
  EXPECT_NE(peer, "");
  transport_.reset();
  EXPECT_EQ(call.peer(), peer);
}

TEST_P(UnaryContractTest, MetadataTravelsBothWays) {
  service_.unary = [](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    context.headers().Add("x-begin", *context.metadata().Get("x-asked"));
    context.trailers().Add("x-end-bin", std::string_view("\0\1", 2));
    return std::string(context.method());
  };
  auto call = Serve().Unary("x", CallOptions().Metadata("x-asked", "1"));
  const Result<std::string> reply = call.Wait();
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(*reply, "/contract.Contract/Unary");
  EXPECT_EQ(call.headers().Get("x-begin"), "1");
  EXPECT_EQ(call.trailers().Get("x-end-bin"), std::string_view("\0\1", 2));
  EXPECT_FALSE(call.peer().empty());
}

TEST_P(UnaryContractTest, ADeadlineEndsBothSides) {
  std::promise<StatusCode> cause;
  service_.unary = [&](ServerContext& context, const std::string&) { return Wait(context, cause); };
  EXPECT_EQ(Serve().Unary("x", CallOptions().Timeout(50ms)).Wait().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Get(cause.get_future()), StatusCode::kDeadlineExceeded);
}

TEST_P(UnaryContractTest, CancellationEndsBothSides) {
  std::promise<void> begun;
  std::promise<StatusCode> cause;
  service_.unary = [&](ServerContext& context, const std::string&) {
    begun.set_value();
    return Wait(context, cause);
  };
  auto call = Serve().Unary("x");
  Get(begun.get_future());
  call.Cancel();
  EXPECT_EQ(call.Wait().code(), StatusCode::kCancelled);
  EXPECT_EQ(Get(cause.get_future()), StatusCode::kCancelled);
}

TEST_P(UnaryContractTest, AServerThatStopsEndsItsCalls) {
  std::promise<void> begun;
  std::promise<StatusCode> cause;
  service_.unary = [&](ServerContext& context, const std::string&) {
    begun.set_value();
    return Wait(context, cause);
  };
  auto call = Serve().Unary("x");
  Get(begun.get_future());
  transport_->StopServer();
  EXPECT_EQ(call.Wait().code(), StatusCode::kUnavailable);
  EXPECT_EQ(Get(cause.get_future()), StatusCode::kUnavailable);
}

TEST_P(UnaryContractTest, AHandlerThatThrowsEndsItsCallAlone) {
  service_.unary = [](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    if (request == "throw") throw std::runtime_error("secret");
    return "echo " + request;
  };
  const ContractStub stub = Serve();
  const Result<std::string> reply = stub.Unary("throw").Wait();
  ASSERT_EQ(reply.code(), StatusCode::kUnknown);
  EXPECT_THAT(reply.error().message(), Not(HasSubstr("secret")));
  EXPECT_EQ(*stub.Unary("x").Wait(), "echo x");
}

TEST_P(UnaryContractTest, MessagesHaveALimitOnEachSide) {
  service_.unary = Echo;
  transport_->limits.max_receive_message = 1000;
  transport_->limits.max_send_message = 1003;
  const ContractStub stub = Serve();
  const std::string fits(1000 - 5, 'x');
  EXPECT_TRUE(stub.Unary(fits).Wait().ok());
  EXPECT_EQ(stub.Unary(std::string(1001, 'x')).Wait().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(stub.Unary(std::string(1000, 'x')).Wait().code(), StatusCode::kResourceExhausted);  // the reply
  EXPECT_EQ(stub.Unary(fits, CallOptions().MaxReceiveMessage(999)).Wait().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(stub.Unary(fits, CallOptions().MaxReceiveMessage(1000)).Wait().ok());
}

TEST_P(UnaryContractTest, AMethodThatIsNotThereIsUnimplemented) {
  const Channel channel = ServeChannel();
  const Result<std::string> reply =
      StartUnary<std::string>(channel, channel.FindMethod("/contract.Contract/None"), std::string("x"), CallOptions())
          .Wait();
  EXPECT_EQ(reply.code(), StatusCode::kUnimplemented);
}

INSTANTIATE_TEST_SUITE_P(Transports, UnaryContractTest, ::testing::ValuesIn(AllTransports()), NameOf);

}  // namespace
}  // namespace rhei::inline v0::contract
