// A server against clients that do wrong: each request gets the answer that fits, and other calls on the connection go
// on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/e2e/scripted_client.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using namespace http2::testing;  // NOLINT(google-build-using-namespace): frames, in a test of frames
using http2::ErrorCode;
using http2::FrameType;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

// kRequest with another value for one name; without that name if the value is empty.
std::string RequestWith(std::string_view name, std::string_view value) {
  Fields fields;
  bool found = false;
  for (const auto& [key, old] : kRequest) {
    found = found || key == name;
    if (key != name) {
      fields.emplace_back(key, old);
    } else if (!value.empty()) {
      fields.emplace_back(key, value);
    }
  }
  if (!found) fields.emplace_back(name, value);
  return Block(fields);
}

class Fixture : public ScriptedClient {
 public:
  using ScriptedClient::ScriptedClient;

  // Sends the request on stream 1, and a good one on stream 3 behind it, and tells the first one's answer.
  std::vector<Fields> Ask(std::string_view block, std::string_view data, bool end_stream = true) {
    std::string bytes = Headers(1, block, data.empty() && end_stream);
    if (!data.empty()) bytes += Data(1, data, end_stream);
    peer->Send(bytes);
    stack.world.RunFor(1s);
    peer->Send(Headers(3, Block(kRequest)) + Data(3, GrpcMessage("next"), true));
    stack.world.RunFor(1s);
    EXPECT_EQ(peer->data(3), GrpcMessage("echo next"));
    return peer->headers(1);
  }
};

TEST(MisbehavingClientTest, TheScriptItselfAsksRightly) {
  Fixture fixture;
  const std::vector<Fields> blocks = fixture.Ask(Block(kRequest), GrpcMessage("first"));
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_THAT(blocks[0], Contains(Pair("content-type", "application/grpc")));
  EXPECT_THAT(blocks[1], Contains(Pair("grpc-status", "0")));
  EXPECT_EQ(fixture.peer->data(1), GrpcMessage("echo first"));
}

TEST(MisbehavingClientTest, AContentTypeThatIsNotGrpcsIs415) {
  for (const std::string_view type : {"text/html", "application/grpcx", "application/json", ""}) {
    Fixture fixture;
    const std::vector<Fields> blocks = fixture.Ask(RequestWith("content-type", type), GrpcMessage("x"));
    ASSERT_FALSE(blocks.empty()) << type;
    EXPECT_THAT(blocks[0], Contains(Pair(":status", "415"))) << type;
    EXPECT_EQ(fixture.stack.service.started, 1);  // the call behind it
  }
}

TEST(MisbehavingClientTest, GrpcsContentTypeWithASuffixIsFine) {
  for (const std::string_view type : {"application/grpc+proto", "application/grpc;charset=x"}) {
    Fixture fixture;
    EXPECT_EQ(fixture.Ask(RequestWith("content-type", type), GrpcMessage("x")).size(), 2U) << type;
  }
}

TEST(MisbehavingClientTest, AMethodThatIsNotPostIs405) {
  Fixture fixture;
  const std::vector<Fields> blocks = fixture.Ask(RequestWith(":method", "GET"), "");
  ASSERT_FALSE(blocks.empty());
  EXPECT_THAT(blocks[0], Contains(Pair(":status", "405")));
}

TEST(MisbehavingClientTest, WithoutTeItIsInternal) {
  Fixture fixture;
  ExpectStatus(fixture.Ask(RequestWith("te", ""), GrpcMessage("x")), "200", "13", "te");
}

TEST(MisbehavingClientTest, MalformedPathsAreUnimplementedAndReachNobody) {
  for (const std::string_view path : {"//S/M", "/S/M/", "/S//M", "/s%252fM", "/S/M?x", "/S/M#", "/S", "/"}) {
    Fixture fixture;
    ExpectStatus(fixture.Ask(RequestWith(":path", path), GrpcMessage("x")), "200", "12", "malformed");
    EXPECT_EQ(fixture.stack.service.started, 1);
  }
}

