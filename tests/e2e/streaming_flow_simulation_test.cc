// Flow control through the whole stack: what waits, what does not, and who has how much of a loop.
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "testing/scripted_peer.h"
#include "tests/e2e/simulated_stack.h"

namespace rhei::inline v0::testing {
namespace {

using namespace std::chrono_literals;
using namespace http2::testing;  // NOLINT(google-build-using-namespace): frames, in a test of frames
using Chat = BidiStreamingCall<std::string, std::string>;

constexpr int kStreams = 100;
constexpr std::size_t kMiB = 1024 * 1024;

// A network where everything takes the same time, as fast as memory.
SimulationOptions Even(std::size_t buffer) {
  SimulationOptions options;
  options.min_delay = options.max_delay = 100us;
  options.split_probability = 0;
  options.buffer_size = buffer;
  return options;
}

// A server whose handlers are one function, and channels to it that each have a connection of their own.
class FlowTest : public ::testing::Test, protected GenericStreamingService {
 protected:
  using Handler = std::function<Task<Status>(ServerContext&, Reader<std::string>&, Writer<std::string>&)>;

  explicit FlowTest(const SimulationOptions& network = {}) : world_(1, network) {}

  GenericStub Serve(Handler handler, const Limits& limits = {}) {
    handler_ = std::move(handler);
    server_ = std::make_unique<Server>(ServerOptions().UseRuntime(world_.AddRuntime()).UseLimits(limits));
    server_->AddGeneric(static_cast<GenericStreamingService&>(*this)).Listen(kServerAddress);
    EXPECT_TRUE(server_->Start().ok());
    return AnotherStub();
  }
  GenericStub AnotherStub() {
    return GenericStub(Connect("ipv4:" + std::string(kServerAddress), ChannelOptions().UseRuntime(world_.runtime())));
  }
  std::unique_ptr<ScriptedPeer> ConnectPeer() {
    std::unique_ptr<runtime::ByteStream> stream;
    const auto operation = world_.runtime()->loop(0).Connect(
        *runtime::Address::Parse(kServerAddress),
        [&](Result<std::unique_ptr<runtime::ByteStream>> connected) { stream = *std::move(connected); });
    EXPECT_TRUE(world_.RunUntil([&] { return stream != nullptr; }));
    auto peer = std::make_unique<ScriptedPeer>(std::move(stream));
    peer->Send(ClientHello() + SettingsAck());
    world_.RunFor(10ms);
    return peer;
  }

  SimulatedWorld world_;
  std::unique_ptr<Server> server_;

 private:
  Task<Status> Call(ServerContext& context, Reader<std::string>& reader, Writer<std::string>& writer) override {
    return handler_(context, reader, writer);
  }

