#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rhei/codec.h"
#include "rhei/message_pieces.h"
#include "rhei/protobuf.h"
#include "shop.pb.h"

namespace rhei::inline v0 {
namespace {

using shop::Catalogue;

MessagePieces Pieces(Catalogue&& message) {
  const std::optional<std::size_t> size = Codec<Catalogue>::Size(message);
  return ToPieces(std::move(message), *size);
}

std::string Joined(const MessagePieces& pieces) {
  std::string bytes(pieces.first.view().substr(MessagePieces::kPrefix));
  for (const PooledBytes& piece : pieces.further) bytes.append(piece.view());
  return bytes;
}

TEST(SerializeInPiecesTest, ALargeFieldStaysWhereItIs) {
  Catalogue message;
  message.add_items("small");
  message.set_picture(std::string(50'000, 'x'));
  const std::string expected = message.SerializeAsString();
  const char* const picture = message.picture().data();
  const MessagePieces pieces = Pieces(std::move(message));
  EXPECT_EQ(Joined(pieces), expected);
  EXPECT_EQ(pieces.size(), expected.size());
  ASSERT_EQ(pieces.further.size(), 1U);
  EXPECT_EQ(pieces.further[0].view().data(), picture);
  EXPECT_EQ(pieces.further[0].size(), 50'000U);
}

TEST(SerializeInPiecesTest, FieldsBehindALargeOneAreAPiece) {
  Catalogue message;
  message.set_picture(std::string(30'000, 'a'));
  message.set_text("text");
  message.set_film(std::string(30'000, 'b'));
  message.set_end("the end");
  const std::string expected = message.SerializeAsString();
  const MessagePieces pieces = Pieces(std::move(message));
  EXPECT_EQ(Joined(pieces), expected);
  EXPECT_EQ(pieces.further.size(), 4U);
}

// Such a message would keep far more memory than it has bytes.
TEST(SerializeInPiecesTest, AMessageOfManySmallFieldsIsOnePiece) {
  for (const std::size_t large : {0, 10'000}) {
    Catalogue message;
    message.add_items(std::string(large, 'x'));
    for (int i = 0; i < 1000; ++i) message.add_items("small " + std::to_string(i));
    const std::string expected = message.SerializeAsString();
    const MessagePieces pieces = Pieces(std::move(message));
    EXPECT_EQ(Joined(pieces), expected) << large;
    EXPECT_TRUE(pieces.further.empty()) << large;
  }
}

TEST(SerializeInPiecesTest, WhatIsNotMovedIsCopied) {
  Catalogue message;
  message.set_picture(std::string(50'000, 'x'));
  ASSERT_EQ(Codec<Catalogue>::Size(message), message.ByteSizeLong());
  const MessagePieces pieces = ToPieces(message, message.ByteSizeLong());
  EXPECT_TRUE(pieces.further.empty());
  EXPECT_EQ(Joined(pieces), message.SerializeAsString());
}

// Sizes around all bounds: of a field that is large, of the room for small ones, of the part that they may be.
TEST(SerializeInPiecesTest, AnyMixtureOfFieldsHasTheBytesThatProtobufWrites) {
  std::mt19937 random(20261129);
  const auto below = [&random](std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound)(random);
  };
  for (int round = 0; round < 2000; ++round) {
    Catalogue message;
    const std::size_t most = std::vector<std::size_t>{30, 130, 4'010, 4'200, 20'000}[below(4)];
    for (std::size_t left = below(20); left > 0; --left) {
      const std::size_t size = below(2) == 0 ? below(most) : most - below(16);
      message.add_items(std::string(size, static_cast<char>('a' + left)));
    }
    if (below(1) == 0) message.set_picture(std::string(below(20'000), 'p'));
    if (below(1) == 0) message.set_text(std::string(below(most), 't'));
    if (below(1) == 0) message.set_film(std::string(4'096 - below(3), 'f'));
    if (below(1) == 0) message.set_end(std::string(below(most), 'e'));
    const std::string expected = message.SerializeAsString();
    const MessagePieces pieces = Pieces(std::move(message));
    ASSERT_EQ(pieces.size(), expected.size()) << "round " << round;
    ASSERT_EQ(Joined(pieces), expected) << "round " << round;
  }
}

TEST(SerializeInPiecesTest, BytesAsTheyAreStayWhereTheyAre) {
  std::string message(10'000, 'x');
  const char* const data = message.data();
  const MessagePieces pieces = ToPieces(std::move(message), 10'000);
  ASSERT_EQ(pieces.further.size(), 1U);
  EXPECT_EQ(pieces.further[0].view().data(), data);
  EXPECT_EQ(pieces.size(), 10'000U);
}

}  // namespace
}  // namespace rhei::inline v0
