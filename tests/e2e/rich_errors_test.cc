// Details of errors through the whole stack, from a handler to its caller, and from servers of other makes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "rhei/error_details.h"
#include "testing/scripted_peer.h"
#include "tests/e2e/simulated_stack.h"
#include "wire/base64.h"

namespace rhei::inline v0::testing {
namespace {

using namespace http2::testing;  // NOLINT(google-build-using-namespace): frames, in a test of frames
using ::testing::HasSubstr;

rpc::ErrorInfo Info(std::string_view reason) {
  rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  return info;
}

// What a caller gets when the handler returns this error.
Result<std::string> CallThatFailsWith(const Error& error) {
  SimulatedStack stack([&](ServerContext&, const std::string&) -> Task<Result<std::string>> { return error; });
  EXPECT_TRUE(stack.Start().ok());
  return stack.Stub().Call(kMethod, "").Wait();
}

TEST(RichErrorsTest, TheCallerFindsWhatTheHandlerGave) {
  rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(60);
  const Error sent = WithDetails(Error(StatusCode::kResourceExhausted, "немає місць"), Info("A"), retry, Info("B"));
  const Result<std::string> reply = CallThatFailsWith(sent);
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(reply.error().message(), "немає місць");
  EXPECT_EQ(reply.error().details(), sent.details());
  EXPECT_EQ(FindDetail<rpc::RetryInfo>(reply.error())->retry_delay().seconds(), 60);
  EXPECT_EQ(FindDetails<rpc::ErrorInfo>(reply.error()).at(1).reason(), "B");
  EXPECT_FALSE(FindDetail<rpc::BadRequest>(reply.error()).has_value());
}

TEST(RichErrorsTest, AnErrorThatIsPassedOnKeepsItsDetailsAndTakesMore) {
  const GenericStub* inner = nullptr;
  SimulatedStack stack([&](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    if (context.method() == "/test.Test/Inner") {
      co_return WithDetails(Error(StatusCode::kNotFound, "no station"), Info("inner"));
    }
    Result<std::string> reply = co_await inner->Call("/test.Test/Inner", "");
    Error error = std::move(reply).error();
    if (context.method() == "/test.Test/Add") {
      const Status added = AddDetail(error, Info("outer"));
      if (!added.ok()) co_return added.error();
    }
    co_return error;
  });
  ASSERT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  inner = &stub;
  const auto reasons = [&](std::string_view method) {
    const Result<std::string> reply = stub.Call(method, "").Wait();
    EXPECT_EQ(reply.code(), StatusCode::kNotFound);
    std::string all;
    for (const rpc::ErrorInfo& info : FindDetails<rpc::ErrorInfo>(reply.error())) all += info.reason() + " ";
    return all;
  };
  EXPECT_EQ(reasons("/test.Test/Pass"), "inner ");
  EXPECT_EQ(reasons("/test.Test/Add"), "inner outer ");
}

// An error of this size of message and of metadata, with the largest detail that AddDetail takes.
Error FilledError(std::size_t message_size, std::size_t metadata_size) {
  Error error(StatusCode::kAborted, std::string(message_size, 'm'));
  if (metadata_size > 0) error.SetMetadata(Metadata{{"key", std::string(metadata_size, 'v')}});
  Error filled = error;
  std::size_t fits = 0;
  for (std::size_t step = kMaxErrorDetails; step > 0; step /= 2) {
    Error larger = error;
    if (!AddDetail(larger, Info(std::string(fits + step, 'r'))).ok()) continue;
    filled = std::move(larger);
    fits += step;
  }
  return filled;
}

TEST(RichErrorsTest, TheLargestDetailThatIsTakenArrivesWithAllThatIsBesideIt) {
  const std::pair<std::size_t, std::size_t> table[] = {{0, 0},    {10, 0},   {1000, 0},    {2000, 0},  {2300, 0},
                                                       {0, 1000}, {0, 5000}, {1000, 3000}, {500, 5500}};
  for (const auto& [message_size, metadata_size] : table) {
    SCOPED_TRACE(::testing::Message() << message_size << " of message, " << metadata_size << " of metadata");
    const Error error = FilledError(message_size, metadata_size);
    EXPECT_TRUE(FindDetail<rpc::ErrorInfo>(error).has_value());
    const Result<std::string> reply = CallThatFailsWith(error);
    ASSERT_EQ(reply.code(), StatusCode::kAborted) << reply.error().ToString();
    EXPECT_EQ(reply.error().message(), error.message());
    EXPECT_EQ(reply.error().details(), error.details());
    EXPECT_EQ(reply.error().metadata(), error.metadata());
  }
}

TEST(RichErrorsTest, TooLargeDetailsLeaveTheCallerItsCodeAndAReason) {
  const Error error = WithDetails(Error(StatusCode::kAborted, "no seats"), Info(std::string(100'000, 'r')));
  const Result<std::string> reply = CallThatFailsWith(error);
  EXPECT_EQ(reply.code(), StatusCode::kAborted);
  EXPECT_THAT(reply.error().message(), HasSubstr("no seats (sent without details: shorten"));
  EXPECT_FALSE(FindDetail<rpc::ErrorInfo>(reply.error()).has_value());
}

// Beside the helpers, by Error::SetDetails: the server does not send it.
TEST(RichErrorsTest, DetailsThatContradictTheStatusAreNotSent) {
  const Error other = WithDetails(Error(StatusCode::kNotFound, "m"), Info("R"));
  const Result<std::string> reply = CallThatFailsWith(Error(StatusCode::kAborted, "m").WithDetails(other.details()));
  EXPECT_EQ(reply.code(), StatusCode::kAborted);
  EXPECT_EQ(reply.error().details(), "");
}

// --- servers of other makes --------------------------------------------------------------------------------------

std::string Base64(std::string_view bytes) {
  std::string coded;
  wire::AppendBase64(bytes, coded);
  return coded;
}

// What a caller gets from a server that answers every request with a message, unless it is empty, and these trailers.
Result<std::string> CallAnsweredWith(const std::string& message, const Fields& trailers) {
  SimulatedStack stack;
  bool answered = false;
  const auto answer = [&](ScriptedPeer& peer) {
    if (answered || !peer.ended(1)) return;
    answered = true;
    const std::string data = message.empty() ? "" : Data(1, GrpcMessage(message));
    peer.Send(Headers(1, Block({{":status", "200"}, {"content-type", "application/grpc"}})) + data +
              Headers(1, Block(trailers), true));
  };
  ScriptedServer server(stack.server_runtime->loop(0), *runtime::Address::Parse(kServerAddress),
                        [&](ScriptedPeer& peer) {
                          peer.Send(Settings());
                          peer.on_input = [&] { answer(peer); };
                        });
  return stack.Stub().Call(kMethod, "").Wait();
}

// {code: 5, message: "no", details: [{type_url: "type.googleapis.com/google.rpc.ErrorInfo", value: {reason: "R"}}]}
constexpr std::string_view kStatus =
    "\x08\x05\x12\x02no\x1a\x2f\x0a\x28type.googleapis.com/google.rpc.ErrorInfo\x12\x03\x0a\x01R";

TEST(RichErrorsTest, DetailsOfAnyServerAreFoundPaddedOrNot) {
  const std::string unpadded = Base64(kStatus);
  for (const std::string& coded : {unpadded, unpadded + std::string((4 - unpadded.size() % 4) % 4, '=')}) {
    const Result<std::string> reply =
        CallAnsweredWith("", {{"grpc-status", "5"}, {"grpc-message", "no"}, {"grpc-status-details-bin", coded}});
    EXPECT_EQ(reply.code(), StatusCode::kNotFound);
    ASSERT_TRUE(FindDetail<rpc::ErrorInfo>(reply.error()).has_value()) << coded;
    EXPECT_EQ(FindDetail<rpc::ErrorInfo>(reply.error())->reason(), "R");
  }
}

TEST(RichErrorsTest, DetailsOfAnotherCodeLeaveTheStatusAsItIsAndAreNotBelieved) {
  const Result<std::string> reply = CallAnsweredWith(
      "", {{"grpc-status", "7"}, {"grpc-message", "not you"}, {"grpc-status-details-bin", Base64(kStatus)}});
  EXPECT_EQ(reply.code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(reply.error().message(), "not you");
  EXPECT_EQ(reply.error().origin(), Origin::kRemote);
  EXPECT_EQ(reply.error().details(), kStatus) << "for who wants to look";
  EXPECT_FALSE(FindDetail<rpc::ErrorInfo>(reply.error()).has_value());
  EXPECT_EQ(RpcStatus(reply.error()).message(), "not you");
}

TEST(RichErrorsTest, DetailsBesideOkMakeNoErrorOfIt) {
  const Result<std::string> reply =
      CallAnsweredWith("fine", {{"grpc-status", "0"}, {"grpc-status-details-bin", Base64(kStatus)}});
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(*reply, "fine");
}

TEST(RichErrorsTest, BrokenDetailsLeaveTheStatusAsItIs) {
  for (const std::string& coded : {std::string("%%%"), std::string("CAUS%"), std::string(), Base64("garbage"),
                                   Base64(kStatus.substr(0, 20)), Base64(std::string(2000, '\xff'))}) {
    const Result<std::string> reply =
        CallAnsweredWith("", {{"grpc-status", "5"}, {"grpc-message", "no"}, {"grpc-status-details-bin", coded}});
    EXPECT_EQ(reply.code(), StatusCode::kNotFound);
    EXPECT_EQ(reply.error().message(), "no");
    EXPECT_FALSE(FindDetail<rpc::ErrorInfo>(reply.error()).has_value()) << coded;
    EXPECT_EQ(RpcStatus(reply.error()).details_size(), 0);
  }
}

}  // namespace
}  // namespace rhei::inline v0::testing
