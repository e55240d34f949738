// The two directions of a call, each by itself and beside the other, on every transport.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <future>
#include <optional>
#include <string>
#include <utility>

#include "tests/contract/contract_test.h"

namespace rhei::inline v0::contract {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

using Chat = BidiStreamingCall<std::string, std::string>;
using OrderContractTest = ContractTest;

// --- who says first that there is nothing more -----------------------------------------------------------------------

TEST_P(OrderContractTest, TheClientIsDoneBeforeTheServerBegins) {
  service_.chat = [](ServerContext&, Reader<std::string>& reader, Writer<std::string>& writer) -> Task<Status> {
    std::string all;
    while (std::optional<std::string> message = co_await reader.Next()) all += *message;
    // A reader that has come to its end stays there.
    EXPECT_EQ(co_await reader.Next(), std::nullopt);
    for (const char* const text : {"1", "2", "3"}) EXPECT_TRUE(co_await writer.Write(all + text));
    co_return Status();
  };
  auto call = Serve().Chat();
  ASSERT_TRUE(call.Write("a").Wait());
  ASSERT_TRUE(call.Write("b").Wait());
  call.WritesDone();
  EXPECT_FALSE(call.Write("c").Wait()) << "written after the end";
  for (const char* const text : {"ab1", "ab2", "ab3"}) EXPECT_EQ(call.Next().Wait(), text);
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_TRUE(call.Finish().Wait().ok());
}

TEST_P(OrderContractTest, TheServerIsDoneBeforeTheClientBegins) {
  service_.chat = [](ServerContext&, Reader<std::string>&, Writer<std::string>& writer) -> Task<Status> {
    co_await writer.Write("only this");
    co_return Status();
  };
  auto call = Serve().Chat();
  EXPECT_EQ(call.Next().Wait(), "only this");
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_FALSE(call.Write("too late").Wait());
  call.WritesDone();
  EXPECT_TRUE(call.Finish().Wait().ok());
}

// A server's WritesDone says nothing to the client yet: its status does.
TEST_P(OrderContractTest, AServerMayReadOnAfterItsLastReply) {
  std::promise<std::string> rest;
  service_.chat = [&rest](ServerContext&, Reader<std::string>& reader, Writer<std::string>& writer) -> Task<Status> {
    EXPECT_TRUE(co_await writer.Write("all I say"));
    writer.WritesDone();
    EXPECT_FALSE(co_await writer.Write("and more"));
    std::string all;
    while (std::optional<std::string> message = co_await reader.Next()) all += *message;
    rest.set_value(all);
    co_return Status();
  };
  auto call = Serve().Chat();
  EXPECT_EQ(call.Next().Wait(), "all I say");
  ASSERT_TRUE(call.Write("x").Wait());
  ASSERT_TRUE(call.Write("y").Wait());
  call.WritesDone();
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_TRUE(call.Finish().Wait().ok());
  EXPECT_EQ(Get(rest.get_future()), "xy");
}

TEST_P(OrderContractTest, BothAreDoneAtOnce) {
  service_.chat = [](ServerContext&, Reader<std::string>&, Writer<std::string>&) -> Task<Status> { return Status(); };
  const ContractStub stub = Serve();
  for (int i = 0; i < 50; ++i) {
    auto call = stub.Chat();
    call.WritesDone();
    EXPECT_TRUE(call.Finish().Wait().ok());
  }
}

TEST_P(OrderContractTest, WritesDoneTwiceIsOnce) {
  service_.upload = Join;
  auto call = Serve().Upload();
  ASSERT_TRUE(call.Write("a").Wait());
  call.WritesDone();
  call.WritesDone();
  EXPECT_EQ(*call.Finish().Wait(), "a;");
}

TEST_P(OrderContractTest, AStreamWithoutMessagesIsAnsweredToo) {
  service_.upload = Join;
  service_.download = Count;
  const ContractStub stub = Serve();
  EXPECT_EQ(*stub.Upload().Finish().Wait(), "");
  auto call = stub.Download("0");
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_TRUE(call.Finish().Wait().ok());
}

TEST_P(OrderContractTest, FinishNeedsNoReading) {
  service_.download = Count;
  auto call = Serve().Download("3");
  EXPECT_TRUE(call.Finish().Wait().ok());
}

TEST_P(OrderContractTest, RepliesCanBeReadAfterFinish) {
  service_.download = Count;
  auto call = Serve().Download("3");
  ASSERT_TRUE(call.Finish().Wait().ok());
  for (const char* const text : {"0", "1", "2"}) EXPECT_EQ(call.Next().Wait(), text);
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
}

TEST_P(OrderContractTest, AnErrorBeforeTheFirstMessageIsTheEnd) {
  service_.chat = [](ServerContext&, Reader<std::string>&, Writer<std::string>&) -> Task<Status> {
    return Status(Error(StatusCode::kPermissionDenied, "not you"));
  };
  auto call = Serve().Chat();
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_FALSE(call.Write("x").Wait());
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kPermissionDenied);
}

