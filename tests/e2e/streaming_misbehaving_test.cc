// Streams against peers that do wrong, from both sides: each call ends with the status that fits, and the connection
// goes on where the protocol allows it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "testing/scripted_peer.h"
#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using namespace http2::testing;  // NOLINT(google-build-using-namespace): frames, in a test of frames
using http2::ErrorCode;
using http2::FrameType;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

const Fields kRequest = {{":method", "POST"},    {":scheme", "http"}, {":path", "/test.Test/Method"},
                         {":authority", "test"}, {"te", "trailers"},  {"content-type", "application/grpc"}};

// What a handler saw of its call.
struct Seen {
  std::vector<std::string> requests;
  bool ended = false;
  std::optional<StatusCode> cancelled;
};

// A server whose handlers read all requests and then reply with their number; and a client that is a script.
class ServerFixture : private GenericStreamingService {
 public:
  explicit ServerFixture(std::uint64_t seed = 1, const Limits& limits = {})
      : world(seed), server_runtime_(world.AddRuntime(1, std::make_shared<KeepingLogger>())), limits_(limits) {
    server_ = std::make_unique<Server>(ServerOptions().UseRuntime(server_runtime_).UseLimits(limits_));
    server_->AddGeneric(static_cast<GenericStreamingService&>(*this)).Listen(kServerAddress);
    EXPECT_TRUE(server_->Start().ok());
    peer = Connect();
  }
  ~ServerFixture() override {
    peer.reset();
    server_.reset();
    world.RunFor(3s);
  }

  std::unique_ptr<ScriptedPeer> Connect() {
    std::unique_ptr<runtime::ByteStream> stream;
    const auto operation = world.runtime()->loop(0).Connect(
        *runtime::Address::Parse(kServerAddress),
        [&](Result<std::unique_ptr<runtime::ByteStream>> connected) { stream = *std::move(connected); });
    EXPECT_TRUE(world.RunUntil([&] { return stream != nullptr; }));
    auto made = std::make_unique<ScriptedPeer>(std::move(stream));
    made->Send(ClientHello() + SettingsAck());
    return made;
  }

  // Sends these frames, and then another call's on the same connection, which is to go well.
  void SendAndGoOn(std::string_view frames) {
    peer->Send(frames);
    world.RunFor(1s);
    ExpectGoesOn();
  }
  void ExpectGoesOn() {
    next_ += 2;
    peer->Send(Headers(next_, Block(kRequest)) + Data(next_, GrpcMessage("a") + GrpcMessage("b"), true));
    world.RunFor(1s);
    EXPECT_EQ(peer->data(next_), GrpcMessage("2")) << "the connection does not go on";
  }
  void ExpectStatus(std::string_view code, std::string_view text) {
    const std::vector<Fields> blocks = peer->headers(1);
    ASSERT_FALSE(blocks.empty()) << text;
    EXPECT_THAT(blocks.back(), Contains(Pair("grpc-status", code))) << text;
    EXPECT_THAT(blocks.back(), Contains(Pair("grpc-message", HasSubstr(text))));
    EXPECT_TRUE(peer->ended(1));
  }

  SimulatedWorld world;
  std::unique_ptr<ScriptedPeer> peer;
  std::vector<std::unique_ptr<Seen>> seen;  // by handler

 private:
  Task<Status> Call(ServerContext& context, Reader<std::string>& reader, Writer<std::string>& writer) override {
    Seen& mine = *seen.emplace_back(std::make_unique<Seen>());
    while (std::optional<std::string> request = co_await reader.Next()) mine.requests.push_back(*request);
    mine.ended = true;
    if (context.IsCancelled()) mine.cancelled = context.CancellationCause()->code();
    const std::string reply = std::to_string(mine.requests.size());
    (void)co_await writer.Write(reply);
    co_return Status();
  }

  std::shared_ptr<Runtime> server_runtime_;
  const Limits limits_;
  std::unique_ptr<Server> server_;
  std::uint32_t next_ = 1;
};

std::string Begin() { return Headers(1, Block(kRequest)); }

TEST(StreamingClientScriptTest, TheScriptItselfAsksRightly) {
  ServerFixture fixture;
  fixture.SendAndGoOn(Begin() + Data(1, GrpcMessage("x")) + Data(1, GrpcMessage("y")) + Data(1, "", true));
  EXPECT_EQ(fixture.peer->data(1), GrpcMessage("2"));
  EXPECT_THAT(fixture.seen[0]->requests, ElementsAre("x", "y"));
  EXPECT_FALSE(fixture.seen[0]->cancelled);
}

