// What surrounds a streaming call: deadline, cancellation, context and metadata, on every transport.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "tests/contract/contract_test.h"

namespace rhei::inline v0::contract {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Chat = BidiStreamingCall<std::string, std::string>;
using ContextContractTest = ContractTest;

// Waits for its context to be cancelled, and tells how.
Task<Status> WaitForCancellation(ServerContext& context, std::promise<StatusCode>& cause) {
  Promise<bool> cancelled;
  Task<Result<bool>> end = cancelled.task();
  auto set = [&cancelled] { cancelled.Set(true); };
  const Context::Listener listener = context.context().OnCancel(std::move(set));
  (void)co_await std::move(end);
  cause.set_value(context.CancellationCause()->code());
  co_return Status();
}

// --- deadlines -------------------------------------------------------------------------------------------------------

TEST_P(ContextContractTest, ADeadlineEndsAWriteThatWaits) {
  std::promise<StatusCode> cause;
  service_.chat = [&](ServerContext& context, Reader<std::string>&, Writer<std::string>&) {
    EXPECT_TRUE(context.Deadline().has_value());
    return WaitForCancellation(context, cause);
  };
  auto call = Serve().Chat(CallOptions().Timeout(100ms));
  const std::string message(100'000, 'm');
  int written = 0;
  while (call.Write(message).Wait()) ++written;
  EXPECT_LT(written, 100);
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Get(cause.get_future()), StatusCode::kDeadlineExceeded);
}

TEST_P(ContextContractTest, ADeadlineEndsAHandlersWriteThatWaits) {
  std::promise<StatusCode> cause;
  service_.download = [&](ServerContext& context, const std::string&, Writer<std::string>& writer) -> Task<Status> {
    const std::string message(100'000, 'm');
    while (co_await writer.Write(message)) {
    }
    cause.set_value(context.CancellationCause()->code());
    co_return Status();
  };
  auto call = Serve().Download("x", CallOptions().Timeout(100ms));
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Get(cause.get_future()), StatusCode::kDeadlineExceeded);
}

TEST_P(ContextContractTest, ADeadlineThatHasPassedStartsNoCall) {
  bool started = false;
  service_.chat = [&](ServerContext&, Reader<std::string>&, Writer<std::string>&) -> Task<Status> {
    started = true;
    return Status();
  };
  const ContractStub stub = Serve();
  auto call = stub.Chat(CallOptions().Timeout(0ms));
  EXPECT_FALSE(call.Write("x").Wait());
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(started);
}

// --- cancellation ----------------------------------------------------------------------------------------------------

TEST_P(ContextContractTest, CancellationEndsAWriteThatWaits) {
  std::promise<StatusCode> cause;
  service_.chat = [&](ServerContext& context, Reader<std::string>&, Writer<std::string>& writer) -> Task<Status> {
    co_await writer.Write("begun");
    co_return co_await WaitForCancellation(context, cause);
  };
  auto call = Serve().Chat();
  ASSERT_EQ(call.Next().Wait(), "begun");
  std::promise<int> written;
  const auto write = [](Chat& chat, std::promise<int>& done) -> Task<void> {
    const std::string message(100'000, 'm');
    int count = 0;
    while (co_await chat.Write(message)) ++count;
    done.set_value(count);
  };
  Spawn(write(call, written));
  transport_->Settle();
  call.Cancel();
  EXPECT_LT(Get(written.get_future()), 100);
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kCancelled);
  EXPECT_EQ(Get(cause.get_future()), StatusCode::kCancelled);
}

TEST_P(ContextContractTest, AStopTokenEndsACall) {
  std::promise<StatusCode> cause;
  service_.chat = [&](ServerContext& context, Reader<std::string>&, Writer<std::string>& writer) -> Task<Status> {
    co_await writer.Write("begun");
    co_return co_await WaitForCancellation(context, cause);
  };
  std::stop_source source;
  auto call = Serve().Chat(CallOptions().StopOn(source.get_token()));
  ASSERT_EQ(call.Next().Wait(), "begun");
  source.request_stop();
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kCancelled);
  EXPECT_EQ(Get(cause.get_future()), StatusCode::kCancelled);
}

