// A client against servers that do wrong: each call ends once, with the status that fits, and the channel goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
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
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// A scripted server in a simulated world, and a channel to it.
class Fixture {
 public:
  using Answer = std::function<void(ScriptedPeer&, std::uint32_t stream)>;

  // `answer` is called once for each request that has arrived whole.
  explicit Fixture(Answer answer, std::string hello = Settings(), std::uint64_t seed = 1)
      : stack(Echo, seed),
        server(stack.server_runtime->loop(0), *runtime::Address::Parse(kServerAddress),
               [this, answer = std::move(answer), hello = std::move(hello)](ScriptedPeer& peer) {
                 peer.Send(hello);
                 peer.on_input = [this, &peer, answer] { AnswerNew(peer, answer); };
               }) {}

  Result<std::string> Call() {
    auto call = stack.Stub().Call(kMethod, "x");
    Result<std::string> reply = call.Wait();
    stack.world.RunFor(100ms);
    return reply;
  }

  SimulatedStack stack;
  ScriptedServer server;

 private:
  void AnswerNew(ScriptedPeer& peer, const Answer& answer) {
    for (std::uint32_t stream = 1; stream < 20; stream += 2) {
      if (!peer.ended(stream) || !answered_[&peer].insert(stream).second) continue;
      answer(peer, stream);
    }
  }

  std::map<const ScriptedPeer*, std::set<std::uint32_t>> answered_;
};

const Fields kHead = {{":status", "200"}, {"content-type", "application/grpc"}};
const Fields kOk = {{"grpc-status", "0"}};

std::string Reply(std::uint32_t stream, const std::string& data) {
  return Headers(stream, Block(kHead)) + Data(stream, data) + Headers(stream, Block(kOk), true);
}

// Sends these bytes for every request.
Fixture::Answer Send(std::function<std::string(std::uint32_t)> bytes) {
  return [bytes = std::move(bytes)](ScriptedPeer& peer, std::uint32_t stream) { peer.Send(bytes(stream)); };
}

// For every way in which the network may cut what it carries the outcome is the same.
Result<std::string> CallWith(const std::function<std::string(std::uint32_t)>& bytes) {
  std::optional<Result<std::string>> first;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Fixture fixture(Send(bytes), Settings(), seed);
    Result<std::string> reply = fixture.Call();
    if (!first.has_value()) {
      first = std::move(reply);
    } else {
      EXPECT_EQ(reply.code(), first->code()) << "seed " << seed;
    }
  }
  return *std::move(first);
}

TEST(MisbehavingServerTest, TheScriptItselfAnswersRightly) {
  const Result<std::string> reply = CallWith([](std::uint32_t stream) { return Reply(stream, GrpcMessage("fine")); });
  ASSERT_TRUE(reply.ok()) << reply.error().ToString();
  EXPECT_EQ(*reply, "fine");
}

TEST(MisbehavingServerTest, HttpStatusWithoutGrpcStatus) {
  constexpr std::pair<int, StatusCode> kTable[] = {
      {400, StatusCode::kInternal},      {401, StatusCode::kUnauthenticated}, {403, StatusCode::kPermissionDenied},
      {404, StatusCode::kUnimplemented}, {429, StatusCode::kUnavailable},     {500, StatusCode::kUnknown},
      {502, StatusCode::kUnavailable},   {503, StatusCode::kUnavailable},     {504, StatusCode::kUnavailable}};
  for (const auto& [http, code] : kTable) {
    const std::string status = std::to_string(http);
    const Result<std::string> reply = CallWith([&](std::uint32_t stream) {
      return Headers(stream, Block({{":status", status}, {"content-type", "text/html"}})) +
             Data(stream, "<html>a proxy's page</html>", true);
    });
    EXPECT_EQ(reply.code(), code) << http;
    EXPECT_THAT(reply.error().message(), AllOf(HasSubstr(status), HasSubstr(kMethod), HasSubstr(kServerAddress)));
  }
}