// RFC 9113 §5.1: for DATA on a half-closed stream the whole connection may be, and is, ended.
TEST(StreamingClientScriptTest, MessagesAfterTheHalfCloseEndTheConnectionAlone) {
  ServerFixture fixture;
  fixture.peer->Send(Begin() + Data(1, GrpcMessage("x"), true) + Data(1, GrpcMessage("too late")));
  fixture.world.RunFor(5s);
  const std::vector<SeenFrame> goodbye = fixture.peer->frames(FrameType::kGoAway);
  const std::vector<SeenFrame> reset = fixture.peer->frames(FrameType::kRstStream, 1);
  ASSERT_EQ(goodbye.size() + reset.size(), 1U);
  EXPECT_EQ((goodbye.empty() ? reset : goodbye)[0].code(), ErrorCode::kStreamClosed);
  ASSERT_EQ(fixture.seen.size(), 1U);
  EXPECT_THAT(fixture.seen[0]->requests, ElementsAre("x"));
  // Others do not feel it.
  fixture.peer = fixture.Connect();
  fixture.ExpectGoesOn();
}

TEST(StreamingClientScriptTest, RequestsThatEndInTheMiddleOfAMessage) {
  for (const std::size_t cut : {1, 4, 5, 9}) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      ServerFixture fixture(seed);
      fixture.SendAndGoOn(Begin() + Data(1, GrpcMessage("x") + GrpcMessage("abcdef").substr(0, cut), true));
      fixture.ExpectStatus("13", "middle of a message");
      EXPECT_THAT(fixture.seen[0]->requests, ElementsAre("x"));
      EXPECT_EQ(fixture.seen[0]->cancelled, StatusCode::kInternal);
    }
  }
}

TEST(StreamingClientScriptTest, AResetInTheMiddleOfAMessageCancelsTheHandler) {
  for (const std::size_t cut : {0, 3, 9}) {
    ServerFixture fixture;
    fixture.SendAndGoOn(Begin() + Data(1, GrpcMessage("x") + GrpcMessage("abcdef").substr(0, cut)) +
                        RstStream(1, ErrorCode::kCancel));
    EXPECT_TRUE(fixture.seen[0]->ended);
    EXPECT_EQ(fixture.seen[0]->cancelled, StatusCode::kCancelled);
    EXPECT_THAT(fixture.peer->headers(1), IsEmpty());
  }
}

TEST(StreamingClientScriptTest, AConnectionThatIsLostInTheMiddleOfAMessageCancelsTheHandler) {
  ServerFixture fixture;
  fixture.peer->Send(Begin() + Data(1, GrpcMessage("x") + GrpcMessage("abcdef").substr(0, 8)));
  fixture.world.RunFor(1s);
  ASSERT_EQ(fixture.seen.size(), 1U);
  EXPECT_FALSE(fixture.seen[0]->ended);
  fixture.peer->Close();
  fixture.world.RunFor(1s);
  EXPECT_EQ(fixture.seen[0]->cancelled, StatusCode::kUnavailable);
  fixture.peer = fixture.Connect();
  fixture.ExpectGoesOn();
}

TEST(StreamingClientScriptTest, ACompressedMessageIsInternal) {
  ServerFixture fixture;
  fixture.SendAndGoOn(Begin() + Data(1, GrpcMessage("x") + GrpcMessage("zipped", 1)));
  fixture.ExpectStatus("13", "compressed");
  EXPECT_THAT(fixture.seen[0]->requests, ElementsAre("x"));
  EXPECT_EQ(fixture.seen[0]->cancelled, StatusCode::kInternal);
}

// Refused when it is announced, not when it has been sent.
TEST(StreamingClientScriptTest, AnAnnouncementThatIsTooLargeIsRefusedAtOnce) {
  ServerFixture fixture;
  fixture.SendAndGoOn(Begin() + Data(1, GrpcMessage("x") + std::string("\0\xff\xff\xff\xff", 5)));
  fixture.ExpectStatus("8", "4294967295");
  EXPECT_EQ(fixture.seen[0]->cancelled, StatusCode::kResourceExhausted);
}