  Handler handler_;
};

Task<Status> WaitForEnd(ServerContext& context) {
  Promise<bool> cancelled;
  Task<Result<bool>> end = cancelled.task();
  auto set = [&cancelled] { cancelled.Set(true); };
  const Context::Listener listener = context.context().OnCancel(std::move(set));
  (void)co_await std::move(end);
  co_return Status();
}

Task<Status> EchoOnce(Reader<std::string>& reader, Writer<std::string>& writer) {
  const std::optional<std::string> message = co_await reader.Next();
  if (message) (void)co_await writer.Write(*message);
  co_return Status();
}

TEST_F(FlowTest, StreamsThatNobodyReadsAreBoundedAndHoldNobodyUp) {
  const std::string message(10 * 1024, 'm');
  std::size_t written = 0;
  const GenericStub stub =
      Serve([&](ServerContext& context, Reader<std::string>& reader, Writer<std::string>& writer) -> Task<Status> {
        if (!context.metadata().Get("large")) co_return co_await EchoOnce(reader, writer);
        for (std::size_t i = 0; i < 10 * kMiB / message.size(); ++i) {
          const bool sent = co_await writer.Write(message);
          if (!sent) break;
          written += message.size();
        }
        co_return Status();
      });
  std::vector<Chat> unread;
  unread.reserve(kStreams);
  for (int i = 0; i < kStreams; ++i) unread.push_back(stub.Stream(kMethod, CallOptions().Metadata("large", "1")));
  world_.RunFor(5s);
  // What the client's windows have room for, and what waits on the server.
  EXPECT_LT(written, kStreams * 64 * 1024 + 2 * kMiB);
  EXPECT_GT(written, kStreams * message.size());
  // On the same connection, and at once.
  for (const std::size_t size : {std::size_t{10}, 3 * kMiB}) {
    const TimePoint start = world_.Now();
    auto call = stub.Stream(kMethod);
    ASSERT_TRUE(call.Write(std::string(size, 'x')).Wait());
    const std::optional<std::string> reply = call.Next().Wait();
    ASSERT_TRUE(reply.has_value()) << size;
    EXPECT_EQ(reply->size(), size);
    EXPECT_LT(world_.Now() - start, 1s) << size;
  }
}

Task<void> WriteUntilOver(Chat& call, const std::string& message, std::size_t& written) {
  bool sent = true;
  while (sent) {
    sent = co_await call.Write(message);
    if (sent) written += message.size();
  }
}

TEST_F(FlowTest, RequestsThatNobodyReadsAreBoundedAndHoldNobodyUp) {
  const GenericStub stub = Serve([](ServerContext& context, Reader<std::string>& reader, Writer<std::string>& writer) {
    return context.metadata().Get("large") ? WaitForEnd(context) : EchoOnce(reader, writer);
  });
  const std::string message(10 * 1024, 'm');
  std::size_t written = 0;
  std::vector<Chat> unread;
  unread.reserve(kStreams);
  for (int i = 0; i < kStreams; ++i) {
    unread.push_back(stub.Stream(kMethod, CallOptions().Metadata("large", "1")));
    Spawn(WriteUntilOver(unread.back(), message, written));
  }
  world_.RunFor(5s);
  EXPECT_LT(written, kStreams * 64 * 1024 + 2 * kMiB);
  EXPECT_GT(written, kStreams * message.size());
  const TimePoint start = world_.Now();
  auto call = stub.Stream(kMethod);
  ASSERT_TRUE(call.Write(std::string(3 * kMiB, 'x')).Wait());
  ASSERT_TRUE(call.Next().Wait().has_value());
  EXPECT_LT(world_.Now() - start, 1s);
  for (Chat& open : unread) open.Cancel();
  world_.RunFor(1s);
}

Task<void> WriteOne(Chat& call, const std::string& message) {
  (void)co_await call.Write(message);
  call.WritesDone();
}
Task<void> ReadOne(Chat& call, std::size_t size, int& whole) {
  const std::optional<std::string> reply = co_await call.Next();
  if (reply && reply->size() == size) ++whole;
}

// In both directions: together they are 25 times the connection's budget.
TEST_F(FlowTest, AHundredHalfReceivedMessagesAllBecomeWhole) {
  const GenericStub stub = Serve([](ServerContext&, Reader<std::string>& reader, Writer<std::string>& writer) {
    return EchoOnce(reader, writer);
  });
  const std::string large(kMiB, 'x');
  std::vector<Chat> calls;
  calls.reserve(kStreams);
  int whole = 0;
  for (int i = 0; i < kStreams; ++i) {
    calls.push_back(stub.Stream(kMethod));
    Spawn(WriteOne(calls.back(), large));
    Spawn(ReadOne(calls.back(), large.size(), whole));
  }
  EXPECT_TRUE(world_.RunUntil([&] { return whole == kStreams; })) << whole << " of them; " << world_.pending();
  for (Chat& call : calls) EXPECT_TRUE(call.Finish().Wait().ok());
}

// --- fairness between the connections of one loop --------------------------------------------------------------------

class FairnessTest : public FlowTest {
 protected:
  FairnessTest() : FlowTest(Even(64 * kMiB)) {}