TEST(MisbehavingClientTest, BinaryMetadataThatIsNotBase64IsInternal) {
  Fixture fixture;
  ExpectStatus(fixture.Ask(RequestWith("x-bin", "%%%"), GrpcMessage("x")), "200", "13", "base64");
}

TEST(MisbehavingClientTest, ATimeoutThatIsNoneIsInternal) {
  for (const char* timeout : {"10", "m", "-5m", "123456789m", "1s", "5 m", "1.5S"}) {
    Fixture fixture;
    ExpectStatus(fixture.Ask(RequestWith("grpc-timeout", timeout), GrpcMessage("x")), "200", "13", "grpc-timeout");
    EXPECT_EQ(fixture.stack.service.started, 1) << timeout;
  }
}

TEST(MisbehavingClientTest, AnAbsurdTimeoutIsForEverAndOneOfZeroHasPassed) {
  {
    Fixture fixture;
    EXPECT_EQ(fixture.Ask(RequestWith("grpc-timeout", "99999999H"), GrpcMessage("x")).size(), 2U);
  }
  Fixture fixture;
  ExpectStatus(fixture.Ask(RequestWith("grpc-timeout", "0n"), GrpcMessage("x")), "200", "4", "deadline");
  EXPECT_EQ(fixture.stack.service.started, 1);
}

// A client that keeps waiting is told all the same.
TEST(MisbehavingClientTest, TheServerEnforcesTheDeadlineItself) {
  Fixture fixture({}, [](ServerContext&, const std::string& request) -> Task<Result<std::string>> {
    if (request == "next") co_return std::string("echo next");
    const Status slept = co_await Sleep(1h);
    co_return slept.error();
  });
  ExpectStatus(fixture.Ask(RequestWith("grpc-timeout", "100m"), GrpcMessage("x")), "200", "4", "100000 us");
}

TEST(MisbehavingClientTest, ADeadlineThatPassesBeforeTheRequestIsWholeEndsTheCall) {
  Fixture fixture;
  ExpectStatus(fixture.Ask(RequestWith("grpc-timeout", "100m"), GrpcMessage("x").substr(0, 3), false), "200", "4",
               "deadline");
  EXPECT_EQ(fixture.stack.service.started, 1);
}

TEST(MisbehavingClientTest, HeadersAboveTheSoftLimitAreResourceExhausted) {
  Fixture fixture;
  ExpectStatus(fixture.Ask(RequestWith("x-large", std::string(9000, 'x')), GrpcMessage("x")), "200", "8", "too large");
  EXPECT_EQ(fixture.stack.service.started, 1);
}

TEST(MisbehavingClientTest, AnUnknownEncodingIsUnimplementedAndTheKnownOnesAreTold) {
  Fixture fixture;
  const std::vector<Fields> blocks = fixture.Ask(RequestWith("grpc-encoding", "zip"), GrpcMessage("x", 1));
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_THAT(blocks[0], Contains(Pair("grpc-accept-encoding", "identity")));
  EXPECT_THAT(blocks[1], Contains(Pair("grpc-status", "12")));
  EXPECT_THAT(blocks[1], Contains(Pair("grpc-message", HasSubstr("grpc-encoding"))));
}

TEST(MisbehavingClientTest, MessagesThatAreNotOne) {
  struct Case {
    std::string data;
    std::string_view code;
    std::string_view text;
  };
  const Case cases[] = {
      {"", "12", "none"},
      {GrpcMessage("a") + GrpcMessage("b"), "12", "more"},
      {GrpcMessage("abcdef").substr(0, 3), "13", "middle"},
      {GrpcMessage("abcdef").substr(0, 8), "13", "middle"},
      {GrpcMessage("abcdef", 1), "13", "compressed"},
      {std::string("\0\xff\xff\xff\xff", 5), "8", "4294967295"},
      {GrpcMessage(std::string(200, 'x')), "8", "200"},
  };
  for (const Case& wrong : cases) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      Limits limits;
      limits.max_receive_message = 100;
      Fixture fixture(limits, Echo, seed);
      ExpectStatus(fixture.Ask(Block(kRequest), wrong.data), "200", wrong.code, wrong.text);
      EXPECT_EQ(fixture.stack.service.started, 1);
    }
  }
}