TEST(MisbehavingServerTest, AContentTypeThatIsNotGrpcs) {
  const Result<std::string> reply = CallWith([](std::uint32_t stream) {
    return Headers(stream, Block({{":status", "200"}, {"content-type", "text/html"}})) + Data(stream, "<html>", true);
  });
  EXPECT_EQ(reply.code(), StatusCode::kUnknown);
  EXPECT_THAT(reply.error().message(), HasSubstr("content-type"));
  // Not even with a status that says OK.
  const Result<std::string> ok = CallWith([](std::uint32_t stream) {
    return Headers(stream, Block({{":status", "200"}, {"content-type", "text/html"}})) +
           Data(stream, GrpcMessage("page")) + Headers(stream, Block(kOk), true);
  });
  EXPECT_EQ(ok.code(), StatusCode::kUnknown);
}

TEST(MisbehavingServerTest, AnErrorStatusCountsWhateverTheHttpStatusIs) {
  const Result<std::string> reply = CallWith([](std::uint32_t stream) {
    return Headers(stream, Block({{":status", "502"}, {"grpc-status", "5"}, {"grpc-message", "no"}}), true);
  });
  EXPECT_EQ(reply.code(), StatusCode::kNotFound);
  EXPECT_EQ(reply.error().message(), "no");
}

TEST(MisbehavingServerTest, NoGrpcStatusOrOneThatIsNoNumber) {
  for (const Fields& trailers : {Fields{{"x", "y"}}, Fields{{"grpc-status", "OK"}}, Fields{{"grpc-status", ""}}}) {
    const Result<std::string> reply = CallWith([&](std::uint32_t stream) {
      return Headers(stream, Block(kHead)) + Data(stream, GrpcMessage("m")) + Headers(stream, Block(trailers), true);
    });
    EXPECT_EQ(reply.code(), StatusCode::kUnknown);
  }
  const Result<std::string> data_only = CallWith(
      [&](std::uint32_t stream) { return Headers(stream, Block(kHead)) + Data(stream, GrpcMessage("m"), true); });
  EXPECT_EQ(data_only.code(), StatusCode::kUnknown);
  // A status in the headers counts only where nothing follows them.
  const Result<std::string> in_headers = CallWith([&](std::uint32_t stream) {
    return Headers(stream, Block({{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "0"}})) +
           Data(stream, GrpcMessage("m"), true);
  });
  EXPECT_EQ(in_headers.code(), StatusCode::kUnknown);
}

TEST(MisbehavingServerTest, AStatusNumberThatDoesNotExistIsUnknown) {
  const Result<std::string> reply = CallWith([](std::uint32_t stream) {
    return Headers(stream, Block({{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "77"}}),
                   true);
  });
  EXPECT_EQ(reply.code(), StatusCode::kUnknown);
}

TEST(MisbehavingServerTest, MessagesThatAreNotOne) {
  struct Case {
    std::string data;
    StatusCode code;
    std::string_view text;
  };
  const Case cases[] = {
      {GrpcMessage("a") + GrpcMessage("b"), StatusCode::kUnimplemented, "more"},
      {"", StatusCode::kUnimplemented, "none"},
      {GrpcMessage("abcdef").substr(0, 3), StatusCode::kInternal, "middle"},
      {GrpcMessage("abcdef").substr(0, 8), StatusCode::kInternal, "middle"},
      {GrpcMessage("abcdef", 1), StatusCode::kInternal, "compressed"},
      {std::string("\0\xff\xff\xff\xff", 5), StatusCode::kResourceExhausted, "4294967295"},
  };
  for (const Case& wrong : cases) {
    const Result<std::string> reply = CallWith([&](std::uint32_t stream) { return Reply(stream, wrong.data); });
    EXPECT_EQ(reply.code(), wrong.code) << wrong.text;
    EXPECT_THAT(reply.error().message(), AllOf(HasSubstr(wrong.text), HasSubstr(kMethod), HasSubstr(kServerAddress)));
  }
}

