#include "support/http2_frames.h"

#include <gtest/gtest.h>

#include <array>

#include "support/socket_poller.h"

namespace rhei::bench {
namespace {

TEST(FrameReader, ReturnsWhatWasWrittenHoweverItIsCut) {
  std::array<std::byte, 64> written{};
  std::byte* end = WriteFrameHeader(written.data(), FrameType::kPing, kAcknowledge, 0, 8);
  end = WriteUint32(end, 0x01020304);
  end = WriteUint32(end, 0x05060708);
  end = WriteFrameHeader(end, FrameType::kHeaders, kEndHeaders | kEndStream, 0x01fffff1, 0);
  const std::span bytes(written.data(), end);

  const Socket listener = Socket::Listen(0);
  const Socket sender = Socket::Connect(listener.local_port());
  const Socket receiver = listener.Accept();
  SocketPoller poller(std::chrono::microseconds(0));
  poller.Watch(receiver, 0);
  FrameReader reader(32);
  std::vector<FrameType> types;
  for (std::byte one : bytes) {
    ASSERT_TRUE(sender.Send(std::span(&one, 1)));
    poller.Wait();
    ASSERT_TRUE(reader.Receive(receiver));
    while (const std::optional<Frame> frame = reader.Next()) {
      types.push_back(frame->type);
      if (frame->type == FrameType::kPing) {
        EXPECT_EQ(frame->flags, kAcknowledge);
        ASSERT_EQ(frame->payload.size(), 8U);
        EXPECT_EQ(ReadUint32(frame->payload.data() + 4), 0x05060708U);
      } else {
        EXPECT_EQ(frame->stream, 0x01fffff1U);
        EXPECT_TRUE(frame->payload.empty());
      }
    }
  }
  EXPECT_EQ(types, (std::vector{FrameType::kPing, FrameType::kHeaders}));
}

TEST(FrameReader, SaysWhenThePeerIsGone) {
  const Socket listener = Socket::Listen(0);
  Socket sender = Socket::Connect(listener.local_port());
  const Socket receiver = listener.Accept();
  SocketPoller poller(std::chrono::microseconds(0));
  poller.Watch(receiver, 0);
  FrameReader reader(32);
  EXPECT_TRUE(reader.Receive(receiver)) << "nothing there yet";
  EXPECT_FALSE(reader.Next().has_value());
  sender = Socket();
  poller.Wait();
  EXPECT_FALSE(reader.Receive(receiver));
}

}  // namespace
}  // namespace rhei::bench
