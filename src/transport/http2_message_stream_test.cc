#include "transport/http2_message_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rhei/message.h"
#include "runtime/address.h"
#include "testing/scripted_peer.h"
#include "testing/simulated_world.h"

namespace rhei::inline v0::transport {
namespace {

using namespace std::chrono_literals;
using http2::ErrorCode;
using http2::FrameType;
using http2::testing::Data;
using http2::testing::Headers;
using http2::testing::RstStream;
using http2::testing::SeenFrame;
using http2::testing::SettingsAck;
using http2::testing::WindowUpdate;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Received = MessageStream::Received;
using Sending = MessageStream::Sending;
using testing::GrpcMessage;

// One stream's messages, and what it tells.
struct Call final : Http2MessageStream::Owner, MessageStream::Listener {
  bool OnSend() override { return may_send; }
  void OnBroken(Error error) override { broken = std::move(error); }
  void OnReadable() override {
    ++readable;
    if (reads) Read();
  }
  void OnWritable() override { ++writable; }

  // Reads what is there.
  Received Read() {
    std::string message;
    MessageInto<std::string> into(message);
    Received received = messages->Receive(into);
    for (; received == Received::kMessage; received = messages->Receive(into)) read.push_back(message);
    return received;
  }
  Sending CanSend() { return messages->CanSend(nullptr); }
  bool Send(const std::string& message) { return messages->Send(MessageFrom<std::string>(message)); }

  std::unique_ptr<Http2MessageStream> messages;
  std::vector<std::string> read;
  bool reads = false;  // as soon as it is told that it can
  bool may_send = true;
  int readable = 0;
  int writable = 0;
  std::optional<Error> broken;
};

// A client's connection whose server is a script.
class Http2MessageStreamTest : public ::testing::Test, private Http2Link::Owner {
 protected:
  Http2MessageStreamTest() {
    limits_.stream_window = kWindow;
    limits_.max_stream_window = kWindow;
    limits_.connection_window = kWindow;
    limits_.max_connection_window = kWindow;
  }
  ~Http2MessageStreamTest() override {
    for (auto& [id, call] : calls_) {
      if (call->messages != nullptr) call->messages->Close(false);
    }
    calls_.clear();
  }

  // `window`: what the server lets each stream send.
  void Connect(std::uint32_t window = kWindow) {
    const auto address = *runtime::Address::Parse("10.1.1.1:80");
    server_.emplace(world_.AddRuntime()->loop(0), address, [window](testing::ScriptedPeer& peer) {
      peer.Send(http2::testing::Settings({{http2::SettingId::kInitialWindowSize, window}}) + SettingsAck());
    });
    runtime::Loop& loop = world_.runtime()->loop(0);
    Http2Link::Owner& self = *this;
    const auto operation = loop.Connect(address, [&](Result<std::unique_ptr<runtime::ByteStream>> stream) {
      link_.emplace(http2::Role::kClient, limits_, loop, *std::move(stream), self);
      link_->Start();
    });
    world_.RunFor(100ms);
    place_.emplace(*link_, limits_);
  }