TEST(MisbehavingServerTest, BinaryMetadataThatIsNotBase64) {
  const Result<std::string> reply = CallWith([](std::uint32_t stream) {
    return Headers(stream, Block({{":status", "200"}, {"content-type", "application/grpc"}, {"x-bin", "%%%"}})) +
           Data(stream, GrpcMessage("m")) + Headers(stream, Block(kOk), true);
  });
  EXPECT_EQ(reply.code(), StatusCode::kInternal);
}

TEST(MisbehavingServerTest, InterimAnswersArePassedOver) {
  const Result<std::string> reply = CallWith([](std::uint32_t stream) {
    return Headers(stream, Block({{":status", "103"}, {"link", "x"}})) + Reply(stream, GrpcMessage("fine"));
  });
  EXPECT_TRUE(reply.ok());
}

// gRPC PROTOCOL-HTTP2, "Errors".
TEST(MisbehavingServerTest, EveryResetHasItsStatus) {
  constexpr std::pair<ErrorCode, StatusCode> kTable[] = {
      {ErrorCode::kNoError, StatusCode::kInternal},
      {ErrorCode::kProtocolError, StatusCode::kInternal},
      {ErrorCode::kInternalError, StatusCode::kInternal},
      {ErrorCode::kFlowControlError, StatusCode::kInternal},
      {ErrorCode::kSettingsTimeout, StatusCode::kInternal},
      {ErrorCode::kFrameSizeError, StatusCode::kInternal},
      {ErrorCode::kCancel, StatusCode::kCancelled},
      {ErrorCode::kCompressionError, StatusCode::kInternal},
      {ErrorCode::kConnectError, StatusCode::kInternal},
      {ErrorCode::kEnhanceYourCalm, StatusCode::kResourceExhausted},
      {ErrorCode::kInadequateSecurity, StatusCode::kPermissionDenied}};
  for (const auto& [error, code] : kTable) {
    for (const bool after_headers : {false, true}) {
      const Result<std::string> reply = CallWith([&](std::uint32_t stream) {
        return (after_headers ? Headers(stream, Block(kHead)) + Data(stream, "\0") : "") + RstStream(stream, error);
      });
      EXPECT_EQ(reply.code(), code) << Name(error);
      EXPECT_THAT(reply.error().message(), AllOf(HasSubstr(Name(error)), HasSubstr(kServerAddress)));
    }
  }
}

TEST(MisbehavingServerTest, ARefusedStreamIsSentAgainOnce) {
  for (const int refusals : {1, 2}) {
    int requests = 0;
    Fixture fixture([&](ScriptedPeer& peer, std::uint32_t stream) {
      const bool refuse = ++requests <= refusals;
      peer.Send(refuse ? RstStream(stream, ErrorCode::kRefusedStream) : Reply(stream, GrpcMessage("fine")));
    });
    const Result<std::string> reply = fixture.Call();
    EXPECT_EQ(requests, 2);
    EXPECT_EQ(reply.code(), refusals == 1 ? StatusCode::kOk : StatusCode::kUnavailable);
  }
}

// --- GOAWAY ----------------------------------------------------------------------------------------------------------

TEST(MisbehavingServerTest, ACallThatAGoAwayExcludesIsSentAgainOnAnotherConnection) {
  int requests = 0;
  Fixture fixture([&](ScriptedPeer& peer, std::uint32_t stream) {
    const bool first = ++requests == 1;
    peer.Send(first ? GoAway(0, ErrorCode::kNoError, "bye") : Reply(stream, GrpcMessage("fine")));
  });
  EXPECT_TRUE(fixture.Call().ok());
  EXPECT_EQ(requests, 2);
  EXPECT_EQ(fixture.server.peers.size(), 2U);
}