// --- reading and writing at once -------------------------------------------------------------------------------------

Task<void> WriteAll(Chat& call, int count, std::promise<int>& written) {
  int done = 0;
  for (; done < count; ++done) {
    const std::string text = std::to_string(done);
    if (!co_await call.Write(text)) break;
  }
  call.WritesDone();
  written.set_value(done);
}

Task<void> ReadAll(Chat& call, std::promise<int>& read) {
  int count = 0;
  std::string message;
  while (co_await call.Next(message)) {
    EXPECT_EQ(message, "echo " + std::to_string(count));
    ++count;
  }
  const Status status = co_await call.Finish();
  EXPECT_TRUE(status.ok()) << status.ToString();
  read.set_value(count);
}

// None of them waits for the other: what the one writes, the other reads.
TEST_P(OrderContractTest, OneCoroutineReadsWhileAnotherWrites) {
  constexpr int kMessages = 10'000;
  service_.chat = EchoEach;
  for (const RunOn run_on : {RunOn::kLoop, RunOn::kPool}) {
    transport_ = GetParam().make();
    auto call = Serve(run_on).Chat();
    std::promise<int> written;
    std::promise<int> read;
    Spawn(WriteAll(call, kMessages, written));
    Spawn(ReadAll(call, read));
    EXPECT_EQ(Get(read.get_future()), kMessages);
    EXPECT_EQ(Get(written.get_future()), kMessages);
  }
}

Task<void> WriteReplies(Writer<std::string>& writer, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string text = "echo " + std::to_string(i);
    if (!co_await writer.Write(text)) break;
  }
}

TEST_P(OrderContractTest, AHandlerReadsWhileItsOtherCoroutineWrites) {
  constexpr int kMessages = 10'000;
  int seen = 0;
  service_.chat = [&](ServerContext&, Reader<std::string>& reader, Writer<std::string>& writer) -> Task<Status> {
    Beside replies(WriteReplies(writer, kMessages));
    while (std::optional<std::string> message = co_await reader.Next()) {
      EXPECT_EQ(*message, std::to_string(seen));
      ++seen;
    }
    (void)co_await replies.Done();
    co_return Status();
  };
  auto call = Serve().Chat();
  std::promise<int> written;
  std::promise<int> read;
  Spawn(ReadAll(call, read));
  Spawn(WriteAll(call, kMessages, written));
  EXPECT_EQ(Get(read.get_future()), kMessages);
  EXPECT_EQ(Get(written.get_future()), kMessages);
  EXPECT_EQ(seen, kMessages);
}