// What a stream is still sent after its early end is taken and forgotten.
TEST(StreamingClientScriptTest, DataForACallThatHasItsAnswerIsSwallowed) {
  Limits limits;
  limits.connection_window = 100'000;
  ServerFixture fixture(1, limits);
  std::string frames = Begin() + Data(1, GrpcMessage("zipped", 1));
  fixture.peer->Send(frames);
  fixture.world.RunFor(1s);
  // The peer may not have seen its reset yet. More than the connection's window in all.
  for (int i = 0; i < 20; ++i) {
    fixture.peer->Send(Data(1, std::string(10'000, 'x')));
    fixture.world.RunFor(100ms);
  }
  fixture.ExpectGoesOn();
}

TEST(StreamingClientScriptTest, ACallThatIsHeldUpForUnreadAnswersKeepsItsMessages) {
  Limits limits;
  limits.answer_buffer = 0;
  ServerFixture fixture(1, limits);
  std::string bytes = Settings({{http2::SettingId::kInitialWindowSize, 0}});
  for (const std::uint32_t stream : {1U, 3U}) {
    bytes += Headers(stream, Block(kRequest)) + Data(stream, GrpcMessage("a") + GrpcMessage("b"), true);
  }
  fixture.peer->Send(bytes);
  fixture.world.RunFor(1s);
  fixture.peer->Send(Headers(9, Block(kRequest)) + Data(9, GrpcMessage("a")) + Headers(11, Block(kRequest)) +
                     Data(11, GrpcMessage("a")));
  fixture.world.RunFor(1s);
  fixture.peer->Send(RstStream(11, ErrorCode::kCancel) + Data(9, GrpcMessage("b"), true));
  fixture.world.RunFor(1s);
  EXPECT_TRUE(fixture.peer->headers(9).empty());
  fixture.peer->Send(Settings({{http2::SettingId::kInitialWindowSize, 1000}}));
  fixture.world.RunFor(1s);
  EXPECT_EQ(fixture.peer->data(1), GrpcMessage("2"));
  EXPECT_EQ(fixture.peer->data(9), GrpcMessage("2"));
  EXPECT_TRUE(fixture.peer->headers(11).empty());
}

TEST(StreamingClientScriptTest, AStreamsWindowThatOverflowsIsAFlowControlError) {
  class Unread final : public GenericStreamingService {
   public:
    Task<Status> Call(ServerContext& context, Reader<std::string>&, Writer<std::string>&) override {
      Promise<bool> cancelled;
      Task<Result<bool>> end = cancelled.task();
      auto set = [&cancelled] { cancelled.Set(true); };
      context.OnCancel(std::move(set));
      (void)co_await std::move(end);
      cause = context.CancellationCause()->code();
      co_return Status();
    }
    std::optional<StatusCode> cause;
  };
  SimulatedWorld world(1);
  Unread service;
  Server server(ServerOptions().UseRuntime(world.AddRuntime(1, std::make_shared<KeepingLogger>())));
  server.AddGeneric(service).Listen(kServerAddress);
  ASSERT_TRUE(server.Start().ok());
  std::unique_ptr<runtime::ByteStream> stream;
  const auto operation = world.runtime()->loop(0).Connect(
      *runtime::Address::Parse(kServerAddress),
      [&](Result<std::unique_ptr<runtime::ByteStream>> connected) { stream = *std::move(connected); });
  ASSERT_TRUE(world.RunUntil([&] { return stream != nullptr; }));
  ScriptedPeer peer(std::move(stream));
  peer.Send(ClientHello() + SettingsAck() + Begin());
  // As much as its window takes, and a byte.
  for (int i = 0; i < 4; ++i) peer.Send(Data(1, std::string(16'384, '\0')));
  world.RunFor(1s);
  const std::vector<SeenFrame> resets = peer.frames(FrameType::kRstStream, 1);
  const std::vector<SeenFrame> goodbyes = peer.frames(FrameType::kGoAway);
  ASSERT_EQ(resets.size() + goodbyes.size(), 1U);
  EXPECT_EQ((resets.empty() ? goodbyes : resets)[0].code(), ErrorCode::kFlowControlError);
  EXPECT_TRUE(service.cause.has_value());
}

// --- a server that does wrong ----------------------------------------------------------------------------------------

const Fields kHead = {{":status", "200"}, {"content-type", "application/grpc"}};
const Fields kOk = {{"grpc-status", "0"}};

// A scripted server: the first request that it has is answered by a script, the others rightly.
class ClientFixture {
 public:
  // `closes`: behind the script the connection ends.
  explicit ClientFixture(std::string answer, std::uint64_t seed = 1, bool closes = false)
      : stack(Echo, seed),
        server(stack.server_runtime->loop(0), *runtime::Address::Parse(kServerAddress),
               [this](ScriptedPeer& peer) {
                 peer.Send(Settings());
                 peer.on_input = [this, &peer] { AnswerNew(peer); };
               }),
        stub(stack.Stub()),
        answer_(std::move(answer)),
        closes_(closes) {}

  // The replies, and how the call ended.
  Status Call() {
    auto call = stub.Stream(kMethod);
    (void)call.Write("request").Wait();
    while (std::optional<std::string> reply = call.Next().Wait()) replies.push_back(*reply);
    EXPECT_FALSE(call.Write("more").Wait());
    Status status = call.Finish().Wait();
    auto next = stub.Stream(kMethod);
    EXPECT_EQ(next.Next().Wait(), "fine") << "the channel does not go on";
    EXPECT_TRUE(next.Finish().Wait().ok());
    return status;
  }

  std::vector<std::string> replies;
  SimulatedStack stack;
  ScriptedServer server;
  GenericStub stub;

 private:
  void AnswerNew(ScriptedPeer& peer) {
    for (const std::uint32_t stream : {1U, 3U}) {
      if (peer.headers(stream).empty() || !answered_.insert({&peer, stream}).second) continue;
      if (answered_.size() > 1) {
        peer.Send(Headers(stream, Block(kHead)) + Data(stream, GrpcMessage("fine")) +
                  Headers(stream, Block(kOk), true));
        continue;
      }
      peer.Send(answer_);
      if (closes_) peer.ShutdownWrite();
    }
  }

  const std::string answer_;
  const bool closes_;
  std::set<std::pair<const ScriptedPeer*, std::uint32_t>> answered_;
};

struct Outcome {
  StatusCode code;
  std::string message;
  std::vector<std::string> replies;
  std::size_t connections;
};

// For every way in which the network may cut what it carries the outcome is the same.
Outcome CallWith(const std::string& answer, bool closes = false) {
  std::optional<Outcome> first;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    ClientFixture fixture(answer, seed, closes);
    const Status status = fixture.Call();
    Outcome outcome{status.code(), std::string(status.message()), fixture.replies, fixture.server.peers.size()};
    if (!first) {
      first = std::move(outcome);
    } else {
      EXPECT_EQ(outcome.code, first->code) << "seed " << seed;
    }
  }
  return *std::move(first);
}

std::string ReplyHead() { return Headers(1, Block(kHead)); }
std::string ReplyEnd() { return Headers(1, Block(kOk), true); }

TEST(StreamingServerScriptTest, TheScriptItselfAnswersRightly) {
  const Outcome outcome = CallWith(ReplyHead() + Data(1, GrpcMessage("a") + GrpcMessage("b")) + ReplyEnd());
  EXPECT_EQ(outcome.code, StatusCode::kOk) << outcome.message;
  EXPECT_THAT(outcome.replies, ElementsAre("a", "b"));
  // It has answered before the client's half-close, so what is left of the stream is reset, and the connection stays.
  EXPECT_EQ(outcome.connections, 1U);
}

TEST(StreamingServerScriptTest, AnAnswerBeforeTheHalfCloseGivesTheStreamBack) {
  ClientFixture fixture(ReplyHead() + ReplyEnd());
  EXPECT_TRUE(fixture.Call().ok());
  fixture.stack.world.RunFor(1s);
  EXPECT_EQ(fixture.server.peers[0]->frames(FrameType::kRstStream, 1).size(), 1U);
}

TEST(StreamingServerScriptTest, RepliesThatEndInTheMiddleOfAMessage) {
  for (const std::size_t cut : {1, 5, 9}) {
    const Outcome outcome =
        CallWith(ReplyHead() + Data(1, GrpcMessage("a") + GrpcMessage("abcdef").substr(0, cut)) + ReplyEnd());
    EXPECT_EQ(outcome.code, StatusCode::kInternal);
    EXPECT_THAT(outcome.message, HasSubstr("middle of a message"));
    EXPECT_THAT(outcome.replies, ElementsAre("a"));
    EXPECT_EQ(outcome.connections, 1U);
  }
}

TEST(StreamingServerScriptTest, AnErrorCountsWhateverItInterrupts) {
  const Outcome outcome = CallWith(ReplyHead() + Data(1, GrpcMessage("a") + GrpcMessage("abcdef").substr(0, 8)) +
                                   Headers(1, Block({{"grpc-status", "14"}, {"grpc-message", "going away"}}), true));
  EXPECT_EQ(outcome.code, StatusCode::kUnavailable);
  EXPECT_EQ(outcome.message, "going away");
  EXPECT_THAT(outcome.replies, ElementsAre("a"));
}

TEST(StreamingServerScriptTest, AResetInTheMiddleOfAMessage) {
  for (const auto& [error, code] : {std::pair(ErrorCode::kCancel, StatusCode::kCancelled),
                                    std::pair(ErrorCode::kInternalError, StatusCode::kInternal),
                                    std::pair(ErrorCode::kEnhanceYourCalm, StatusCode::kResourceExhausted)}) {
    const Outcome outcome = CallWith(ReplyHead() + Data(1, GrpcMessage("abcdef").substr(0, 8)) + RstStream(1, error));
    EXPECT_EQ(outcome.code, code);
    EXPECT_THAT(outcome.replies, IsEmpty());
    EXPECT_EQ(outcome.connections, 1U);
  }
}

TEST(StreamingServerScriptTest, AConnectionThatIsLostInTheMiddleOfAMessage) {
  const Outcome outcome = CallWith(ReplyHead() + Data(1, GrpcMessage("abcdef").substr(0, 8)), true);
  EXPECT_EQ(outcome.code, StatusCode::kUnavailable);
  EXPECT_THAT(outcome.message, HasSubstr("lost"));
  EXPECT_EQ(outcome.connections, 2U);
}

TEST(StreamingServerScriptTest, AnEndWithoutAStatus) {
  for (const std::string& end : {Data(1, "", true), Headers(1, Block({{"x", "y"}}), true)}) {
    const Outcome outcome = CallWith(ReplyHead() + Data(1, GrpcMessage("a")) + end);
    EXPECT_EQ(outcome.code, StatusCode::kUnknown);
    EXPECT_THAT(outcome.message, HasSubstr("grpc-status"));
    EXPECT_THAT(outcome.replies, ElementsAre("a"));
    EXPECT_EQ(outcome.connections, 1U);
  }
}

// RFC 9113 §5.1: on a closed stream DATA may end the connection, which is replaced.
TEST(StreamingServerScriptTest, DataAfterTheTrailersDoesNotReachTheCall) {
  const Outcome outcome =
      CallWith(ReplyHead() + Data(1, GrpcMessage("a")) + ReplyEnd() + Data(1, GrpcMessage("too late")));
  EXPECT_EQ(outcome.code, StatusCode::kOk) << outcome.message;
  EXPECT_THAT(outcome.replies, ElementsAre("a"));
}

TEST(StreamingServerScriptTest, ACompressedMessageIsInternal) {
  for (const std::string& end : {std::string(), ReplyEnd()}) {
    const Outcome outcome = CallWith(ReplyHead() + Data(1, GrpcMessage("a") + GrpcMessage("zipped", 1)) + end);
    EXPECT_EQ(outcome.code, StatusCode::kInternal);
    EXPECT_THAT(outcome.message, HasSubstr("compressed"));
    EXPECT_THAT(outcome.replies, ElementsAre("a"));
    EXPECT_EQ(outcome.connections, 1U);
  }
}

TEST(StreamingServerScriptTest, AnAnnouncementThatIsTooLargeIsGivenUpAtOnce) {
  for (const std::string& end : {std::string(), ReplyEnd()}) {
    const Outcome outcome = CallWith(ReplyHead() + Data(1, std::string("\0\xff\xff\xff\xff", 5)) + end);
    EXPECT_EQ(outcome.code, StatusCode::kResourceExhausted);
    EXPECT_THAT(outcome.message, HasSubstr("4294967295"));
    EXPECT_EQ(outcome.connections, 1U);
  }
}

// RFC 9113 §5.2.1 leaves the choice; here it is the connection that ends, and the channel that goes on.
TEST(StreamingServerScriptTest, AStreamsWindowThatOverflowsEndsTheConnection) {
  ClientFixture fixture([] {
    std::string answer = ReplyHead();
    for (int i = 0; i < 4; ++i) answer += Data(1, std::string(16'384, '\0'));
    return answer;
  }());
  auto call = fixture.stub.Stream(kMethod);
  (void)call.Write("request").Wait();
  // Nobody reads, so nothing is given back.
  const Status status = call.Finish().Wait();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("window"));
  auto next = fixture.stub.Stream(kMethod);
  EXPECT_EQ(next.Next().Wait(), "fine");
}

}  // namespace
}  // namespace rhei::inline v0::testing