TEST(MisbehavingServerTest, ACallThatAGoAwayIncludesGoesOnAndIsNeverSentAgain) {
  int requests = 0;
  Fixture fixture([&](ScriptedPeer& peer, std::uint32_t stream) {
    ++requests;
    peer.Send(GoAway(stream, ErrorCode::kNoError, "bye") + Reply(stream, GrpcMessage("fine")));
  });
  EXPECT_TRUE(fixture.Call().ok());
  EXPECT_EQ(requests, 1);

  requests = 0;
  Fixture dies([&](ScriptedPeer& peer, std::uint32_t stream) {
    ++requests;
    peer.Send(GoAway(stream, ErrorCode::kNoError, "bye"));
    peer.ShutdownWrite();
  });
  EXPECT_EQ(dies.Call().code(), StatusCode::kUnavailable);
  EXPECT_EQ(requests, 1);
}

TEST(MisbehavingServerTest, GoAwayWithDecreasingIdsExcludesMoreAndMore) {
  int requests = 0;
  Fixture fixture([&](ScriptedPeer& peer, std::uint32_t stream) {
    if (++requests > 1) return peer.Send(Reply(stream, GrpcMessage("fine")));
    peer.Send(GoAway(0x7fffffff, ErrorCode::kNoError) + GoAway(0, ErrorCode::kNoError));
  });
  EXPECT_TRUE(fixture.Call().ok());
  EXPECT_EQ(requests, 2);
}

TEST(MisbehavingServerTest, GoAwayThatIsWrongEndsTheConnectionAndNotTheChannel) {
  const std::string wrong[] = {
      GoAway(0, ErrorCode::kNoError) + GoAway(1, ErrorCode::kNoError),          // increasing
      Headers(1, Block(kHead), false, false) + GoAway(1, ErrorCode::kNoError),  // inside of a header block
      Frame(http2::FrameType::kGoAway, 0, 1, std::string(8, '\0')),             // on a stream
      Frame(http2::FrameType::kGoAway, 0, 0, std::string(7, '\0')),             // too short
  };
  for (const std::string& bytes : wrong) {
    int requests = 0;
    Fixture fixture([&](ScriptedPeer& peer, std::uint32_t stream) {
      peer.Send(++requests == 1 ? bytes : Reply(stream, GrpcMessage("fine")));
    });
    const Result<std::string> first = fixture.Call();
    EXPECT_TRUE(first.ok() || first.code() == StatusCode::kUnavailable) << first.error().ToString();
    EXPECT_TRUE(fixture.Call().ok());
  }
}