// What is too large is refused when it is announced, not when it has been sent.
TEST(MisbehavingClientTest, AnAnnouncementThatIsTooLargeIsRefusedAtOnce) {
  Fixture fixture;
  ExpectStatus(fixture.Ask(Block(kRequest), std::string("\0\x7f\xff\xff\xff", 5), false), "200", "8", "2147483647");
  EXPECT_TRUE(fixture.peer->ended(1));
}

TEST(MisbehavingClientTest, ARequestThatEndsWithoutItsEndOfStreamIsCancelledByReset) {
  Fixture fixture;
  fixture.peer->Send(Headers(1, Block(kRequest)) + Data(1, GrpcMessage("x")) + RstStream(1, ErrorCode::kCancel));
  fixture.stack.world.RunFor(1s);
  EXPECT_EQ(fixture.stack.service.started, 0);
  fixture.peer->Send(Headers(3, Block(kRequest)) + Data(3, GrpcMessage("y"), true));
  fixture.stack.world.RunFor(1s);
  EXPECT_EQ(fixture.stack.service.started, 1);
}

TEST(MisbehavingClientTest, HostWithoutAuthorityIsTheAuthority) {
  std::string authority;
  Fixture fixture({}, [&](ServerContext& context, const std::string& request) -> Task<Result<std::string>> {
    if (authority.empty()) authority = context.authority();
    return "echo " + request;
  });
  Fields fields;
  for (const auto& [name, value] : kRequest) fields.emplace_back(name == ":authority" ? "host" : name, value);
  // Pseudo-header fields come first.
  std::stable_partition(fields.begin(), fields.end(), [](const auto& field) { return field.first[0] == ':'; });
  EXPECT_EQ(fixture.Ask(Block(fields), GrpcMessage("x")).size(), 2U);
  EXPECT_EQ(authority, "test");
}

// More control frames than may wait to be answered, all at once, and a request behind them.
TEST(MisbehavingClientTest, AFloodOfSettingsInOnePieceIsAnsweredInTurns) {
  Limits limits;
  limits.max_queued_control_frames = 8;
  Fixture fixture(limits);
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += Settings();
  bytes += Headers(1, Block(kRequest)) + Data(1, GrpcMessage("behind"), true);
  fixture.peer->Send(bytes);
  fixture.stack.world.RunFor(5s);
  EXPECT_EQ(fixture.peer->data(1), GrpcMessage("echo behind"));
  EXPECT_EQ(fixture.peer->frames(FrameType::kSettings).size(), 102U);  // its own, and an answer for each
}