TEST_P(ContextContractTest, AServerThatStopsEndsItsCalls) {
  std::promise<StatusCode> cancelled;
  service_.chat = [&](ServerContext& context, Reader<std::string>& reader,
                      Writer<std::string>& writer) -> Task<Status> {
    co_await writer.Write("begun");
    co_return co_await ReadToTheEnd(context, reader, cancelled);
  };
  auto call = Serve().Chat();
  ASSERT_EQ(call.Next().Wait(), "begun");
  transport_->StopServer();
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_FALSE(call.Write("x").Wait());
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kUnavailable);
  EXPECT_EQ(Get(cancelled.get_future()), StatusCode::kUnavailable);
}

// --- the context of what a handler calls -----------------------------------------------------------------------------

TEST_P(ContextContractTest, CallsBelowAHandlerAreCancelledWithIt) {
  std::optional<ContractStub> stub;
  std::promise<void> below_begun;
  std::promise<StatusCode> below;
  std::promise<StatusCode> above;
  service_.upload = [&](ServerContext& context, Reader<std::string>& reader) -> Task<Result<std::string>> {
    EXPECT_TRUE(co_await reader.Next());
    below_begun.set_value();
    (void)co_await ReadToTheEnd(context, reader, below);
    co_return std::string("nobody hears this");
  };
  service_.chat = [&](ServerContext& context, Reader<std::string>& reader, Writer<std::string>&) -> Task<Status> {
    EXPECT_FALSE(Context::Current().IsCancelled());
    auto call = stub->Upload();
    EXPECT_TRUE(co_await call.Write("below"));
    (void)co_await reader.Next();
    // Still the call's, however often the handler was suspended.
    EXPECT_TRUE(Context::Current().IsCancelled());
    const Result<std::string> reply = co_await call.Finish();
    EXPECT_TRUE(context.IsCancelled());
    above.set_value(reply.code());
    co_return Status();
  };
  stub.emplace(Serve());
  auto call = stub->Chat();
  Get(below_begun.get_future());
  call.Cancel();
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kCancelled);
  EXPECT_EQ(Get(above.get_future()), StatusCode::kCancelled);
  EXPECT_EQ(Get(below.get_future()), StatusCode::kCancelled);
}

TEST_P(ContextContractTest, CallsBelowAHandlerHaveItsDeadline) {
  std::optional<ContractStub> stub;
  std::promise<bool> below;
  service_.upload = [&](ServerContext& context, Reader<std::string>&) -> Task<Result<std::string>> {
    below.set_value(context.TimeRemaining() && *context.TimeRemaining() <= 1min);
    return std::string("done");
  };
  service_.download = [&](ServerContext&, const std::string&, Writer<std::string>& writer) -> Task<Status> {
    auto call = stub->Upload();
    const Result<std::string> reply = co_await call.Finish();
    if (!reply.ok()) co_return reply.error();
    co_await writer.Write(*reply);
    co_return Status();
  };
  stub.emplace(Serve());
  auto call = stub->Download("x", CallOptions().Timeout(1min));
  EXPECT_EQ(call.Next().Wait(), "done");
  EXPECT_TRUE(call.Finish().Wait().ok());
  EXPECT_TRUE(Get(below.get_future()));
}

// --- metadata --------------------------------------------------------------------------------------------------------

TEST_P(ContextContractTest, MetadataTravelsBothWays) {
  using namespace std::string_literals;
  const std::string binary = "\0\xff\n"s;
  service_.chat = [](ServerContext& context, Reader<std::string>&, Writer<std::string>& writer) -> Task<Status> {
    for (const Metadata::Entry entry : context.metadata()) {
      context.headers().Add("h-" + std::string(entry.key), entry.value);
      context.trailers().Add("t-" + std::string(entry.key), entry.value);
    }
    co_await writer.Write("m");
    context.trailers().Add("t-late", "1");
    co_return Status();
  };
  auto call = Serve().Chat(CallOptions().Metadata("x-a", "1").Metadata("x-a", "2").Metadata("x-b-bin", binary));
  EXPECT_EQ(call.Next().Wait(), "m");
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  ASSERT_TRUE(call.Finish().Wait().ok());
  EXPECT_THAT(call.headers().GetAll("h-x-a"), ElementsAre("1", "2"));
  EXPECT_EQ(call.headers().Get("h-x-b-bin"), binary);
  EXPECT_THAT(call.trailers().GetAll("t-x-a"), ElementsAre("1", "2"));
  EXPECT_EQ(call.trailers().Get("t-x-b-bin"), binary);
  EXPECT_EQ(call.trailers().Get("t-late"), "1");
}

