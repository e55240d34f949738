// How queued DATA leaves: from where it lies, and in turns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>

#include "http2/testing/endpoint.h"

namespace rhei::inline v0::http2 {
namespace {

using testing::Endpoint;
using testing::Exchange;
using testing::ParseFrames;
using testing::SeenEvent;
using testing::SeenFrame;

const std::vector<HeaderField> kRequest = {{.name = ":method", .value = "POST", .token = HeaderName::kMethod},
                                           {.name = ":scheme", .value = "http", .token = HeaderName::kScheme},
                                           {.name = ":path", .value = "/weather", .token = HeaderName::kPath},
                                           {.name = ":authority", .value = "test", .token = HeaderName::kAuthority}};

constexpr std::size_t kFrame = 16'384;
constexpr std::uint32_t kWide = 100'000'000;

// The client's end; the test plays the server by hand.
class SendingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    client_.TakeOutput();
    client_.Receive(testing::Settings() + testing::SettingsAck());
    client_.TakeOutput();
  }
  void OpenWindows(std::uint32_t connection, std::uint32_t streams) {
    client_.Receive(testing::WindowUpdate(0, connection) +
                    testing::Settings({{SettingId::kInitialWindowSize, streams}}));
    client_.TakeOutput();
  }
  Stream Open() {
    const Stream stream = *client_.connection.Open();
    client_.connection.SendHeaders(stream, HeaderTemplate::kNone, kRequest, false);
    client_.TakeOutput();
    return stream;
  }
  void Queue(Stream stream, std::size_t bytes) {
    client_.connection.SendData(stream, std::string(bytes, static_cast<char>('a' + stream.id % 26)), false);
  }
  std::vector<std::string_view> Poll() {
    slices_.fill({});
    const std::size_t count = client_.connection.PollTransmit(slices_);
    return {slices_.begin(), slices_.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  std::vector<SeenFrame> TakeOneWrite() {
    std::string output;
    for (const std::string_view slice : Poll()) output += slice;
    client_.connection.Transmitted(output.size(), client_.now);
    return ParseFrames(output);
  }
  // The streams whose DATA leaves now, frame by frame, until `frames` have left or there are no more. Counts what each
  // has sent.
  std::vector<StreamId> Frames(std::size_t frames = SIZE_MAX) {
    std::vector<StreamId> order;
    while (order.size() < frames) {
      if (taken_.empty()) taken_ = TakeOneWrite();
      if (taken_.empty()) return order;
      const SeenFrame& frame = taken_.front();
      if (frame.header.type == FrameType::kData) {
        order.push_back(frame.header.stream);
        sent_[frame.header.stream] += frame.payload.size();
      }
      taken_.erase(taken_.begin());
    }
    return order;
  }
  // How much further the most advanced of the streams is than the last.
  std::size_t Spread(const std::vector<Stream>& streams) {
    std::size_t least = SIZE_MAX, most = 0;
    for (const Stream stream : streams) {
      least = std::min(least, sent_[stream.id]);
      most = std::max(most, sent_[stream.id]);
    }
    return most - least;
  }

  Endpoint client_{Role::kClient};
  std::array<std::string_view, 64> slices_;
  std::vector<SeenFrame> taken_;
  std::map<StreamId, std::size_t> sent_;
};

TEST_F(SendingTest, FramesAreAsLargeAsThePeerAllowsWhileNoOtherStreamWaits) {
  OpenWindows(kWide, kWide);
  client_.Receive(testing::Settings({{SettingId::kMaxFrameSize, 0xffffff}}));
  client_.TakeOutput();
  const Stream first = Open();
  Queue(first, 2 * kLargestDataFrame + 1);
  std::vector<std::size_t> sizes;
  const auto take = [&] {
    sizes.clear();
    for (const SeenFrame& frame : client_.TakeFrames()) sizes.push_back(frame.header.length);
  };
  take();
  EXPECT_THAT(sizes, ::testing::ElementsAre(kLargestDataFrame, kLargestDataFrame, 1));
  const Stream second = Open();
  Queue(first, 2 * kFrame);
  Queue(second, 4 * kFrame);
  take();
  EXPECT_THAT(sizes, ::testing::ElementsAre(kFrame, kFrame, kFrame, 3 * kFrame));
}

TEST_F(SendingTest, FramesAreNoLargerThanThePeerAllows) {
  OpenWindows(kWide, kWide);
  client_.Receive(testing::Settings({{SettingId::kMaxFrameSize, 20'000}}));
  client_.TakeOutput();
  const Stream stream = Open();
  Queue(stream, 50'000);
  std::vector<std::size_t> sizes;
  for (const SeenFrame& frame : client_.TakeFrames()) sizes.push_back(frame.header.length);
  EXPECT_THAT(sizes, ::testing::ElementsAre(20'000, 20'000, 10'000));
}

TEST_F(SendingTest, TellsWhatAFrameThatHasBegunLacks) {
  const std::string frame = testing::Data(1, std::string(60'000, 'x'));
  const auto missing = [&](std::size_t there) {
    return client_.connection.MissingOf(std::string_view(frame).substr(0, there));
  };
  EXPECT_EQ(missing(8), 0u) << "not known yet";
  EXPECT_EQ(missing(9), 60'000u);
  EXPECT_EQ(missing(40'000), frame.size() - 40'000);
  EXPECT_EQ(missing(frame.size()), 0u);
}

TEST_F(SendingTest, ALargePieceLeavesInOneWriteFromWhereItLies) {
  OpenWindows(kWide, 1'000'000);
  const Stream stream = Open();
  const PooledBytes message(std::string(64 * 1024 + 20, 'x'));
  const char* const place = message.view().data();
  client_.connection.SendData(stream, message, true);
  std::size_t payload = 0, size = 0;
  for (const std::string_view slice : Poll()) {
    size += slice.size();
    if (slice.size() < 1'000) continue;  // frame headers, and the last bytes
    EXPECT_EQ(slice.data(), place + payload);
    payload += slice.size();
  }
  EXPECT_EQ(payload, 64u * 1024);
  client_.connection.Transmitted(size, client_.now);
  EXPECT_FALSE(client_.connection.wants_to_write());
}

TEST_F(SendingTest, WhatIsReferredToOutlivesItsStream) {
  OpenWindows(kWide, 100'000);
  const Stream stream = Open();
  Queue(stream, 150'000);
  std::string expected;
  for (const std::string_view slice : Poll()) expected += slice;
  client_.connection.Release(stream);
  // One byte at a time at first, which is where a wrong bound would show.
  std::string written;
  while (written.size() < expected.size()) {
    const std::string_view slice = Poll().at(0).substr(0, written.size() < 100 ? 1 : 5'000);
    written += slice;
    client_.connection.Transmitted(slice.size(), client_.now);
  }
  EXPECT_EQ(written.substr(0, expected.size()), expected);
  const std::vector<SeenFrame> frames = client_.TakeFrames();
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames.back().header.type, FrameType::kRstStream);
}

TEST_F(SendingTest, WhatIsReferredToOutlivesTheConnectionsFailure) {
  OpenWindows(kWide, 100'000);
  Queue(Open(), 150'000);
  std::string expected;
  for (const std::string_view slice : Poll()) expected += slice;
  client_.connection.Fail(ErrorCode::kInternalError, "");
  const std::string output = client_.TakeOutput();
  EXPECT_EQ(output.substr(0, expected.size()), expected);
  EXPECT_EQ(ParseFrames(output).back().header.type, FrameType::kGoAway);
}

TEST_F(SendingTest, SmallPiecesSideBySideAreOneSlice) {
  const Stream stream = Open();
  for (int i = 0; i < 20; ++i) Queue(stream, 100);
  EXPECT_EQ(Poll().size(), 1u);
}

TEST_F(SendingTest, ASmallMessageDoesNotWaitForALargeOne) {
  OpenWindows(kWide, kWide);
  const Stream large = Open();
  const Stream small = Open();
  Queue(large, 4 * 1024 * 1024);
  Poll();
  Queue(small, 100);
  std::size_t before = 0;
  for (;;) {
    Frames(1);
    if (sent_[small.id] != 0) break;
    before = sent_[large.id];
  }
  EXPECT_GT(before, 0u) << "the output was full of the other's";
  EXPECT_LE(before, 64 * 1024 + kFrame);
}

TEST_F(SendingTest, AMessageThatFitsIsBehindTheOutputAlone) {
  OpenWindows(kWide, kWide);
  const Stream large = Open();
  const Stream small = Open();
  Queue(large, 4 * 1024 * 1024);
  Poll();
  const std::size_t ahead = client_.connection.output_size();
  EXPECT_LE(ahead, 68u * 1024);
  EXPECT_NE(client_.connection.ReserveData(small, 100, true), nullptr);
  EXPECT_EQ(client_.connection.output_size(), ahead + kFrameHeaderSize + 100);
}

TEST_F(SendingTest, LargeMessagesProgressEvenly) {
  OpenWindows(kWide, kWide);
  std::vector<Stream> streams;
  for (int i = 0; i < 10; ++i) streams.push_back(Open());
  for (const Stream stream : streams) Queue(stream, 1'000'000);
  for (int i = 0; i < 600; ++i) {
    ASSERT_EQ(Frames(1).size(), 1u);
    ASSERT_LE(Spread(streams), kFrame);
  }
}

TEST_F(SendingTest, AWindowThatOpensByteByByteHoldsUpItsOwnStreamAlone) {
  OpenWindows(kWide, 0);
  std::vector<Stream> streams;
  for (int i = 0; i < 10; ++i) streams.push_back(Open());
  const Stream slow = streams.back();
  for (const Stream stream : streams) Queue(stream, 1'000'000);
  streams.pop_back();
  for (const Stream stream : streams) client_.Receive(testing::WindowUpdate(stream.id, kWide));
  while (sent_[streams[0].id] < 60 * kFrame) {
    for (int byte = 0; byte < 10; ++byte) client_.Receive(testing::WindowUpdate(slow.id, 1));
    ASSERT_EQ(Frames(1).size(), 1u);
    ASSERT_LE(Spread(streams), kFrame);
  }
  EXPECT_GE(sent_[slow.id], 4u * 1024) << "it sends what is worth a frame";
}

TEST_F(SendingTest, TurnsAreEvenHoweverTheConnectionsWindowOpens) {
  OpenWindows(1, kWide);
  std::vector<Stream> streams;
  for (int i = 0; i < 10; ++i) streams.push_back(Open());
  for (const Stream stream : streams) Queue(stream, 1'000'000);
  std::mt19937 random(5);
  for (int i = 0; i < 1'000; ++i) {
    client_.Receive(testing::WindowUpdate(0, 1 + random() % 20'000));
    Frames();
    ASSERT_LE(Spread(streams), kFrame);
  }
  EXPECT_GT(sent_[streams[9].id], 500'000u);
}

TEST_F(SendingTest, AStreamWhoseWindowIsShutBlocksNoOther) {
  OpenWindows(kWide, 0);
  const Stream shut = Open();
  const Stream open = Open();
  Queue(shut, 1'000'000);
  Queue(open, 1'000'000);
  EXPECT_TRUE(Frames().empty());
  client_.Receive(testing::WindowUpdate(open.id, kWide));
  Frames();
  EXPECT_EQ(sent_[open.id], 1'000'000u);
  EXPECT_EQ(sent_[shut.id], 0u);
  client_.Receive(testing::WindowUpdate(shut.id, kWide));
  Frames();
  EXPECT_EQ(sent_[shut.id], 1'000'000u);
}

TEST_F(SendingTest, TurnsGoOnWhereTheConnectionsWindowStoppedThem) {
  OpenWindows(1, kWide);
  std::vector<Stream> streams;
  for (int i = 0; i < 4; ++i) streams.push_back(Open());
  // All of the window but one byte.
  Queue(streams[3], 65'535);
  Frames();
  sent_.clear();
  for (const Stream stream : streams) Queue(stream, 100'000);
  std::vector<StreamId> order;
  for (int i = 0; i < 8; ++i) {
    // A frame, and a little that is not worth another one.
    client_.Receive(testing::WindowUpdate(0, i == 0 ? kFrame + 500 : kFrame));
    for (const StreamId stream : Frames()) order.push_back(stream);
  }
  EXPECT_THAT(order, ::testing::ElementsAre(1, 3, 5, 7, 1, 3, 5, 7));
}

}  // namespace
}  // namespace rhei::inline v0::http2
