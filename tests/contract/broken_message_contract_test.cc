// Messages that their reader cannot parse, on every transport.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/contract/contract_test.h"

namespace rhei::inline v0 {
namespace contract {

// A message of which some bytes are broken.
struct Word {
  std::string text;
};

}  // namespace contract

template <>
struct Codec<contract::Word> {
  static std::optional<std::size_t> Size(const contract::Word& word) { return word.text.size(); }
  static void Write(const contract::Word& word, char* to) { word.text.copy(to, word.text.size()); }
  static bool Read(std::string_view bytes, contract::Word& word) {
    word.text = bytes;
    return bytes != "broken";
  }
};

namespace contract {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Chat = BidiStreamingCall<std::string, Word>;

Task<Status> SayAndEnd(Writer<std::string>& writer, std::vector<std::string> words, Status end = Status()) {
  for (const std::string& word : words) (void)co_await writer.Write(word);
  co_return end;
}

class BrokenMessageContractTest : public ContractTest {
 protected:
  Method Find(const char* name) const { return channel_->FindMethod("/contract.Contract/" + std::string(name)); }
  // What the server says and ends with has arrived before anything of it is read.
  Chat CallThatIsOver(std::vector<std::string> words, Status end = Status(), CallOptions options = CallOptions()) {
    service_.chat = [words = std::move(words), end = std::move(end)](ServerContext&, Reader<std::string>&,
                                                                     Writer<std::string>& writer) {
      return SayAndEnd(writer, words, end);
    };
    channel_ = ServeChannel();
    Chat call = StartBidiStreaming<std::string, Word>(*channel_, Find("Chat"), options);
    while (call.Write("and?").Wait()) transport_->Settle();
    return call;
  }

  std::optional<Channel> channel_;
};

void ExpectBroken(const Status& status) {
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_THAT(status.message(), HasSubstr("of 6 bytes cannot be parsed"));
}

TEST_P(BrokenMessageContractTest, TheOneReplyOfACall) {
  service_.unary = [](ServerContext&, const std::string& request) -> Task<Result<std::string>> { return request; };
  service_.upload = [](ServerContext&, Reader<std::string>&) -> Task<Result<std::string>> {
    return std::string("broken");
  };
  channel_ = ServeChannel();
  const std::string request = "broken";
  EXPECT_EQ(StartUnary<Word>(*channel_, Find("Unary"), request, CallOptions()).Wait().code(), StatusCode::kInternal);
  auto upload = StartClientStreaming<std::string, Word>(*channel_, Find("Upload"), CallOptions());
  EXPECT_EQ(upload.Finish().Wait().code(), StatusCode::kInternal);
}

TEST_P(BrokenMessageContractTest, AReplyThatIsReadWhileTheCallGoesOn) {
  std::promise<StatusCode> cancelled;
  service_.chat = [&](ServerContext& context, Reader<std::string>& reader,
                      Writer<std::string>& writer) -> Task<Status> {
    const std::vector<std::string> words = {"fine", "broken", "fine"};
    for (const std::string& word : words) (void)co_await writer.Write(word);
    co_return co_await ReadToTheEnd(context, reader, cancelled);
  };
  channel_ = ServeChannel();
  Chat call = StartBidiStreaming<std::string, Word>(*channel_, Find("Chat"), CallOptions());
  EXPECT_EQ(call.Next().Wait()->text, "fine");
  EXPECT_FALSE(call.Next().Wait().has_value());
  EXPECT_FALSE(call.Next().Wait().has_value());
  ExpectBroken(call.Finish().Wait());
  EXPECT_EQ(Get(cancelled.get_future()), StatusCode::kCancelled);
}

TEST_P(BrokenMessageContractTest, AReplyThatIsReadAfterTheEnd) {
  Chat call = CallThatIsOver({"fine", "broken", "fine"});
  EXPECT_EQ(call.Next().Wait()->text, "fine");
  EXPECT_FALSE(call.Next().Wait().has_value());
  EXPECT_FALSE(call.Next().Wait().has_value());
  ExpectBroken(call.Finish().Wait());
}

// What the server says has no weight any more, whenever the reply is read.
TEST_P(BrokenMessageContractTest, AReplyAheadOfAnError) {
  Chat call = CallThatIsOver({"broken"}, Error(StatusCode::kDataLoss, "no more"));
  EXPECT_FALSE(call.Next().Wait().has_value());
  ExpectBroken(call.Finish().Wait());
}

// Nobody has looked at it.
TEST_P(BrokenMessageContractTest, AReplyThatIsNotRead) {
  Chat call = CallThatIsOver({"fine", "broken"});
  EXPECT_EQ(call.Next().Wait()->text, "fine");
  // An interceptor that looks at replies has seen it, before anybody has read it.
  const bool looked_at = GetParam().name.starts_with("Intercepted");
  EXPECT_EQ(call.Finish().Wait().code(), looked_at ? StatusCode::kInternal : StatusCode::kOk);
}

// Keeps what it is told, of a call whose replies are not read in time.
class Listener final : public StreamObserver<Word> {
 public:
  void OnNext(Word& word) override { words += word.text + ";"; }
  void OnError(const Error& error) override { end.set_value(error); }
  void OnCompleted() override { end.set_value(Status()); }

  std::string words;
  std::promise<Status> end;
};

TEST_P(BrokenMessageContractTest, AReplyThatAnObserverIsGivenAfterTheEnd) {
  Chat call = CallThatIsOver({"fine", "broken", "fine"});
  const auto listener = std::make_shared<Listener>();
  call.Observe(listener);
  ExpectBroken(Get(listener->end.get_future()));
  EXPECT_EQ(listener->words, "fine;");
  ExpectBroken(call.Finish().Wait());
}

// Looks at replies, and tells how the call has ended.
class Witness final : public Interceptor {
 public:
  std::string_view name() const override { return "witness"; }
  Task<Trailers> Intercept(CallInfo&, Call& call, Next next) override {
    call.OnReply([](AnyMessage&) { return Status(); });
    Trailers trailers = co_await next();
    seen.set_value(trailers.status);
    co_return trailers;
  }
  std::promise<Status> seen;
};

TEST_P(BrokenMessageContractTest, InterceptorsThatLookAtRepliesAreToldToo) {
  const auto witness = std::make_shared<Witness>();
  Chat call = CallThatIsOver({"fine", "broken"}, Status(), CallOptions().Intercept(witness));
  EXPECT_EQ(call.Next().Wait()->text, "fine");
  EXPECT_FALSE(call.Next().Wait().has_value());
  ExpectBroken(call.Finish().Wait());
  ExpectBroken(Get(witness->seen.get_future()));
}

// An observer's mistake ends the call as well as its peer's, whenever it happens.
TEST_P(BrokenMessageContractTest, AnObserverThatThrowsAfterTheEnd) {
  class Throwing final : public StreamObserver<Word> {
   public:
    void OnNext(Word&) override { throw std::runtime_error("secret"); }
    void OnError(const Error&) override {}
    void OnCompleted() override {}
  };
  Chat call = CallThatIsOver({"fine"});
  call.Observe(std::make_shared<Throwing>());
  transport_->Settle();
  // Comes back when the observer has had its turn.
  EXPECT_FALSE(call.Next().Wait().has_value());
  EXPECT_EQ(call.Finish().Wait().code(), StatusCode::kUnknown);
}

INSTANTIATE_TEST_SUITE_P(Transports, BrokenMessageContractTest, ::testing::ValuesIn(AllTransports()), NameOf);

}  // namespace
}  // namespace contract
}  // namespace rhei::inline v0
