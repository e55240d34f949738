#include "wire/message_framing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace rhei::inline v0::wire {
namespace {

using Outcome = MessageReader::Outcome;
using ::testing::ElementsAre;

constexpr std::size_t kLimit = 1000;

std::string Framed(std::string_view message) {
  std::string framed(kMessagePrefix, '\x7f');
  WriteMessagePrefix(message.size(), framed.data());
  return framed.append(message);
}

// Gives the reader a piece, and collects what comes.
void Feed(MessageReader& reader, std::string_view piece, std::vector<std::string>& messages) {
  while (true) {
    const MessageReader::Result result = reader.Next(piece, kLimit);
    if (result.outcome == Outcome::kNeedMore) break;
    ASSERT_EQ(result.outcome, Outcome::kMessage);
    messages.emplace_back(result.message);
  }
  ASSERT_TRUE(piece.empty());
}

TEST(MessageFramingTest, ThePrefixIsAFlagAndFourBytesOfLength) {
  char prefix[kMessagePrefix];
  WriteMessagePrefix(0x01020304, prefix);
  EXPECT_THAT(prefix, ElementsAre(0, 1, 2, 3, 4));
}

TEST(MessageFramingTest, AMessageIsWholeOnlyByItselfUncompressedAndWithinTheLimit) {
  const std::string bytes = Framed("hello");
  EXPECT_EQ(WholeMessage(bytes, 5), "hello");
  EXPECT_EQ(WholeMessage(bytes, 5)->data(), bytes.data() + kMessagePrefix);
  EXPECT_EQ(WholeMessage(Framed(""), 0), "");
  EXPECT_EQ(WholeMessage(bytes, 4), std::nullopt);
  EXPECT_EQ(WholeMessage(bytes + "x", kLimit), std::nullopt);
  EXPECT_EQ(WholeMessage(std::string_view(bytes).substr(0, bytes.size() - 1), kLimit), std::nullopt);
  EXPECT_EQ(WholeMessage("", kLimit), std::nullopt);
  EXPECT_EQ(WholeMessage(std::string(4, '\0'), kLimit), std::nullopt);
  std::string compressed = bytes;
  compressed[0] = 1;
  EXPECT_EQ(WholeMessage(compressed, kLimit), std::nullopt);
  for (std::size_t place = 1; place < kMessagePrefix; ++place) {
    std::string other = bytes;
    other[place] ^= '\x80';
    EXPECT_EQ(WholeMessage(other, SIZE_MAX), std::nullopt);
  }
}

TEST(MessageReaderTest, AMessageInOnePieceIsReadInPlace) {
  MessageReader reader;
  const std::string bytes = Framed("hello");
  std::string_view input = bytes;
  const MessageReader::Result result = reader.Next(input, kLimit);
  EXPECT_EQ(result.outcome, Outcome::kMessage);
  EXPECT_EQ(result.message, "hello");
  EXPECT_EQ(result.message.data(), bytes.data() + kMessagePrefix);
  EXPECT_TRUE(input.empty());
  EXPECT_FALSE(reader.in_message());
  EXPECT_EQ(reader.held(), 0U);
}

TEST(MessageReaderTest, BehindAMessageThatCameInPiecesItIsInNone) {
  MessageReader reader;
  const std::string bytes = Framed("hello");
  for (const std::string& piece : {bytes.substr(0, 7), bytes.substr(7)}) {
    std::string_view input = piece;
    (void)reader.Next(input, kLimit);
  }
  EXPECT_FALSE(reader.in_message());
  EXPECT_EQ(reader.held(), bytes.size()) << "it was handed out, and may be looked at";
  reader.Release();
  EXPECT_FALSE(reader.in_message());
  EXPECT_EQ(reader.held(), 0U);
}

TEST(MessageReaderTest, EmptyMessagesAreMessages) {
  MessageReader reader;
  std::vector<std::string> messages;
  Feed(reader, Framed("") + Framed("") + Framed("a"), messages);
  EXPECT_THAT(messages, ElementsAre("", "", "a"));
}

TEST(MessageReaderTest, AnyCutsGiveTheSameMessages) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> sent;
    std::string bytes;
    for (std::size_t i = random() % 6; i > 0; --i) {
      sent.emplace_back(random() % 5 == 0 ? 0 : random() % 300, static_cast<char>('a' + random() % 26));
      bytes += Framed(sent.back());
    }
    MessageReader reader;
    std::vector<std::string> received;
    std::string_view rest = bytes;
    while (!rest.empty()) {
      const std::size_t size = 1 + random() % (random() % 2 == 0 ? 3 : rest.size());
      // A piece of its own memory, so that reading beyond it is seen.
      const std::string piece(rest.substr(0, size));
      Feed(reader, piece, received);
      rest.remove_prefix(piece.size());
    }
    ASSERT_EQ(received, sent);
    ASSERT_FALSE(reader.in_message() && reader.held() == 0);
  }
}

