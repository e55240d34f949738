// A call that its client ends, by Cancel, its deadline or a limit: it ends at once, and nothing of it is read any more;
// on every transport.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
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

class OwnEndContractTest : public ContractTest {
 protected:
  // Handlers may be telling their end still.
  ~OwnEndContractTest() override { transport_.reset(); }

  // A server that says three things, of which nobody has read one, and then listens.
  Chat CallWithUnreadReplies(const CallOptions& options = CallOptions()) {
    service_.chat = [this](ServerContext& context, Reader<std::string>& reader,
                           Writer<std::string>& writer) -> Task<Status> {
      for (const char* const text : {"a", "b", "c"}) (void)co_await writer.Write(text);
      said_.set_value();
      co_return co_await ReadToTheEnd(context, reader, cancelled_);
    };
    Chat call = Serve().Chat(options);
    Get(said_.get_future());
    transport_->Settle();
    return call;
  }
  void AwaitEnd(Chat& call) {
    while (call.Write("x").Wait()) transport_->Settle();
  }

  std::promise<void> said_;
  std::promise<StatusCode> cancelled_;
};

TEST_P(OwnEndContractTest, ADeadlineDropsWhatIsUnread) {
  Chat call = CallWithUnreadReplies(CallOptions().Timeout(150ms));
  AwaitEnd(call);
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Get(cancelled_.get_future()), StatusCode::kDeadlineExceeded);
}

TEST_P(OwnEndContractTest, CancelDropsWhatIsUnread) {
  Chat call = CallWithUnreadReplies();
  call.Cancel();
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kCancelled);
  EXPECT_EQ(Get(cancelled_.get_future()), StatusCode::kCancelled);
}

TEST_P(OwnEndContractTest, AMessageThatMustNotBeSentDropsWhatIsUnread) {
  service_.chat = [this](ServerContext&, Reader<std::string>& reader, Writer<std::string>& writer) -> Task<Status> {
    (void)co_await writer.Write("unread");
    said_.set_value();
    while (co_await reader.Next()) {
    }
    co_return Status();
  };
  (void)ServeChannel();
  Limits limits;
  limits.max_send_message = 10;
  const ContractStub stub(transport_->Connect(ChannelOptions().UseLimits(limits)));
  Chat call = stub.Chat();
  Get(said_.get_future());
  transport_->Settle();
  (void)call.Write("more than ten bytes").Wait();
  EXPECT_EQ(call.Next().Wait(), std::nullopt);
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kResourceExhausted);
}

class Listener final : public StreamObserver<std::string> {
 public:
  void OnNext(std::string& message) override { seen += message; }
  void OnError(const Error& error) override { end.set_value(error); }
  void OnCompleted() override { end.set_value(Status()); }

  std::string seen;
  std::promise<Status> end;
};

TEST_P(OwnEndContractTest, AnObserverThatHasNotAskedIsToldOfADeadlineAtOnce) {
  Chat call = CallWithUnreadReplies(CallOptions().Timeout(150ms));
  const auto listener = std::make_shared<Listener>();
  call.Observe(listener, Inbound::kManual);
  EXPECT_EQ(Get(listener->end.get_future()).code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(listener->seen, "");
}

// Holds up the end of a call until somebody cancels it.
class Holding final : public Interceptor {
 public:
  explicit Holding(bool looks) : looks_(looks) {}
  std::string_view name() const override { return "holding"; }
  Task<Trailers> Intercept(CallInfo&, Call& call, Next next) override {
    if (looks_) call.OnReply([](AnyMessage&) { return Status(); });
    Trailers trailers = co_await next();
    attempt_done.set_value();
    (void)co_await go_on.task();
    co_return trailers;
  }
  std::promise<void> attempt_done;
  Promise<bool> go_on;

 private:
  const bool looks_;
};

// The server has ended it, but its interceptors have not.
TEST_P(OwnEndContractTest, ACallThatItsInterceptorsHoldUpDropsWhatIsUnread) {
  for (const bool looks : {false, true}) {
    for (const bool by_deadline : {false, true}) {
      transport_ = GetParam().make();
      service_.download = Count;
      const auto holding = std::make_shared<Holding>(looks);
      CallOptions options = CallOptions().Intercept(holding);
      if (by_deadline) options.Timeout(150ms);
      auto call = Serve().Download("3", options);
      Get(holding->attempt_done.get_future());
      if (!by_deadline) call.Cancel();
      EXPECT_EQ(call.Finish().Wait().code(), by_deadline ? StatusCode::kDeadlineExceeded : StatusCode::kCancelled);
      EXPECT_EQ(call.Next().Wait(), std::nullopt);
      holding->go_on.Set(true);
      transport_->Settle();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Transports, OwnEndContractTest, ::testing::ValuesIn(AllTransports()), NameOf);

}  // namespace
}  // namespace rhei::inline v0::contract
