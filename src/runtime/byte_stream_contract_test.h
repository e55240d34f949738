// What every network must do, real or simulated: tests of Loop's connections and ByteStream that any implementation
// runs. A test program includes this once and instantiates ByteStreamContract over its networks:
//
//   INSTANTIATE_TEST_SUITE_P(Real, ByteStreamContract, ::testing::Values(NetworkCase{"Ipv4", MakeIpv4Network}),
//                            NetworkCaseName);
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/loop.h"
#include "runtime/network_under_test.h"

namespace rhei::inline v0::runtime {

class ByteStreamContract : public ::testing::TestWithParam<NetworkCase> {
 protected:
  void SetUp() override {
    network_ = GetParam().make();
    if (network_ == nullptr) GTEST_SKIP() << "this machine does not have it";
  }
  void TearDown() override {
    accepted_.clear();
    listener_.reset();
  }

  Loop& loop() { return network_->loop(); }
  void RunUntil(std::function<bool()> done) { network_->RunUntil(std::move(done)); }

  // Listens and collects what is accepted in `accepted_`.
  Address Listen() {
    auto listener = loop().Listen(network_->AnyAddress(), [this](std::unique_ptr<AcceptedStream> accepted) {
      auto stream = loop().Adopt(std::move(accepted));
      ASSERT_TRUE(stream.ok());
      accepted_.push_back(std::make_unique<RecordingStream>(*std::move(stream)));
    });
    EXPECT_TRUE(listener.ok()) << listener.error().message();
    listener_ = *std::move(listener);
    return listener_->address();
  }

  Result<std::unique_ptr<ByteStream>> TryConnect(const Address& address) {
    std::optional<Result<std::unique_ptr<ByteStream>>> connected;
    auto operation = loop().Connect(
        address, [&](Result<std::unique_ptr<ByteStream>> result) { connected.emplace(std::move(result)); });
    EXPECT_FALSE(connected.has_value()) << "called from inside Connect";
    RunUntil([&] { return connected.has_value(); });
    return *std::move(connected);
  }

  struct Pair {
    std::unique_ptr<RecordingStream> client, server;
  };
  Pair Connect(const Address& address) {
    Result<std::unique_ptr<ByteStream>> connected = TryConnect(address);
    EXPECT_TRUE(connected.ok()) << connected.error().message();
    RunUntil([&] { return !accepted_.empty(); });
    Pair pair{std::make_unique<RecordingStream>(*std::move(connected)), std::move(accepted_.front())};
    accepted_.pop_front();
    return pair;
  }
  Pair Connect() { return Connect(listener_ != nullptr ? listener_->address() : Listen()); }

  // Lets pass whatever is on its way: each round trip of another connection is one of the loop's own, so what was ready
  // before has had its turn.
  void Settle() {
    Pair other = Connect();
    other.client->Collect();
    other.server->Collect();
    for (std::size_t i = 1; i <= 3; ++i) {
      other.client->Send("?");
      RunUntil([&] { return other.server->received.size() == i; });
      other.server->Send("!");
      RunUntil([&] { return other.client->received.size() == i; });
    }
  }