TEST_P(ContextContractTest, AnErrorBringsItsMetadata) {
  service_.download = [](ServerContext&, const std::string&, Writer<std::string>& writer) -> Task<Status> {
    co_await writer.Write("m");
    co_return Error(StatusCode::kAborted, "why: \xe2\x82\xac 100 %").WithMetadata(Metadata{{"x-why", "so"}});
  };
  auto call = Serve().Download("x");
  const Status status = call.Finish().Wait();
  ASSERT_EQ(status.code(), StatusCode::kAborted);
  EXPECT_EQ(status.message(), "why: \xe2\x82\xac 100 %");
  EXPECT_EQ(status.error().metadata().Get("x-why"), "so");
  EXPECT_EQ(call.trailers().Get("x-why"), "so");
}

TEST_P(ContextContractTest, MetadataThatMustNotBeSentEndsTheCall) {
  service_.download = [](ServerContext& context, const std::string& request,
                         Writer<std::string>& writer) -> Task<Status> {
    if (request == "headers") context.headers().Add("Not-A-Key", "x");
    (void)co_await writer.Write("m");
    if (request == "trailers") context.trailers().Add("Not-A-Key", "x");
    co_return Status();
  };
  const ContractStub stub = Serve();
  for (const char* const where : {"headers", "trailers"}) {
    auto call = stub.Download(where);
    const Status status = call.Finish().Wait();
    EXPECT_EQ(status.code(), StatusCode::kInternal) << where;
    EXPECT_THAT(std::string(status.message()), HasSubstr("Not-A-Key")) << where;
  }
}

Task<void> AskAfterHeaders(Chat& call, std::promise<std::string>& seen) {
  const Metadata& headers = co_await call.Headers();
  std::string text(headers.Get("x-early").value_or("none"));
  // The handler waits for this.
  EXPECT_TRUE(co_await call.Write("now"));
  const std::optional<std::string> reply = co_await call.Next();
  seen.set_value(text + " " + reply.value_or("nothing"));
}

TEST_P(ContextContractTest, HeadersCanBeAwaitedBeforeTheFirstMessage) {
  service_.chat = [](ServerContext& context, Reader<std::string>& reader, Writer<std::string>& writer) -> Task<Status> {
    context.headers().Add("x-early", "bird");
    context.SendHeaders();
    std::optional<std::string> message = co_await reader.Next();
    co_await writer.Write(*message + " heard");
    co_return Status();
  };
  auto call = Serve().Chat();
  std::promise<std::string> seen;
  Spawn(AskAfterHeaders(call, seen));
  EXPECT_EQ(Get(seen.get_future()), "bird now heard");
  EXPECT_TRUE(call.Finish().Wait().ok());
}

Task<void> AwaitHeaders(Chat& call, std::promise<std::size_t>& count) {
  count.set_value((co_await call.Headers()).size());
}

// Who awaits headers that do not come is told when the call ends.
TEST_P(ContextContractTest, AwaitingHeadersEndsWithTheCall) {
  std::promise<bool> started;
  std::promise<StatusCode> cancelled;
  service_.chat = [&](ServerContext& context, Reader<std::string>& reader, Writer<std::string>&) {
    started.set_value(true);
    return ReadToTheEnd(context, reader, cancelled);
  };
  auto call = Serve().Chat();
  std::promise<std::size_t> count;
  Spawn(AwaitHeaders(call, count));
  EXPECT_TRUE(Get(started.get_future()));
  call.Cancel();
  EXPECT_EQ(Get(count.get_future()), 0U);
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kCancelled);
  EXPECT_EQ(Get(cancelled.get_future()), StatusCode::kCancelled);
}

INSTANTIATE_TEST_SUITE_P(Transports, ContextContractTest, ::testing::ValuesIn(AllTransports()), NameOf);

}  // namespace
}  // namespace rhei::inline v0::contract