// It sends requests and never reads: what it makes the server hold is bounded, and in the end it is hung up on.
TEST(MisbehavingClientTest, OneThatNeverReadsIsHungUpOn) {
  Fixture fixture(
      {}, [](ServerContext&, const std::string&) -> Task<Result<std::string>> { return std::string(60'000, 'x'); });
  fixture.stack.world.RunFor(1s);
  fixture.peer->SetReading(false);
  std::string bytes = WindowUpdate(0, 0x7000000);
  for (std::uint32_t stream = 1; stream < 200; stream += 2) {
    bytes += Headers(stream, Block(kRequest)) + Data(stream, GrpcMessage(""), true);
  }
  fixture.peer->Send(bytes);
  fixture.stack.world.RunFor(30s);
  // The peer's own end is still open, so it is the server's that has gone.
  const Status stopped = fixture.stack.server->Stop(0s);
  EXPECT_TRUE(stopped.ok()) << stopped.ToString();
  fixture.peer->SetReading(true);
  fixture.stack.world.RunFor(5s);
  EXPECT_TRUE(fixture.peer->ended());
}

// However wide its windows are: 500 answers would be 30 MB.
TEST(MisbehavingClientTest, OneThatNeverReadsIsAnsweredOnlyUpToTheWriteBuffer) {
  SimulationOptions network;
  network.buffer_size = 64 * 1024;
  Fixture fixture(
      {}, [](ServerContext&, const std::string&) -> Task<Result<std::string>> { return std::string(60'000, 'x'); }, 1,
      network);
  fixture.stack.world.RunFor(1s);
  fixture.peer->SetReading(false);
  std::string bytes = WindowUpdate(0, 0x7000000) + Settings({{http2::SettingId::kInitialWindowSize, 0x7fffffff}});
  for (std::uint32_t stream = 1; stream < 1000; stream += 2) {
    bytes += Headers(stream, Block(kRequest)) + Data(stream, GrpcMessage(""), true);
  }
  fixture.peer->Send(bytes);
  fixture.stack.world.RunFor(5s);
  const int answered = fixture.stack.service.started;
  EXPECT_GT(answered, 16);
  EXPECT_LT(answered, 90) << "more than the write buffer, one round of handlers and the sockets' buffers";
  EXPECT_EQ(fixture.stack.server->Abuses()[Abuse::kReadingPaused], 1U);
  fixture.peer->SetReading(true);
  fixture.stack.world.RunFor(5s);
  EXPECT_EQ(fixture.stack.service.started, 500);
}

// Answers to what it sends queue up to a limit; then they are written before anything more is read.
TEST(MisbehavingClientTest, ReadingPausesUntilItsAnswersAreWritten) {
  Fixture fixture;
  fixture.stack.world.RunFor(1s);
  std::string bytes;
  constexpr std::uint32_t kRefused = 190;
  for (std::uint32_t i = 0; i < kRefused; ++i) bytes += Headers(2 * i + 1, Block({{":method", "POST"}}), true);
  bytes += Headers(2 * kRefused + 1, Block(kRequest)) + Data(2 * kRefused + 1, GrpcMessage("next"), true);
  fixture.peer->Send(bytes);
  fixture.stack.world.RunFor(5s);
  EXPECT_EQ(fixture.peer->data(2 * kRefused + 1), GrpcMessage("echo next"));
  EXPECT_EQ(fixture.stack.server->Abuses()[Abuse::kMalformedRequest], kRefused);
  EXPECT_GE(fixture.stack.server->Abuses()[Abuse::kReadingPaused], 1U);
}

// Dropping the handlers' connection before, while and after they answer, with the answers coming late.
TEST(MisbehavingClientTest, OneThatHangsUpHarmsNoHandler) {
  std::vector<Promise<std::string>> promises;
  Fixture fixture({}, [&](ServerContext&, const std::string&) -> Task<Result<std::string>> {
    promises.emplace_back();
    return promises.back().task();
  });
  std::string bytes;
  for (std::uint32_t stream = 1; stream < 10; stream += 2) {
    bytes += Headers(stream, Block(kRequest)) + Data(stream, GrpcMessage("x"), true);
  }
  fixture.peer->Send(bytes);
  ASSERT_TRUE(fixture.stack.world.RunUntil([&] { return promises.size() == 5; }));
  promises[0].Set(std::string("in time"));
  fixture.peer->Send(RstStream(3, ErrorCode::kCancel));
  fixture.stack.world.RunFor(100ms);
  promises[1].Set(std::string("after its reset"));
  fixture.peer->Close();
  fixture.stack.world.RunFor(100ms);
  promises[2].Set(std::string("after the end"));
  fixture.stack.world.RunFor(100ms);
  promises[3].Set(std::string("after the end"));
  promises[4].Set(std::string("after the end, in the same turn"));
  fixture.stack.world.RunFor(5s);
  fixture.peer.reset();
  EXPECT_EQ(fixture.stack.world.connections(), 0U);
  EXPECT_TRUE(fixture.stack.server->Stop(1h).ok());
}

}  // namespace
}  // namespace rhei::inline v0::testing