  std::unique_ptr<NetworkUnderTest> network_;
  std::unique_ptr<Listener> listener_;
  std::deque<std::unique_ptr<RecordingStream>> accepted_;
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ByteStreamContract);

TEST_P(ByteStreamContract, BothSidesOfAConnectionTellTheirAddresses) {
  const Address address = Listen();
  Pair pair = Connect();
  EXPECT_EQ(pair.client->stream->peer(), address);
  EXPECT_EQ(pair.server->stream->local(), address);
  EXPECT_EQ(pair.client->stream->local(), pair.server->stream->peer());
}

TEST_P(ByteStreamContract, PortZeroBecomesARealPort) {
  if (network_->AnyAddress().family == Address::Family::kUnix) GTEST_SKIP() << "no ports";
  EXPECT_EQ(network_->AnyAddress().port, 0);
  EXPECT_NE(Listen().port, 0);
}

TEST_P(ByteStreamContract, ConnectingToNobodyIsRefusedAndSaysWhereAndWhy) {
  const Address nobody = network_->NobodysAddress();
  const auto connected = TryConnect(nobody);
  ASSERT_FALSE(connected.ok());
  EXPECT_EQ(connected.code(), StatusCode::kUnavailable);
  EXPECT_EQ(connected.error().origin(), Origin::kLibrary);
  EXPECT_EQ(connected.error().message(), "connect to " + nobody.ToString() + ": Connection refused");
}

TEST_P(ByteStreamContract, ADestroyedListenerRefuses) {
  const Address address = Listen();
  Connect();
  listener_.reset();
  EXPECT_FALSE(TryConnect(address).ok());
}

TEST_P(ByteStreamContract, AnAddressInUseCannotBeListenedOnTwice) {
  const Address address = Listen();
  const auto second = loop().Listen(address, [](std::unique_ptr<AcceptedStream>) {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message(), "listen on " + address.ToString() + ": Address already in use");
  Connect();  // the first one still works
}

TEST_P(ByteStreamContract, AnAddressIsFreeAgainWhenItsListenerIsGone) {
  const Address address = Listen();
  Pair pair = Connect();
  listener_.reset();
  auto again = loop().Listen(address, [](std::unique_ptr<AcceptedStream>) {});
  EXPECT_TRUE(again.ok()) << again.error().message();
}

TEST_P(ByteStreamContract, ADestroyedConnectDoesNotCallBack) {
  const Address address = Listen();
  bool called = false;
  auto operation = loop().Connect(address, [&](Result<std::unique_ptr<ByteStream>>) { called = true; });
  operation.reset();
  auto refused =
      loop().Connect(network_->NobodysAddress(), [&](Result<std::unique_ptr<ByteStream>>) { called = true; });
  refused.reset();
  // What was cancelled may have been accepted all the same.
  bool other = false;
  auto last = loop().Connect(address, [&](Result<std::unique_ptr<ByteStream>>) { other = true; });
  RunUntil([&] { return other; });
  EXPECT_FALSE(called);
}

TEST_P(ByteStreamContract, AConnectMayBeDestroyedByItsCallback) {
  std::unique_ptr<Operation> operation;
  bool called = false;
  operation = loop().Connect(network_->NobodysAddress(), [&](Result<std::unique_ptr<ByteStream>>) {
    operation.reset();
    called = true;
  });
  RunUntil([&] { return called; });
}

TEST_P(ByteStreamContract, BytesArriveInOrderFromManySlices) {
  Pair pair = Connect();
  pair.server->Collect();
  std::vector<std::string> texts;
  for (int i = 0; i < 2000; ++i) texts.push_back(i % 7 == 0 ? "" : std::to_string(i) + ",");
  std::string all;
  for (const std::string& text : texts) all += text;

  std::string_view rest = all;
  std::size_t next = 0;
  std::size_t offset = 0;
  while (!rest.empty()) {
    std::vector<std::string_view> slices;
    for (std::size_t i = next; i < texts.size(); ++i) slices.push_back(texts[i]);
    slices.front().remove_prefix(offset);
    const IoResult written = pair.client->stream->Write(slices);
    ASSERT_EQ(written.kind, IoResult::Kind::kBytes);
    ASSERT_GE(written.bytes, 1u);
    rest.remove_prefix(written.bytes);
    offset += written.bytes;
    while (next < texts.size() && offset >= texts[next].size()) offset -= texts[next++].size();
  }
  RunUntil([&] { return pair.server->received.size() >= all.size(); });
  EXPECT_EQ(pair.server->received, all);
}

// One end that sends a pattern and checks that the same comes back.
class PatternSender {
 public:
  PatternSender(RecordingStream& stream, std::size_t total) : stream_(stream), total_(total) {
    stream_.on_writable = [this] { Write(); };
    stream_.on_readable = [this] { Read(); };
    Write();
    stream_.stream->WaitReadable();
  }
  bool done() const { return received_ == total_ || failed_; }
  bool failed() const { return failed_; }
  int times_blocked() const { return times_blocked_; }

 private:
  static char At(std::size_t offset) { return static_cast<char>((offset * 31 + offset / 251) & 0xff); }

  void Write() {
    char buffer[64 * 1024];
    while (sent_ < total_) {
      const std::size_t size = std::min(sizeof(buffer), total_ - sent_);
      for (std::size_t i = 0; i < size; ++i) buffer[i] = At(sent_ + i);
      const std::string_view slice(buffer, size);
      const IoResult written = stream_.stream->Write({&slice, 1});
      if (written.kind == IoResult::Kind::kWouldBlock) {
        ++times_blocked_;
        return stream_.stream->WaitWritable();
      }
      if (written.kind != IoResult::Kind::kBytes) return void(failed_ = true);
      sent_ += written.bytes;
    }
  }
  void Read() {
    char buffer[64 * 1024];
    const IoResult read = stream_.stream->Read(buffer);
    if (read.kind == IoResult::Kind::kBytes) {
      for (std::size_t i = 0; i < read.bytes; ++i) failed_ |= buffer[i] != At(received_ + i);
      received_ += read.bytes;
    } else if (read.kind != IoResult::Kind::kWouldBlock) {
      failed_ = true;
    }
    if (!done()) stream_.stream->WaitReadable();
  }

  RecordingStream& stream_;
  const std::size_t total_;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  int times_blocked_ = 0;
  bool failed_ = false;
};

// Sends back what it reads, and reads only when it has sent all.
class EchoWithBackpressure {
 public:
  explicit EchoWithBackpressure(RecordingStream& stream) : stream_(stream), buffer_(100'000) {
    stream_.on_readable = [this] { Read(); };
    stream_.on_writable = [this] { Write(); };
    stream_.stream->WaitReadable();
  }

 private:
  void Read() {
    const IoResult read = stream_.stream->Read(buffer_);
    if (read.kind == IoResult::Kind::kWouldBlock) return stream_.stream->WaitReadable();
    if (read.kind != IoResult::Kind::kBytes) return;
    owed_ = {buffer_.data(), read.bytes};
    Write();
  }
  void Write() {
    while (!owed_.empty()) {
      const IoResult written = stream_.stream->Write({&owed_, 1});
      if (written.kind == IoResult::Kind::kWouldBlock) return stream_.stream->WaitWritable();
      if (written.kind != IoResult::Kind::kBytes) return;
      owed_.remove_prefix(written.bytes);
    }
    stream_.stream->WaitReadable();
  }

  RecordingStream& stream_;
  std::vector<char> buffer_;
  std::string_view owed_;
};

TEST_P(ByteStreamContract, TenMebibytesGoThereAndBackThoughTheReaderIsHeldBack) {
  Pair pair = Connect();
  EchoWithBackpressure echo(*pair.server);
  PatternSender sender(*pair.client, 10u << 20);
  RunUntil([&] { return sender.done(); });
  EXPECT_FALSE(sender.failed());
  EXPECT_GT(sender.times_blocked(), 0);
}

TEST_P(ByteStreamContract, AWriterWhosePeerDoesNotReadIsHeldBack) {
  Pair pair = Connect();
  const std::string block(256 * 1024, 'x');
  const std::string_view slice = block;
  IoResult written;
  std::size_t total = 0;
  // No buffers of a socket pair hold a gigabyte.
  while (total < (1u << 30)) {
    written = pair.client->stream->Write({&slice, 1});
    if (written.kind != IoResult::Kind::kBytes) break;
    total += written.bytes;
  }
  ASSERT_EQ(written.kind, IoResult::Kind::kWouldBlock);
  pair.client->stream->WaitWritable();
  Settle();
  pair.server->Collect();
  RunUntil([&] { return pair.client->writable == 1 && pair.server->received.size() == total; });
}

TEST_P(ByteStreamContract, AfterShutdownWriteThePeerReadsToTheEndAndMayStillAnswer) {
  Pair pair = Connect();
  pair.client->Collect();
  pair.server->Collect();
  pair.client->Send("question");
  pair.client->stream->ShutdownWrite();
  RunUntil([&] { return pair.server->end; });
  EXPECT_EQ(pair.server->received, "question");
  pair.server->Send("answer");
  pair.server->stream->ShutdownWrite();
  RunUntil([&] { return pair.client->end; });
  EXPECT_EQ(pair.client->received, "answer");
}

TEST_P(ByteStreamContract, CloseGivesThePeerTheEndAfterAllThatWasWritten) {
  Pair pair = Connect();
  pair.server->Collect();
  pair.client->Send("last words");
  pair.client->stream->Close();
  RunUntil([&] { return pair.server->end; });
  EXPECT_EQ(pair.server->received, "last words");
}

TEST_P(ByteStreamContract, DestroyingAStreamClosesIt) {
  Pair pair = Connect();
  pair.server->Collect();
  pair.client.reset();
  RunUntil([&] { return pair.server->end; });
}

TEST_P(ByteStreamContract, WritingToAPeerThatIsGoneFailsWithACause) {
  Pair pair = Connect();
  pair.server->stream->Close();
  IoResult written;
  const std::string_view text = "anybody there?";
  RunUntil([&] {
    written = pair.client->stream->Write({&text, 1});
    loop().Post([] {});
    return written.kind == IoResult::Kind::kFailed;
  });
  EXPECT_THAT(written.cause, ::testing::AnyOf("Broken pipe", "Connection reset by peer"));
}

TEST_P(ByteStreamContract, CloseWithInputThatWasNotReadBreaksThePeersStream) {
  Pair pair = Connect();
  pair.client->Collect();
  pair.client->Send("you will not read this");
  pair.server->stream->WaitReadable();
  RunUntil([&] { return pair.server->readable == 1; });
  pair.server->stream->Close();
  RunUntil([&] { return pair.client->end || pair.client->failure.has_value(); });
  EXPECT_EQ(pair.client->received, "");
  if (pair.client->failure) {
    EXPECT_EQ(*pair.client->failure, "Connection reset by peer");
  }
}

TEST_P(ByteStreamContract, AStreamThatIsClosedReadsAndWritesNothing) {
  Pair pair = Connect();
  pair.client->stream->Close();
  pair.client->stream->Close();
  pair.client->stream->ShutdownWrite();
  pair.client->stream->WaitReadable();
  pair.client->stream->WaitWritable();
  char buffer[1];
  const std::string_view text = "x";
  EXPECT_EQ(pair.client->stream->Read(buffer).kind, IoResult::Kind::kFailed);
  EXPECT_EQ(pair.client->stream->Write({&text, 1}).kind, IoResult::Kind::kFailed);
  EXPECT_EQ(pair.client->stream->peer(), listener_->address());
  Settle();
  EXPECT_EQ(pair.client->readable, 0);
  EXPECT_EQ(pair.client->writable, 0);
}

TEST_P(ByteStreamContract, AReadOfNothingThereWouldBlock) {
  Pair pair = Connect();
  char buffer[1];
  EXPECT_EQ(pair.client->stream->Read(buffer).kind, IoResult::Kind::kWouldBlock);
}

TEST_P(ByteStreamContract, ReadinessIsToldOncePerAsking) {
  Pair pair = Connect();
  pair.server->stream->WaitReadable();
  pair.client->Send("abc");
  RunUntil([&] { return pair.server->readable == 1; });
  pair.client->Send("def");
  Settle();
  EXPECT_EQ(pair.server->readable, 1);

  // There is still something to read, so asking again is answered.
  pair.server->stream->WaitReadable();
  EXPECT_EQ(pair.server->readable, 1) << "called from inside WaitReadable";
  RunUntil([&] { return pair.server->readable == 2; });
  pair.server->ReadAll();
  EXPECT_EQ(pair.server->received, "abcdef");
}

TEST_P(ByteStreamContract, AskingTwiceIsAskingOnce) {
  Pair pair = Connect();
  pair.server->stream->WaitReadable();
  pair.server->stream->WaitReadable();
  pair.server->stream->WaitWritable();
  pair.server->stream->WaitWritable();
  EXPECT_EQ(pair.server->writable, 0) << "called from inside WaitWritable";
  pair.client->Send("x");
  RunUntil([&] { return pair.server->readable > 0 && pair.server->writable > 0; });
  Settle();
  EXPECT_EQ(pair.server->readable, 1);
  EXPECT_EQ(pair.server->writable, 1);
}

TEST_P(ByteStreamContract, WhoDoesNotAskIsNotCalled) {
  Pair pair = Connect();
  pair.client->Send("x");
  Settle();
  EXPECT_EQ(pair.server->readable, 0);
  EXPECT_EQ(pair.server->writable, 0);
}

TEST_P(ByteStreamContract, TheEndIsReadinessToo) {
  Pair pair = Connect();
  pair.server->stream->WaitReadable();
  pair.client->stream->ShutdownWrite();
  RunUntil([&] { return pair.server->readable == 1; });
  char buffer[1];
  EXPECT_EQ(pair.server->stream->Read(buffer).kind, IoResult::Kind::kEnd);
  EXPECT_EQ(pair.server->stream->Read(buffer).kind, IoResult::Kind::kEnd);
}

TEST_P(ByteStreamContract, AStreamMayBeClosedAndDestroyedByItsHandler) {
  Pair pair = Connect();
  int calls = 0;
  pair.server->on_readable = [&] {
    ++calls;
    pair.server->stream->Close();
    pair.server->stream.reset();
  };
  pair.server->on_writable = pair.server->on_readable;
  pair.client->Send("x");
  Settle();
  pair.server->stream->WaitReadable();
  pair.server->stream->WaitWritable();
  pair.client->Collect();
  RunUntil([&] { return pair.client->end || pair.client->failure.has_value(); });
  Settle();
  EXPECT_EQ(calls, 1);
}

TEST_P(ByteStreamContract, NoHandlerIsCalledAfterClose) {
  Pair pair = Connect();
  pair.client->Send("x");
  Settle();
  pair.server->stream->WaitReadable();
  pair.server->stream->WaitWritable();
  pair.server->stream->Close();
  Settle();
  EXPECT_EQ(pair.server->readable, 0);
  EXPECT_EQ(pair.server->writable, 0);
}

TEST_P(ByteStreamContract, AHandlerMayBeReplaced) {
  Pair pair = Connect();
  struct Second final : ByteStream::Handler {
    void OnReadable() override { called = true; }
    void OnWritable() override {}
    bool called = false;
  } second;
  pair.server->stream->WaitReadable();
  pair.server->stream->SetHandler(&second);
  pair.client->Send("x");
  RunUntil([&] { return second.called; });
  EXPECT_EQ(pair.server->readable, 0);
}

TEST_P(ByteStreamContract, ManyConnectionsKeepTheirBytesApart) {
  constexpr std::size_t kConnections = 100;
  Listen();
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < kConnections; ++i) pairs.push_back(Connect());
  for (std::size_t i = 0; i < kConnections; ++i) {
    pairs[i].server->Collect();
    pairs[i].client->Collect();
    pairs[i].client->Send("from client " + std::to_string(i));
    pairs[i].server->Send("from server " + std::to_string(i));
  }
  RunUntil([&] {
    return std::all_of(pairs.begin(), pairs.end(), [](const Pair& pair) {
      return pair.client->received.size() >= 13 && pair.server->received.size() >= 13;
    });
  });
  for (std::size_t i = 0; i < kConnections; ++i) {
    EXPECT_THAT(pairs[i].server->received, ::testing::StartsWith("from client "));
    const std::string number = pairs[i].server->received.substr(12);
    EXPECT_EQ(pairs[i].client->received, "from server " + number);
  }
}

TEST_P(ByteStreamContract, AnAcceptedStreamThatIsDroppedIsClosed) {
  bool accepted = false;
  auto listener = loop().Listen(network_->AnyAddress(), [&](std::unique_ptr<AcceptedStream>) { accepted = true; });
  ASSERT_TRUE(listener.ok());
  RecordingStream client(*TryConnect((*listener)->address()));
  client.Collect();
  RunUntil([&] { return client.end || client.failure.has_value(); });
  EXPECT_TRUE(accepted);
}

TEST_P(ByteStreamContract, AListenerMayBeDestroyedByItsCallback) {
  int accepted = 0;
  auto listener = loop().Listen(network_->AnyAddress(), [&](std::unique_ptr<AcceptedStream>) {
    ++accepted;
    listener_.reset();
  });
  ASSERT_TRUE(listener.ok());
  listener_ = *std::move(listener);
  const Address address = listener_->address();
  (void)TryConnect(address);
  RunUntil([&] { return accepted > 0; });
  EXPECT_FALSE(TryConnect(address).ok());
  EXPECT_EQ(accepted, 1);
}

}  // namespace rhei::inline v0::runtime