// The server reads nothing until the client has read everything.
TEST_P(OrderContractTest, AFullDirectionDoesNotHoldUpTheOther) {
  constexpr int kReplies = 200;
  constexpr int kRequests = 100;
  const std::string large(10'000, 'm');
  int received = 0;
  service_.chat = [&](ServerContext&, Reader<std::string>& reader, Writer<std::string>& writer) -> Task<Status> {
    for (int i = 0; i < kReplies; ++i) EXPECT_TRUE(co_await writer.Write(large));
    while (co_await reader.Next()) ++received;
    co_return Status();
  };
  auto call = Serve().Chat();
  std::promise<int> written;
  const auto write = [](Chat& chat, const std::string& message, std::promise<int>& done) -> Task<void> {
    int count = 0;
    for (; count < kRequests; ++count) {
      if (!co_await chat.Write(message)) break;
    }
    chat.WritesDone();
    done.set_value(count);
  };
  Spawn(write(call, large, written));
  for (int i = 0; i < kReplies; ++i) ASSERT_TRUE(call.Next().Wait().has_value()) << i;
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_TRUE(call.Finish().Wait().ok());
  EXPECT_EQ(Get(written.get_future()), kRequests);
  EXPECT_EQ(received, kRequests);
}

// --- what must not be done -------------------------------------------------------------------------------------------

Task<void> ReadOne(Chat& call, std::promise<bool>& read) {
  const std::optional<std::string> message = co_await call.Next();
  read.set_value(message.has_value());
}

Task<void> WriteUntilOver(Chat& call, std::promise<int>& written) {
  const std::string message(100'000, 'm');
  int count = 0;
  while (co_await call.Write(message)) ++count;
  written.set_value(count);
}

TEST_P(OrderContractTest, ASecondReadEndsTheCallWithInternal) {
  std::promise<StatusCode> cancelled;
  service_.chat = [&](ServerContext& context, Reader<std::string>& reader,
                      Writer<std::string>& writer) -> Task<Status> {
    co_await writer.Write("begun");
    co_return co_await ReadToTheEnd(context, reader, cancelled);
  };
  auto call = Serve().Chat();
  ASSERT_EQ(call.Next().Wait(), "begun");
  std::promise<bool> first;
  Spawn(ReadOne(call, first));
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_FALSE(Get(first.get_future()));
  const Status status = call.Finish().Wait();
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_THAT(status.message(), HasSubstr("second read"));
  EXPECT_EQ(Get(cancelled.get_future()), StatusCode::kCancelled);
}

TEST_P(OrderContractTest, ASecondWriteEndsTheCallWithInternal) {
  service_.chat = [](ServerContext& context, Reader<std::string>&, Writer<std::string>&) -> Task<Status> {
    Promise<bool> cancelled;
    Task<Result<bool>> end = cancelled.task();
    auto set = [&cancelled] { cancelled.Set(true); };
    context.OnCancel(std::move(set));
    (void)co_await std::move(end);
    co_return Status();
  };
  auto call = Serve().Chat();
  std::promise<int> first;
  Spawn(WriteUntilOver(call, first));
  EXPECT_FALSE(call.Write("x").Wait());
  EXPECT_LT(Get(first.get_future()), 100);
  const Status status = call.Finish().Wait();
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_THAT(status.message(), HasSubstr("second write"));
}

TEST_P(OrderContractTest, ASecondReadOrWriteOfAHandlerEndsItsCallWithInternal) {
  const auto read = [](Reader<std::string>& reader) -> Task<void> { EXPECT_EQ(co_await reader.Next(), std::nullopt); };
  const auto write = [](Writer<std::string>& writer) -> Task<void> {
    const std::string message(100'000, 'm');
    while (co_await writer.Write(message)) {
    }
  };
  service_.chat = [&](ServerContext& context, Reader<std::string>& reader, Writer<std::string>&) -> Task<Status> {
    Beside first(read(reader));
    EXPECT_EQ(co_await reader.Next(), std::nullopt);
    (void)co_await first.Done();
    EXPECT_TRUE(context.IsCancelled());
    co_return Status();
  };
  service_.download = [&](ServerContext& context, const std::string&, Writer<std::string>& writer) -> Task<Status> {
    Beside first(write(writer));
    EXPECT_FALSE(co_await writer.Write("x"));
    (void)co_await first.Done();
    EXPECT_TRUE(context.IsCancelled());
    co_return Status();
  };
  const ContractStub stub = Serve();
  auto chat = stub.Chat();
  EXPECT_EQ(chat.Finish().Wait().code(), StatusCode::kInternal);
  auto download = stub.Download("x");
  while (download.Next().Wait()) {
  }
  EXPECT_EQ(download.Finish().Wait().code(), StatusCode::kInternal);
}

INSTANTIATE_TEST_SUITE_P(Transports, OrderContractTest, ::testing::ValuesIn(AllTransports()), NameOf);

}  // namespace
}  // namespace rhei::inline v0::contract