TEST(MessageReaderTest, OneByteAtATime) {
  MessageReader reader;
  std::vector<std::string> messages;
  const std::string bytes = Framed("first") + Framed("") + Framed("second");
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Feed(reader, bytes.substr(i, 1), messages);
    if (i == 6) {
      EXPECT_TRUE(reader.in_message());
    }
  }
  EXPECT_THAT(messages, ElementsAre("first", "", "second"));
  // Nothing of a next message has come.
  std::string_view nothing;
  EXPECT_EQ(reader.Next(nothing, kLimit).outcome, Outcome::kNeedMore);
  EXPECT_FALSE(reader.in_message());
}

TEST(MessageReaderTest, TellsThatAMessageIsUnfinishedFromItsFirstByte) {
  MessageReader reader;
  std::string_view byte("\0", 1);
  EXPECT_EQ(reader.Next(byte, kLimit).outcome, Outcome::kNeedMore);
  EXPECT_TRUE(reader.in_message());
  reader.Reset();
  EXPECT_FALSE(reader.in_message());
  std::vector<std::string> messages;
  Feed(reader, Framed("next stream"), messages);
  EXPECT_THAT(messages, ElementsAre("next stream"));
}

TEST(MessageReaderTest, TheLimitIsTheLargestMessageThatPasses) {
  for (const std::size_t size : {kLimit - 1, kLimit, kLimit + 1}) {
    MessageReader reader;
    const std::string bytes = Framed(std::string(size, 'x'));
    std::string_view input = bytes;
    const MessageReader::Result result = reader.Next(input, kLimit);
    EXPECT_EQ(result.outcome, size <= kLimit ? Outcome::kMessage : Outcome::kTooLarge);
    if (size > kLimit) {
      EXPECT_EQ(result.size, size);
    }
  }
}

TEST(MessageReaderTest, AnAnnouncementOfFourGibibytesTakesNoMemory) {
  MessageReader reader;
  std::string_view input("\0\xff\xff\xff\xff", 5);
  const MessageReader::Result result = reader.Next(input, kLimit);
  EXPECT_EQ(result.outcome, Outcome::kTooLarge);
  EXPECT_EQ(result.size, 0xffffffffU);
  EXPECT_LE(reader.held(), kMessagePrefix);
}

TEST(MessageReaderTest, AnySetFlagIsACompressedMessage) {
  for (const char flag : {'\x01', '\x02', '\x80', '\xff'}) {
    MessageReader reader;
    std::string bytes = Framed("zipped");
    bytes[0] = flag;
    std::string_view input = bytes;
    EXPECT_EQ(reader.Next(input, kLimit).outcome, Outcome::kCompressed);
  }
}

TEST(MessageReaderTest, HoldsWhatHasArrivedOfAnUnfinishedMessage) {
  MessageReader reader;
  const std::string bytes = Framed(std::string(100, 'x'));
  std::string_view input = std::string_view(bytes).substr(0, 45);
  EXPECT_EQ(reader.Next(input, kLimit).outcome, Outcome::kNeedMore);
  EXPECT_EQ(reader.held(), 45U);
}

TEST(MessageReaderTest, LooksAheadAtTheEndOfAStream) {
  const std::string whole = Framed("abc") + Framed("") + Framed("defg");
  // However much of it the reader was given before.
  for (std::size_t given = 0; given <= whole.size(); ++given) {
    MessageReader reader;
    std::vector<std::string> messages;
    Feed(reader, whole.substr(0, given), messages);
    const std::string rest = whole.substr(given);
    EXPECT_EQ(reader.LookAhead(rest, kLimit).outcome, Outcome::kMessage) << given;
    for (std::size_t cut = 1; cut <= rest.size(); ++cut) {
      const bool at_boundary = whole.size() - cut == 0 || whole.size() - cut == 8 || whole.size() - cut == 13;
      EXPECT_EQ(reader.LookAhead(rest.substr(0, rest.size() - cut), kLimit).outcome,
                at_boundary ? Outcome::kMessage : Outcome::kNeedMore)
          << given << " " << cut;
    }
    // It has only looked.
    Feed(reader, rest, messages);
    EXPECT_THAT(messages, ElementsAre("abc", "", "defg"));
  }
}

TEST(MessageReaderTest, LooksAheadOnlyAsFarAsTheFirstWrongMessage) {
  const MessageReader reader;
  const std::string good = Framed("abc");
  const MessageReader::Result large = reader.LookAhead(good + Framed(std::string(kLimit + 1, 'x')), kLimit);
  EXPECT_EQ(large.outcome, Outcome::kTooLarge);
  EXPECT_EQ(large.size, kLimit + 1);
  EXPECT_EQ(reader.LookAhead(good + std::string("\0\xff\xff\xff\xff", 5), kLimit).outcome, Outcome::kTooLarge);
  EXPECT_EQ(reader.LookAhead(good + std::string("\1\0\0\0\1x", 6), kLimit).outcome, Outcome::kCompressed);
  EXPECT_EQ(reader.LookAhead(Framed(std::string(kLimit, 'x')), kLimit).outcome, Outcome::kMessage);
}

}  // namespace
}  // namespace rhei::inline v0::wire