  Call& Open() {
    const http2::Stream stream = *link_->connection().Open();
    const std::vector<http2::HeaderField> fields = {
        {":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "test"}};
    link_->connection().SendHeaders(stream, http2::HeaderTemplate::kNone, fields, false);
    link_->SendSoon();
    auto call = std::make_unique<Call>();
    call->messages = std::make_unique<Http2MessageStream>(*place_, stream, 1'000'000, *call, call.get());
    Call& opened = *call;
    calls_[stream.id] = std::move(call);
    Run();
    server().Send(Headers(stream.id, http2::testing::OkBlock()));
    return opened;
  }

  testing::ScriptedPeer& server() { return *server_->peers.at(0); }
  void Run() { world_.RunFor(100ms); }
  // What the server was given of a window since it was asked last.
  std::uint32_t Credit(std::uint32_t stream) {
    link_->SendSoon();
    Run();
    std::uint32_t sum = 0;
    for (const SeenFrame& frame : server().frames(FrameType::kWindowUpdate)) {
      if (frame.header.stream != stream) continue;
      for (int i = 3, shift = 0; i >= 0; --i, shift += 8) {
        sum += static_cast<std::uint32_t>(static_cast<unsigned char>(frame.payload[i])) << shift;
      }
    }
    return sum - std::exchange(credited_[stream], sum);
  }

  static constexpr std::uint32_t kWindow = 65'535;

  testing::SimulatedWorld world_{1};
  Limits limits_;

 private:
  bool OnEvent(const http2::Event& event) override {
    const auto found = calls_.find(event.stream.id);
    if (found == calls_.end()) return true;
    Http2MessageStream& messages = *found->second->messages;
    switch (event.kind) {
      case http2::Event::Kind::kMessage:
        if (event.charged > 0 || event.end_stream) messages.Arrived(event.data, event.charged, event.end_stream);
        break;
      case http2::Event::Kind::kDrained: messages.OnDrained(); break;
      case http2::Event::Kind::kReset: messages.CloseAndTell(); break;
      default: break;
    }
    return true;
  }
  void OnBatchEnd() override { TellWaiters(); }
  void OnSendProgress() override { TellWaiters(); }
  void TellWaiters() {
    if (place_) place_->waiters.Tell();
  }
  void OnLinkEnd(std::string_view) override {}

  std::optional<testing::ScriptedServer> server_;
  std::optional<Http2Link> link_;
  std::optional<Http2MessageStream::Place> place_;
  std::map<std::uint32_t, std::unique_ptr<Call>> calls_;
  std::map<std::uint32_t, std::uint32_t> credited_;
};

// --- reading ---------------------------------------------------------------------------------------------------------

TEST_F(Http2MessageStreamTest, AReaderThatWaitsIsToldOnceAndReadsWhereTheBytesLie) {
  Connect();
  Call& call = Open();
  call.reads = true;
  EXPECT_EQ(call.Read(), Received::kNotYet);
  server().Send(Data(1, GrpcMessage("a") + GrpcMessage("b") + GrpcMessage("cd").substr(0, 6)));
  Run();
  EXPECT_THAT(call.read, ElementsAre("a", "b"));
  EXPECT_TRUE(call.messages->waits_inside_message());
  server().Send(Data(1, GrpcMessage("cd").substr(6)));
  Run();
  EXPECT_THAT(call.read, ElementsAre("a", "b", "cd"));
  EXPECT_FALSE(call.messages->waits_inside_message());
  EXPECT_EQ(call.readable, 2);
}

TEST_F(Http2MessageStreamTest, NobodyIsToldWhoDoesNotWait) {
  Connect();
  Call& call = Open();
  server().Send(Data(1, GrpcMessage("a")) + Data(1, GrpcMessage("b")));
  Run();
  EXPECT_EQ(call.readable, 0);
  EXPECT_EQ(call.Read(), Received::kNotYet);
  EXPECT_THAT(call.read, ElementsAre("a", "b"));
}

// The connection's window opens as bytes arrive, the stream's as they are read.
TEST_F(Http2MessageStreamTest, UnreadBytesCountAgainstTheWindowOfTheirStreamAlone) {
  Connect();
  Call& call = Open();
  (void)Credit(0);
  for (int i = 0; i < 4; ++i) server().Send(Data(1, GrpcMessage(std::string(12'000, 'x'))));
  EXPECT_GT(Credit(0), 0U);
  EXPECT_EQ(Credit(1), 0U);
  EXPECT_EQ(call.Read(), Received::kNotYet);
  EXPECT_EQ(call.read.size(), 4U);
  EXPECT_GT(Credit(1), 0U);
}

TEST_F(Http2MessageStreamTest, AMessageLargerThanItsWindowIsGivenMoreWhileItsReaderWaits) {
  Connect();
  Call& call = Open();
  const std::string message = GrpcMessage(std::string(100'000, 'x'));
  for (std::size_t sent = 0; sent < kWindow; sent += 13'107) server().Send(Data(1, message.substr(sent, 13'107)));
  EXPECT_EQ(Credit(1), 0U);
  call.reads = true;
  EXPECT_EQ(call.Read(), Received::kNotYet);
  EXPECT_EQ(Credit(1), kWindow);
  for (std::size_t sent = kWindow; sent < message.size(); sent += 10'000) {
    server().Send(Data(1, message.substr(sent, 10'000)));
  }
  Run();
  EXPECT_THAT(call.read, ElementsAre(std::string(100'000, 'x')));
}

TEST_F(Http2MessageStreamTest, BeyondTheBudgetOnlyTheOldestUnfinishedMessageIsGivenMore) {
  limits_.connection_budget = 20'000;
  Connect();
  Call& oldest = Open();
  Call& other = Open();
  EXPECT_EQ(oldest.Read(), Received::kNotYet);
  EXPECT_EQ(other.Read(), Received::kNotYet);
  oldest.reads = other.reads = true;
  const std::string message = GrpcMessage(std::string(100'000, 'x'));
  for (const std::uint32_t stream : {1U, 3U}) {
    for (int i = 0; i < 3; ++i) server().Send(Data(stream, message.substr(i * 15'000, 15'000)));
  }
  Run();
  EXPECT_EQ(oldest.messages->share().withheld, 0U);
  EXPECT_EQ(other.messages->share().withheld, 45'000U);
  // Its end, of whatever kind, makes the next one the oldest.
  server().Send(RstStream(1, ErrorCode::kCancel));
  Run();
  EXPECT_EQ(other.messages->share().withheld, 0U);
}

TEST_F(Http2MessageStreamTest, BeyondFourBudgetsOfUnreadBytesTheConnectionsWindowStaysShutUntilTheyAreGone) {
  limits_.connection_budget = 2'500;
  Connect();
  Call& call = Open();
  (void)Credit(0);
  for (int i = 0; i < 4; ++i) server().Send(Data(1, GrpcMessage(std::string(12'000, 'x'))));
  EXPECT_EQ(Credit(0), 0U);
  call.messages->Close(false);
  EXPECT_EQ(Credit(0), 48'020U);
}

TEST_F(Http2MessageStreamTest, TheEndOfTheServersMessagesIsReadBehindThem) {
  Connect();
  Call& call = Open();
  call.reads = true;
  EXPECT_EQ(call.Read(), Received::kNotYet);
  server().Send(Data(1, GrpcMessage("a"), true));
  Run();
  EXPECT_THAT(call.read, ElementsAre("a"));
  EXPECT_EQ(call.Read(), Received::kEnd);
  EXPECT_EQ(call.Read(), Received::kEnd);
  EXPECT_FALSE(call.broken);
  // The other direction is another one.
  EXPECT_EQ(call.CanSend(), Sending::kReady);
}

TEST_F(Http2MessageStreamTest, AnEndInTheMiddleOfAMessageBreaksTheCall) {
  Connect();
  Call& call = Open();
  server().Send(Data(1, GrpcMessage("a") + GrpcMessage("abc").substr(0, 7), true));
  Run();
  EXPECT_EQ(call.Read(), Received::kEnd);
  EXPECT_THAT(call.read, ElementsAre("a"));
  ASSERT_TRUE(call.broken);
  EXPECT_EQ(call.broken->code(), StatusCode::kInternal);
  EXPECT_THAT(call.broken->message(), HasSubstr("middle of a message"));
}

TEST_F(Http2MessageStreamTest, MessagesThatMustNotBeBreakTheCallAsSoonAsTheyAreAnnounced) {
  Connect();
  for (const auto& [bytes, code] : {std::pair(std::string("\0\0\x0f\x42\x41", 5), StatusCode::kResourceExhausted),
                                    std::pair(std::string("\1\0\0\0\1", 5), StatusCode::kInternal)}) {
    Call& call = Open();
    const std::uint32_t stream = code == StatusCode::kInternal ? 3 : 1;
    server().Send(Data(stream, bytes));
    Run();
    EXPECT_EQ(call.Read(), Received::kEnd);
    ASSERT_TRUE(call.broken);
    EXPECT_EQ(call.broken->code(), code);
  }
}

// --- the end of the call ---------------------------------------------------------------------------------------------

TEST_F(Http2MessageStreamTest, AResetInTheMiddleTellsThoseWhoWait) {
  limits_.stream_write_buffer = 1'000;
  Connect(0);
  Call& call = Open();
  EXPECT_TRUE(call.Send(std::string(2'000, 'x')));
  EXPECT_EQ(call.CanSend(), Sending::kNotYet);
  server().Send(Data(1, GrpcMessage("abc").substr(0, 7)));
  Run();
  EXPECT_EQ(call.Read(), Received::kNotYet);
  server().Send(RstStream(1, ErrorCode::kCancel));
  Run();
  EXPECT_EQ(call.readable, 1);
  EXPECT_EQ(call.writable, 1);
  EXPECT_EQ(call.Read(), Received::kEnd);
  EXPECT_EQ(call.CanSend(), Sending::kOver);
  // It was the connection that ended it.
  EXPECT_FALSE(call.broken);
}

TEST_F(Http2MessageStreamTest, WhatIsKeptIsReadAfterTheEndAndAFaultIsTold) {
  Connect();
  Call& call = Open();
  server().Send(Data(1, GrpcMessage("a") + GrpcMessage("b", 1) + GrpcMessage("c")));
  Run();
  call.messages->Close(true);
  ASSERT_TRUE(call.messages->WrongEnd());
  EXPECT_EQ(call.messages->WrongEnd()->code(), StatusCode::kInternal);
  EXPECT_EQ(call.Read(), Received::kEnd);
  EXPECT_THAT(call.read, ElementsAre("a"));
  EXPECT_FALSE(call.broken) << "it is over already";
  ASSERT_TRUE(call.messages->Fault());
  EXPECT_THAT(call.messages->Fault()->message(), HasSubstr("compressed"));
  EXPECT_EQ(call.Read(), Received::kEnd);
  EXPECT_EQ(Credit(1), 0U);
}

TEST_F(Http2MessageStreamTest, WhatIsNotKeptIsGone) {
  Connect();
  Call& call = Open();
  server().Send(Data(1, GrpcMessage("a")));
  Run();
  call.messages->Close(false);
  EXPECT_EQ(call.Read(), Received::kEnd);
  EXPECT_THAT(call.read, IsEmpty());
  EXPECT_FALSE(call.messages->Fault());
}

// --- writing ---------------------------------------------------------------------------------------------------------

TEST_F(Http2MessageStreamTest, AWriterWaitsForWhatItsStreamHasQueued) {
  limits_.stream_write_buffer = 1'000;
  Connect(0);
  Call& call = Open();
  EXPECT_TRUE(call.Send(std::string(900, 'x')));
  // There is room still, so one more message is taken, of any size.
  EXPECT_EQ(call.CanSend(), Sending::kReady);
  EXPECT_TRUE(call.Send(std::string(5'000, 'y')));
  EXPECT_EQ(call.CanSend(), Sending::kNotYet);
  server().Send(WindowUpdate(1, 5'000));
  Run();
  EXPECT_EQ(call.writable, 0) << "something is queued still";
  server().Send(WindowUpdate(1, 5'000));
  Run();
  EXPECT_EQ(call.writable, 1);
  EXPECT_EQ(call.CanSend(), Sending::kReady);
  EXPECT_EQ(server().data(1), GrpcMessage(std::string(900, 'x')) + GrpcMessage(std::string(5'000, 'y')));
}

// However wide the windows of the others are: what they wrote would only lie here.
TEST_F(Http2MessageStreamTest, WhileTheSocketTakesNothingAFullBufferTakesNothing) {
  limits_.write_buffer = 10'000;
  limits_.stream_write_buffer = 200'000;
  Connect(10'000'000);
  Call& first = Open();
  Call& second = Open();
  server().Send(WindowUpdate(0, 10'000'000));
  Run();
  server().SetReading(false);
  for (int i = 0; i < 1'000 && first.CanSend() == Sending::kReady; ++i) {
    ASSERT_TRUE(first.Send(std::string(5'000, 'x')));
    Run();
  }
  ASSERT_EQ(first.CanSend(), Sending::kNotYet);
  EXPECT_EQ(second.CanSend(), Sending::kNotYet);
  server().SetReading(true);
  Run();
  EXPECT_EQ(first.writable, 1);
  EXPECT_EQ(second.writable, 1);
}

TEST_F(Http2MessageStreamTest, TheEndOfTheRequestsLeavesBehindThemAndOnce) {
  Connect(0);
  Call& call = Open();
  EXPECT_TRUE(call.Send("a"));
  call.messages->EndSending();
  call.messages->EndSending();
  EXPECT_EQ(call.CanSend(), Sending::kOver);
  Run();
  EXPECT_FALSE(server().ended(1));
  server().Send(WindowUpdate(1, 100));
  Run();
  EXPECT_TRUE(server().ended(1));
  EXPECT_EQ(server().data(1), GrpcMessage("a"));
}

TEST_F(Http2MessageStreamTest, AMessageAboveTheLimitIsNotSentAndBreaksTheCall) {
  limits_.max_send_message = 10;
  Connect();
  Call& call = Open();
  EXPECT_TRUE(call.Send(std::string(10, 'x')));
  EXPECT_FALSE(call.Send(std::string(11, 'x')));
  ASSERT_TRUE(call.broken);
  EXPECT_EQ(call.broken->code(), StatusCode::kResourceExhausted);
  Run();
  EXPECT_EQ(server().data(1), GrpcMessage(std::string(10, 'x')));
}

TEST_F(Http2MessageStreamTest, AnOwnerMayForbidToSend) {
  Connect();
  Call& call = Open();
  call.may_send = false;
  EXPECT_FALSE(call.Send("x"));
  Run();
  EXPECT_EQ(server().data(1), "");
  EXPECT_FALSE(call.broken);
}

// --- what is kept to be sent again -----------------------------------------------------------------------------------

TEST_F(Http2MessageStreamTest, WhatIsSentIsKeptAsLongAsItIsNotTooMuch) {
  limits_.stream_write_buffer = 20;
  Connect();
  Call& call = Open();
  WrittenRequests written;
  call.messages->KeepSent(written);
  EXPECT_TRUE(call.Send("ab"));
  EXPECT_TRUE(call.Send("12345678"));
  EXPECT_TRUE(written.complete());
  EXPECT_EQ(written.bytes(), GrpcMessage("ab") + GrpcMessage("12345678"));
  EXPECT_TRUE(call.Send(""));
  EXPECT_FALSE(written.complete());
  EXPECT_EQ(written.bytes(), "");
  EXPECT_TRUE(call.Send(""));
  EXPECT_FALSE(written.complete());
}

TEST_F(Http2MessageStreamTest, WhatIsQueuedIsKeptToo) {
  Connect(0);
  Call& call = Open();
  WrittenRequests written;
  call.messages->KeepSent(written);
  EXPECT_TRUE(call.Send("ab"));
  EXPECT_EQ(written.bytes(), GrpcMessage("ab"));
  call.messages->ForgetSent();
  EXPECT_FALSE(written.complete());
  EXPECT_EQ(written.bytes(), "");
  EXPECT_TRUE(call.Send("cd"));
  EXPECT_EQ(written.bytes(), "");
}

}  // namespace
}  // namespace rhei::inline v0::transport