  int done_ = 0;  // of the flood, by its handlers

  // Sends a flood and, at the same time on some other connections, a call each; and tells how much of the flood was
  // done when the last of these calls' handlers began. No time passes on a simulated loop while it works, so that is
  // what can be counted.
  int DoneBeforeOthers(ScriptedPeer& peer, const std::string& flood) {
    constexpr int kOthers = 10;
    std::vector<GenericStub> stubs;
    for (int i = 0; i < kOthers; ++i) {
      // Its connection is there already.
      stubs.push_back(AnotherStub());
      auto call = stubs.back().Stream(kMethod, CallOptions().Metadata("other", "1"));
      (void)call.Write("x").Wait();
      EXPECT_TRUE(call.Finish().Wait().ok());
    }
    others_ = 0;
    peer.Send(flood);
    std::vector<Chat> calls;
    for (const GenericStub& stub : stubs) calls.push_back(stub.Stream(kMethod, CallOptions().Metadata("other", "1")));
    EXPECT_TRUE(world_.RunUntil([&] { return others_ == kOthers; })) << world_.pending();
    for (Chat& call : calls) call.Cancel();
    return done_before_others_;
  }
  Task<Status> Other(Reader<std::string>& reader, Writer<std::string>& writer) {
    ++others_;
    done_before_others_ = done_;
    return EchoOnce(reader, writer);
  }

  int others_ = 0;
  int done_before_others_ = -1;
  const std::string request_ = Block({{":method", "POST"},
                                      {":scheme", "http"},
                                      {":path", "/test.Test/Method"},
                                      {":authority", "test"},
                                      {"te", "trailers"},
                                      {"content-type", "application/grpc"}});
};

TEST_F(FairnessTest, AHundredThousandPipelinedRequestsDoNotStarveAnotherConnection) {
  constexpr int kRequests = 100'000;
  (void)Serve([&](ServerContext& context, Reader<std::string>& reader, Writer<std::string>& writer) -> Task<Status> {
    if (context.metadata().Get("other")) return Other(reader, writer);
    ++done_;
    return Status();
  });
  const std::unique_ptr<ScriptedPeer> peer = ConnectPeer();
  std::string flood;
  for (std::uint32_t i = 0; i < kRequests; ++i) flood += Headers(2 * i + 1, request_, true);
  const int before = DoneBeforeOthers(*peer, flood);
  EXPECT_LT(before, 5'000);
  EXPECT_GT(before, 0);
  world_.RunFor(10s);
  EXPECT_EQ(done_, kRequests);
}

TEST_F(FairnessTest, AnEndlessStreamOfMessagesDoesNotStarveAnotherConnection) {
  constexpr int kMessages = 1'000'000;
  Limits limits;
  limits.stream_window = 32 * kMiB;
  limits.connection_window = 32 * kMiB;
  (void)Serve(
      [&](ServerContext& context, Reader<std::string>& reader, Writer<std::string>& writer) -> Task<Status> {
        if (context.metadata().Get("other")) co_return co_await Other(reader, writer);
        std::string message;
        while (co_await reader.Next(message)) ++done_;
        co_return Status();
      },
      limits);
  const std::unique_ptr<ScriptedPeer> peer = ConnectPeer();
  std::string messages;
  for (int i = 0; i < 2'000; ++i) messages += GrpcMessage("abc");
  std::string flood = Headers(1, request_);
  for (int i = 0; i < kMessages; i += 2'000) flood += Data(1, messages);
  const int before = DoneBeforeOthers(*peer, flood);
  EXPECT_LT(before, 100'000);
  EXPECT_GT(before, 0);
  world_.RunFor(10s);
  EXPECT_EQ(done_, kMessages);
}

}  // namespace
}  // namespace rhei::inline v0::testing