// What gRPC C++ 1.51 sends when a call's deadline passes while its server is too busy. The other calls of the
// connection have nothing to do with it.
TEST(MisbehavingServerTest, TrailersThatComeTwiceHarmNoOtherCall) {
  std::uint32_t held = 0;
  Fixture fixture([&](ScriptedPeer& peer, std::uint32_t stream) {
    if (std::exchange(held, stream) == 0) return;
    const std::string trailers =
        Headers(stream, Block({{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "4"}}), true);
    peer.Send(trailers + RstStream(stream, ErrorCode::kNoError) + trailers + Reply(1, GrpcMessage("fine")));
  });
  const GenericStub stub = fixture.stack.Stub();
  auto first = stub.Call(kMethod, "");
  ASSERT_TRUE(fixture.stack.world.RunUntil([&] { return held != 0; }));
  EXPECT_EQ(stub.Call(kMethod, "").Wait().code(), StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(first.Wait().ok());
  EXPECT_EQ(fixture.server.peers.size(), 1U);
}

TEST(MisbehavingServerTest, AfterAGoAwayNewCallsUseANewConnection) {
  Fixture fixture([](ScriptedPeer& peer, std::uint32_t stream) { peer.Send(Reply(stream, GrpcMessage("fine"))); });
  const GenericStub stub = fixture.stack.Stub();
  ASSERT_TRUE(stub.Call(kMethod, "").Wait().ok());
  fixture.server.peers[0]->Send(GoAway(0x7fffffff, ErrorCode::kNoError, "bye"));
  fixture.stack.world.RunFor(10ms);
  ASSERT_TRUE(stub.Call(kMethod, "").Wait().ok());
  EXPECT_EQ(fixture.server.peers.size(), 2U);
}

// A call that comes back after its channel was dropped still finds a connection.
TEST(MisbehavingServerTest, ACallWithoutItsChannelIsSentAgainToo) {
  for (const bool go_away : {false, true}) {
    int requests = 0;
    Fixture fixture([&](ScriptedPeer& peer, std::uint32_t stream) {
      if (++requests > 1) return peer.Send(Reply(stream, GrpcMessage("fine")));
      peer.Send(go_away ? GoAway(0, ErrorCode::kNoError, "bye") : RstStream(stream, ErrorCode::kRefusedStream));
    });
    std::optional<Result<std::string>> result;
    fixture.stack.Stub().Call(kMethod, "x").Then([&](Result<std::string> reply) { result = std::move(reply); });
    ASSERT_TRUE(fixture.stack.world.RunUntil([&] { return result.has_value(); })) << fixture.stack.world.pending();
    EXPECT_TRUE(result->ok()) << result->error().ToString();
    fixture.stack.world.RunFor(5s);
    EXPECT_EQ(requests, 2);
  }
}

// --- no HTTP/2 at all
// --------------------------------------------------------------------------------------------------

TEST(MisbehavingServerTest, AnotherProtocolIsUnavailableAtOnceAndNamed) {
  const std::string others[] = {"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
                                std::string("\x15\x03\x01\x00\x02\x02\x16", 7), "SSH-2.0-OpenSSH_9.2\r\n"};
  for (const std::string& hello : others) {
    Fixture fixture([](ScriptedPeer&, std::uint32_t) {}, hello);
    const TimePoint start = fixture.stack.world.Now();
    auto call = fixture.stack.Stub().Call(kMethod, "x");
    fixture.stack.world.RunFor(100ms);
    // Short hellos may be the begin of a frame: they are told apart when the server closes.
    for (const auto& peer : fixture.server.peers) peer->ShutdownWrite();
    const Result<std::string> reply = call.Wait();
    EXPECT_EQ(reply.code(), StatusCode::kUnavailable);
    EXPECT_THAT(reply.error().message(), AllOf(HasSubstr(kServerAddress), HasSubstr("handshake")));
    EXPECT_LT(fixture.stack.world.Now() - start, 2s);
  }
}

TEST(MisbehavingServerTest, ABrokenConnectionIsReplacedWithoutDelay) {
  Fixture fixture([](ScriptedPeer& peer, std::uint32_t stream) {
    const bool first = stream == 1;
    peer.Send(first ? Reply(stream, GrpcMessage("fine")) : Frame(http2::FrameType::kPing, 0, 0, "short"));
  });
  const GenericStub stub = fixture.stack.Stub();
  ASSERT_TRUE(stub.Call(kMethod, "").Wait().ok());
  const Result<std::string> broken = stub.Call(kMethod, "").Wait();
  EXPECT_EQ(broken.code(), StatusCode::kUnavailable);
  EXPECT_THAT(broken.error().message(), HasSubstr("PING"));
  const TimePoint start = fixture.stack.world.Now();
  EXPECT_TRUE(stub.Call(kMethod, "").Wait().ok());
  EXPECT_LT(fixture.stack.world.Now() - start, 100ms);
}

TEST(MisbehavingServerTest, AServerThatClosesWithoutAWordIsNamed) {
  Fixture fixture([](ScriptedPeer& peer, std::uint32_t) { peer.Close(); });
  const Result<std::string> reply = fixture.Call();
  EXPECT_EQ(reply.code(), StatusCode::kUnavailable);
  EXPECT_THAT(reply.error().message(), AllOf(HasSubstr(kServerAddress), HasSubstr("lost")));
}

}  // namespace
}  // namespace rhei::inline v0::testing
