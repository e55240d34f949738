// Streams by callback: what an observer is told, on every transport.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/contract/contract_test.h"

namespace rhei::inline v0::contract {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Writes down what it is told.
class Record final : public StreamObserver<std::string> {
 public:
  void OnNext(std::string& message) override {
    {
      const std::lock_guard lock(mutex_);
      EXPECT_FALSE(ended_) << "a message after the end";
      messages_.push_back(message);
    }
    if (on_next) on_next(message);
  }
  void OnError(const Error& error) override { End(error); }
  void OnCompleted() override { End(Status()); }
  void OnReady() override {
    if (on_ready) on_ready();
  }

  std::vector<std::string> messages() const {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  std::size_t count() const { return messages().size(); }
  std::future<Status> end() { return end_.get_future(); }

  std::function<void(std::string&)> on_next;
  std::function<void()> on_ready;
  std::function<void(const Status&)> on_end;

 private:
  void End(const Status& status) {
    {
      const std::lock_guard lock(mutex_);
      EXPECT_FALSE(std::exchange(ended_, true)) << "a second end";
    }
    if (on_end) on_end(status);
    end_.set_value(status);
  }

  mutable std::mutex mutex_;
  std::vector<std::string> messages_;
  bool ended_ = false;
  std::promise<Status> end_;
};

class ObserverContractTest : public ContractTest {
 protected:
  // Lets the transport go on until so many messages are there.
  void AwaitMessages(const Record& record, std::size_t count) {
    for (int i = 0; i < 10'000 && record.count() < count; ++i) Rest();
    transport_->Settle();
  }
  // A moment, in which nothing is expected to happen.
  void Rest() {
    std::promise<void> never;
    transport_->Settle();
    never.get_future().wait_for(1ms);
  }
};

TEST_P(ObserverContractTest, IsGivenEachReplyAndThenTheEnd) {
  service_.download = Count;
  auto call = Serve().Download("3");
  const auto record = std::make_shared<Record>();
  call.Observe(record);
  const Status end = Get(record->end());
  EXPECT_TRUE(end.ok()) << end.ToString();
  EXPECT_THAT(record->messages(), ElementsAre("0", "1", "2"));
}

TEST_P(ObserverContractTest, IsToldOfAnErrorBehindTheReplies) {
  service_.download = [](ServerContext&, const std::string&, Writer<std::string>& writer) -> Task<Status> {
    co_await writer.Write("first");
    co_return Error(StatusCode::kDataLoss, "no second one");
  };
  auto call = Serve().Download("x");
  const auto record = std::make_shared<Record>();
  call.Observe(record);
  const Status end = Get(record->end());
  EXPECT_EQ(end.code(), StatusCode::kDataLoss);
  EXPECT_EQ(end.message(), "no second one");
  EXPECT_THAT(record->messages(), ElementsAre("first"));
}

TEST_P(ObserverContractTest, IsToldOfACallThatNeverBegan) {
  auto call = Serve().Download("x", CallOptions().Metadata("Not-A-Key", "x"));
  const auto record = std::make_shared<Record>();
  call.Observe(record);
  EXPECT_EQ(Get(record->end()).code(), StatusCode::kInternal);
}

TEST_P(ObserverContractTest, IsToldWhenTheCallerCancels) {
  std::promise<StatusCode> cancelled;
  service_.chat = [&](ServerContext& context, Reader<std::string>& reader, Writer<std::string>&) {
    return ReadToTheEnd(context, reader, cancelled);
  };
  auto call = Serve().Chat();
  const auto record = std::make_shared<Record>();
  call.Observe(record);
  ASSERT_TRUE(call.Write("a").Wait());
  transport_->Settle();
  call.Cancel();
  EXPECT_EQ(Get(record->end()).code(), StatusCode::kCancelled);
  EXPECT_EQ(Get(cancelled.get_future()), StatusCode::kCancelled);
}

TEST_P(ObserverContractTest, MayCancelTheCallInTheMiddle) {
  service_.download = Count;
  auto call = Serve().Download("1000000");
  const auto record = std::make_shared<Record>();
  record->on_next = [&call](const std::string& message) {
    if (message == "2") call.Cancel();
  };
  call.Observe(record);
  EXPECT_EQ(Get(record->end()).code(), StatusCode::kCancelled);
  EXPECT_THAT(record->messages(), ElementsAre("0", "1", "2"));
}

// Each reply asks for the next; the end is told without being asked for.
TEST_P(ObserverContractTest, MayAnswerEachReplyWithARequest) {
  service_.chat = EchoEach;
  auto call = Serve().Chat();
  const auto record = std::make_shared<Record>();
  int begun = 0;
  record->on_next = [&](const std::string& message) {
    if (message.size() > 50) return call.WritesDone();
    EXPECT_TRUE(call.writer().TryWrite(message));
  };
  record->on_ready = [&] {
    if (begun++ == 0) {
      EXPECT_TRUE(call.writer().TryWrite("x"));
    }
  };
  call.Observe(record);
  const Status end = Get(record->end());
  EXPECT_TRUE(end.ok()) << end.ToString();
  EXPECT_EQ(record->count(), 10U);  // of 6, 11, ... 51 bytes
  EXPECT_GT(begun, 0);
}

TEST_P(ObserverContractTest, FinishTellsTheSameEnd) {
  service_.download = [](ServerContext&, const std::string&, Writer<std::string>&) -> Task<Status> {
    return Status(Error(StatusCode::kNotFound, "nothing"));
  };
  auto call = Serve().Download("x");
  const auto record = std::make_shared<Record>();
  call.Observe(record);
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kNotFound);
  EXPECT_EQ(Get(record->end()).code(), StatusCode::kNotFound);
}

// --- manual flow control ---------------------------------------------------------------------------------------------

TEST_P(ObserverContractTest, ManuallyAsManyMessagesComeAsWereAskedFor) {
  service_.download = Count;
  auto call = Serve().Download("10");
  const auto record = std::make_shared<Record>();
  call.Observe(record, Inbound::kManual);
  Rest();
  EXPECT_THAT(record->messages(), IsEmpty());
  call.reader().Request(1);
  AwaitMessages(*record, 1);
  EXPECT_THAT(record->messages(), ElementsAre("0"));
  call.reader().Request(2);
  AwaitMessages(*record, 3);
  EXPECT_THAT(record->messages(), ElementsAre("0", "1", "2"));
  call.reader().Request(100);
  EXPECT_TRUE(Get(record->end()).ok());
  EXPECT_EQ(record->count(), 10U);
}

TEST_P(ObserverContractTest, ManuallyTheNextMessageMayBeAskedForInsideOfOnNext) {
  service_.download = Count;
  auto call = Serve().Download("100");
  const auto record = std::make_shared<Record>();
  record->on_next = [&call](const std::string&) { call.reader().Request(1); };
  call.Observe(record, Inbound::kManual);
  call.reader().Request(1);
  EXPECT_TRUE(Get(record->end()).ok());
  EXPECT_EQ(record->count(), 100U);
}

// The end is no message, so nobody has to ask for it.
TEST_P(ObserverContractTest, ManuallyTheEndComesWithoutBeingAskedFor) {
  service_.download = Count;
  const ContractStub stub = Serve();
  auto call = stub.Download("3");
  const auto record = std::make_shared<Record>();
  call.Observe(record, Inbound::kManual);
  call.reader().Request(3);
  EXPECT_TRUE(Get(record->end()).ok());
  EXPECT_EQ(record->count(), 3U);

  auto failing = stub.Download("0", CallOptions().Metadata("Not-A-Key", "x"));
  const auto error = std::make_shared<Record>();
  failing.Observe(error, Inbound::kManual);
  EXPECT_EQ(Get(error->end()).code(), StatusCode::kInternal);
}

TEST_P(ObserverContractTest, ManuallyADeadlineIsTold) {
  std::promise<StatusCode> cancelled;
  service_.chat = [&](ServerContext& context, Reader<std::string>& reader, Writer<std::string>&) {
    return ReadToTheEnd(context, reader, cancelled);
  };
  auto call = Serve().Chat(CallOptions().Timeout(50ms));
  const auto record = std::make_shared<Record>();
  call.Observe(record, Inbound::kManual);
  EXPECT_EQ(Get(record->end()).code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Get(cancelled.get_future()), StatusCode::kDeadlineExceeded);
}

TEST_P(ObserverContractTest, ManuallyAnObserverThatDoesNotAskHoldsTheWriterUp) {
  std::atomic<int> written = 0;
  service_.download = [&written](ServerContext&, const std::string&, Writer<std::string>& writer) -> Task<Status> {
    const std::string message(10'000, 'm');
    while (written < 1000) {
      if (!co_await writer.Write(message)) break;
      ++written;
    }
    co_return Status();
  };
  auto call = Serve().Download("x");
  const auto record = std::make_shared<Record>();
  call.Observe(record, Inbound::kManual);
  call.reader().Request(3);
  AwaitMessages(*record, 3);
  for (int i = 0; i < 20; ++i) Rest();
  EXPECT_EQ(record->count(), 3U);
  EXPECT_LT(written, 300);
  call.reader().Request(1'000'000);
  EXPECT_TRUE(Get(record->end()).ok());
  EXPECT_EQ(record->count(), 1000U);
}

// --- writing by callback ---------------------------------------------------------------------------------------------

TEST_P(ObserverContractTest, OnReadyFollowsWhenTheWriterWasNotReady) {
  constexpr int kMessages = 2000;
  service_.upload = [](ServerContext&, Reader<std::string>& reader) -> Task<Result<std::string>> {
    std::size_t bytes = 0;
    while (std::optional<std::string> message = co_await reader.Next()) bytes += message->size();
    co_return std::to_string(bytes);
  };
  auto call = Serve().Upload();
  const std::string message(1000, 'm');
  int written = 0;
  std::promise<int> all_written;
  call.writer().OnReady([&, refused = 0]() mutable {
    while (written < kMessages && call.writer().IsReady()) {
      ASSERT_TRUE(call.writer().TryWrite(message));
      ++written;
    }
    if (written == kMessages) return all_written.set_value(refused);
    EXPECT_FALSE(call.writer().TryWrite(message));
    ++refused;
  });
  EXPECT_GT(Get(all_written.get_future()), 0) << "two megabytes were taken at once";
  EXPECT_EQ(*call.Finish().Wait(), "2000000");
}

TEST_P(ObserverContractTest, AWriterByCallbackWritesAllThereIs) {
  constexpr int kMessages = 2000;
  service_.chat = EchoEach;
  auto call = Serve().Chat();
  const std::string message(1000, 'm');
  int written = 0;
  int refused = 0;
  const auto record = std::make_shared<Record>();
  record->on_ready = [&] {
    while (written < kMessages && call.writer().TryWrite(message)) ++written;
    written == kMessages ? call.WritesDone() : void(++refused);
  };
  call.Observe(record);
  EXPECT_TRUE(Get(record->end()).ok());
  EXPECT_EQ(record->count(), std::size_t{kMessages});
  EXPECT_GT(refused, 0) << "two megabytes were taken at once";
}

TEST_P(ObserverContractTest, NothingIsWrittenAfterTheEnd) {
  service_.chat = [](ServerContext&, Reader<std::string>&, Writer<std::string>&) -> Task<Status> { return Status(); };
  auto call = Serve().Chat();
  const auto record = std::make_shared<Record>();
  bool ready = true;
  bool written = true;
  record->on_end = [&](const Status&) {
    ready = call.writer().IsReady();
    written = call.writer().TryWrite("x");
  };
  call.Observe(record);
  EXPECT_TRUE(Get(record->end()).ok());
  EXPECT_FALSE(ready);
  EXPECT_FALSE(written);
}

// --- on the server ---------------------------------------------------------------------------------------------------

// A handler whose requests go to an observer, and which ends when they do.
Task<Status> Observed(Reader<std::string>& reader, std::shared_ptr<Record> record, Inbound inbound,
                      std::size_t requests = 0) {
  auto ended = std::make_shared<Promise<bool>>();
  Task<Result<bool>> end = ended->task();
  record->on_end = [ended](const Status&) { ended->Set(true); };
  reader.Observe(std::move(record), inbound);
  if (requests > 0) reader.Request(requests);
  (void)co_await std::move(end);
  co_return Status();
}

TEST_P(ObserverContractTest, AHandlersObserverIsGivenRequestsAndTheirEnd) {
  const auto record = std::make_shared<Record>();
  service_.chat = [record](ServerContext&, Reader<std::string>& reader, Writer<std::string>& writer) {
    record->on_next = [&writer](const std::string& message) { EXPECT_TRUE(writer.TryWrite("seen " + message)); };
    return Observed(reader, record, Inbound::kAutomatic);
  };
  auto call = Serve().Chat();
  ASSERT_TRUE(call.Write("a").Wait());
  EXPECT_EQ(call.Next().Wait(), "seen a");
  ASSERT_TRUE(call.Write("b").Wait());
  EXPECT_EQ(call.Next().Wait(), "seen b");
  call.WritesDone();
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_TRUE(call.Finish().Wait().ok());
  EXPECT_TRUE(Get(record->end()).ok());
}

TEST_P(ObserverContractTest, AHandlersObserverIsToldWhenItsCallIsNotWanted) {
  for (const Inbound inbound : {Inbound::kAutomatic, Inbound::kManual}) {
    const auto record = std::make_shared<Record>();
    transport_ = GetParam().make();
    service_.chat = [record, inbound](ServerContext&, Reader<std::string>& reader,
                                      Writer<std::string>& writer) -> Task<Status> {
      co_await writer.Write("begun");
      co_return co_await Observed(reader, record, inbound);
    };
    auto call = Serve().Chat();
    EXPECT_EQ(call.Next().Wait(), "begun");
    call.Cancel();
    EXPECT_EQ(Get(record->end()).code(), StatusCode::kCancelled);
  }
}

TEST_P(ObserverContractTest, AHandlersObserverMayAskForRequestsOneByOne) {
  const auto record = std::make_shared<Record>();
  service_.chat = [record](ServerContext&, Reader<std::string>& reader, Writer<std::string>& writer) {
    record->on_next = [&reader, &writer](const std::string& message) {
      EXPECT_TRUE(writer.TryWrite(message));
      if (message != "enough") reader.Request(1);
    };
    return Observed(reader, record, Inbound::kManual, 1);
  };
  auto call = Serve().Chat();
  for (const char* const text : {"a", "b", "enough"}) {
    ASSERT_TRUE(call.Write(text).Wait());
    EXPECT_EQ(call.Next().Wait(), text);
  }
  ASSERT_TRUE(call.Write("too much").Wait());
  for (int i = 0; i < 20; ++i) Rest();
  EXPECT_THAT(record->messages(), ElementsAre("a", "b", "enough"));
}

// --- observers that throw --------------------------------------------------------------------------------------------

TEST_P(ObserverContractTest, AClientsObserverThatThrowsEndsItsCallAlone) {
  std::promise<StatusCode> cancelled;
  service_.chat = [&](ServerContext& context, Reader<std::string>& reader,
                      Writer<std::string>& writer) -> Task<Status> {
    co_await writer.Write("m");
    co_return co_await ReadToTheEnd(context, reader, cancelled);
  };
  service_.download = Count;
  const ContractStub stub = Serve();
  auto call = stub.Chat();
  const auto record = std::make_shared<Record>();
  record->on_next = [](const std::string&) { throw std::runtime_error("secret"); };
  call.Observe(record);
  const Status end = call.Finish().Wait();
  EXPECT_EQ(end.code(), StatusCode::kUnknown);
  EXPECT_THAT(end.message(), HasSubstr("threw"));
  EXPECT_EQ(Get(cancelled.get_future()), StatusCode::kCancelled);
  EXPECT_EQ(stub.Download("1").Next().Wait(), "0");
}

TEST_P(ObserverContractTest, AHandlersObserverThatThrowsEndsItsCallAlone) {
  service_.upload = [](ServerContext& context, Reader<std::string>& reader) -> Task<Result<std::string>> {
    const auto record = std::make_shared<Record>();
    record->on_next = [](const std::string&) { throw std::runtime_error("secret"); };
    auto cancelled = std::make_shared<Promise<bool>>();
    Task<Result<bool>> end = cancelled->task();
    context.OnCancel([cancelled] { cancelled->Set(true); });
    reader.Observe(record);
    (void)co_await std::move(end);
    co_return std::string("too late");
  };
  service_.download = Count;
  const ContractStub stub = Serve();
  auto call = stub.Upload();
  call.Write("m").Wait();
  const Result<std::string> reply = call.Finish().Wait();
  ASSERT_EQ(reply.code(), StatusCode::kUnknown);
  EXPECT_THAT(reply.error().message(), Not(HasSubstr("secret")));
  EXPECT_EQ(stub.Download("1").Next().Wait(), "0");
}

INSTANTIATE_TEST_SUITE_P(Transports, ObserverContractTest, ::testing::ValuesIn(AllTransports()), NameOf);

}  // namespace
}  // namespace rhei::inline v0::contract
