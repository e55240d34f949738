// What may travel as metadata, and what becomes of a call that wants to send something else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A call whose handler does this to its context, and one beside it that must go on.
Result<std::string> Call(FunctionService::Function handler, const CallOptions& options = CallOptions()) {
  SimulatedStack stack([handler = std::move(handler)](ServerContext& context, const std::string& request) {
    return request == "other" ? Echo(context, request) : handler(context, request);
  });
  EXPECT_TRUE(stack.Start().ok());
  const GenericStub stub = stack.Stub();
  auto call = stub.Call(kMethod, "x", options);
  auto other = stub.Call(kMethod, "other");
  Result<std::string> reply = call.Wait();
  EXPECT_EQ(*other.Wait(), "echo other");
  EXPECT_EQ(*stub.Call(kMethod, "other").Wait(), "echo other");
  return reply;
}

TEST(MetadataCallTest, ARequestMayCarrySevenKilobytes) {
  EXPECT_TRUE(Call(Echo, CallOptions().Metadata("x-large", std::string(7000, 'x'))).ok());
}

TEST(MetadataCallTest, ARequestWithMoreIsNotSent) {
  const auto reply = Call(Echo, CallOptions().Metadata("x-large", std::string(16'384, 'x')));
  EXPECT_EQ(reply.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(reply.error().message(), AllOf(HasSubstr(kMethod), HasSubstr("16455 bytes"), HasSubstr("7168")));
}

TEST(MetadataCallTest, BytesCountAsTheyTravel) {
  EXPECT_TRUE(Call(Echo, CallOptions().Metadata("x-bin", std::string(5300, '\xff'))).ok());
  EXPECT_EQ(Call(Echo, CallOptions().Metadata("x-bin", std::string(5400, '\xff'))).code(),
            StatusCode::kResourceExhausted);
}

TEST(MetadataCallTest, AKeyThatMustNotBeSentEndsTheCallHere) {
  for (const char* key : {"Upper", "grpc-timeout", "te", ":path", "", "sp ace", "content-type"}) {
    const auto reply = Call(Echo, CallOptions().Metadata(key, "x"));
    EXPECT_EQ(reply.code(), StatusCode::kInternal) << key;
  }
  EXPECT_EQ(Call(Echo, CallOptions().Metadata("key", "new\nline")).code(), StatusCode::kInternal);
}

TEST(MetadataCallTest, AHandlersHeadersAndTrailersAreCheckedToo) {
  const auto headers = Call([](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    context.headers().Add("Upper", "x");
    return std::string("fine");
  });
  EXPECT_EQ(headers.code(), StatusCode::kInternal);
  EXPECT_THAT(headers.error().message(), HasSubstr("Upper"));
  const auto trailers = Call([](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    context.trailers().Add("grpc-status", "0");
    return std::string("fine");
  });
  EXPECT_EQ(trailers.code(), StatusCode::kInternal);
  EXPECT_THAT(trailers.error().message(), HasSubstr("grpc-status"));
  const auto large = Call([](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    context.trailers().Add("large", std::string(16'384, 'x'));
    return std::string("fine");
  });
  EXPECT_EQ(large.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(large.error().message(), HasSubstr("7168"));
}

TEST(MetadataCallTest, AnErrorsMetadataIsCheckedAndTheErrorIsTold) {
  const auto reply = Call([](ServerContext&, const std::string&) -> Task<Result<std::string>> {
    return Error(StatusCode::kNotFound, "no such city").WithMetadata(Metadata{{"te", "x"}});
  });
  EXPECT_EQ(reply.code(), StatusCode::kInternal);
  EXPECT_THAT(reply.error().message(), AllOf(HasSubstr("te"), HasSubstr("no such city")));
}

TEST(MetadataCallTest, AChannelsOptionsAreCheckedToo) {
  SimulatedStack stack;
  ASSERT_TRUE(stack.Start().ok());
  const auto authority = stack.Stub(ChannelOptions().Authority("a\r\nb")).Call(kMethod, "x").Wait();
  EXPECT_EQ(authority.code(), StatusCode::kUnavailable);
  EXPECT_THAT(authority.error().message(), HasSubstr("Authority"));
  const auto agent = stack.Stub(ChannelOptions().UserAgent("weather\t1")).Call(kMethod, "x").Wait();
  EXPECT_THAT(agent.error().message(), HasSubstr("UserAgent"));
  const ChannelOptions fine = ChannelOptions().Authority("weather:80").UserAgent("weather/1");
  EXPECT_TRUE(stack.Stub(fine).Call(kMethod, "x").Wait().ok());
}

// A google.rpc.Status with this code and a message of this size.
std::string Details(char code, std::size_t size) {
  std::string details{0x08, code, 0x12};
  details.push_back(static_cast<char>((size & 0x7f) | 0x80));
  details.push_back(static_cast<char>(size >> 7));
  return details + std::string(size, 'd');
}

TEST(MetadataCallTest, ALongMessageAndLargeDetailsTogetherStillArrive) {
  const std::string details = Details(10, 4000);
  const auto reply = Call([&](ServerContext&, const std::string&) -> Task<Result<std::string>> {
    return Error(StatusCode::kAborted, std::string(3000, 'm')).WithDetails(details);
  });
  EXPECT_EQ(reply.code(), StatusCode::kAborted);
  EXPECT_EQ(reply.error().details(), details);
  EXPECT_GT(reply.error().message().size(), 1500U);
}

// --- headers ahead of the reply
// ----------------------------------------------------------------------------------------

Task<void> NoteHeadersThenReply(UnaryCall<std::string> call, std::vector<std::string>& log) {
  const Metadata& headers = co_await call.Headers();
  log.push_back("headers " + std::string(headers.Get("who").value_or("nobody")));
  const Result<std::string> reply = co_await call;
  log.push_back(reply.ok() ? *reply : reply.error().ToString());
}

// A handler that sends its headers, and answers a second later.
Task<Result<std::string>> HeadersFirst(ServerContext& context, const std::string&) {
  context.headers().Add("who", "server");
  context.SendHeaders();
  context.headers().Add("who", "too late");
  context.SendHeaders();
  const Status slept = co_await Sleep(std::chrono::seconds(1));
  if (!slept.ok()) co_return slept.error();
  co_return std::string("reply");
}

class EarlyHeadersTest : public ::testing::Test {
 protected:
  void Run(FunctionService::Function handler, RunOn run_on = RunOn::kLoop) {
    stack_.emplace(std::move(handler));
    stack_->run_on = run_on;
    ASSERT_TRUE(stack_->Start().ok());
    auto begin = [this, stub = stack_->Stub()] { Spawn(NoteHeadersThenReply(stub.Call(kMethod, "x"), log_)); };
    stack_->client_runtime->loop(0).Post(std::move(begin));
    stack_->world.RunFor(std::chrono::milliseconds(500));
    early_ = log_;
    stack_->world.RunFor(std::chrono::seconds(2));
  }

  std::vector<std::string> log_;
  std::vector<std::string> early_;
  std::optional<SimulatedStack> stack_;
};

TEST_F(EarlyHeadersTest, AreThereBeforeTheReply) {
  Run(HeadersFirst);
  EXPECT_THAT(early_, ElementsAre("headers server"));
  EXPECT_THAT(log_, ElementsAre("headers server", "reply"));
}

TEST_F(EarlyHeadersTest, ComeWithTheReplyWhenTheServerDoesNotHurry) {
  Run([](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    context.headers().Add("who", "server");
    return std::string("reply");
  });
  EXPECT_THAT(log_, ElementsAre("headers server", "reply"));
}

TEST_F(EarlyHeadersTest, AnErrorMayFollowThem) {
  Run([](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    context.headers().Add("who", "server");
    context.SendHeaders();
    return Error(StatusCode::kNotFound, "no such city");
  });
  EXPECT_THAT(log_, ElementsAre("headers server", "NOT_FOUND: no such city"));
}

TEST_F(EarlyHeadersTest, ACallThatFailsHasNone) {
  Run([](ServerContext&, const std::string&) -> Task<Result<std::string>> {
    return Error(StatusCode::kNotFound, "no such city");
  });
  EXPECT_THAT(log_, ElementsAre("headers nobody", "NOT_FOUND: no such city"));
}

TEST_F(EarlyHeadersTest, FromThePoolAreThoseOfTheMomentTheyWereSent) {
  Run(
      [](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
        context.headers().Add("who", "pool");
        context.SendHeaders();
        context.headers().Add("Illegal", "but not sent any more");
        return std::string("reply");
      },
      RunOn::kPool);
  EXPECT_THAT(log_, ElementsAre("headers pool", HasSubstr("Illegal")));
}

TEST_F(EarlyHeadersTest, ThatMustNotBeSentEndTheCall) {
  Run([](ServerContext& context, const std::string&) -> Task<Result<std::string>> {
    context.headers().Add("te", "x");
    context.SendHeaders();
    return std::string("reply");
  });
  EXPECT_THAT(log_, ElementsAre("headers nobody", HasSubstr("INTERNAL")));
}

}  // namespace
}  // namespace rhei::inline v0::testing
