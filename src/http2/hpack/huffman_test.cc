#include "http2/hpack/huffman.h"

#include <gtest/gtest.h>

#include <random>

#include "http2/hpack/huffman_code.h"
#include "http2/hpack/test_support.h"

namespace rhei::inline v0::http2 {
namespace {

using Outcome = HuffmanResult::Outcome;

std::string Encoded(std::string_view text) {
  std::string code;
  AppendHuffman(code, text);
  return code;
}

struct Text {
  Outcome outcome;
  std::string text;
  friend bool operator==(const Text&, const Text&) = default;
};

Text DecodedWithin(std::string_view code, std::size_t capacity) {
  std::string text(capacity, '\0');
  const HuffmanResult result = DecodeHuffman(code, text.data(), capacity);
  text.resize(result.size);
  return {result.outcome, text};
}

Text Decoded(std::string_view code) { return DecodedWithin(code, MaxHuffmanDecodedSize(code.size())); }

TEST(HuffmanTest, EncodesTheStringsOfTheRfc) {
  EXPECT_EQ(Encoded("www.example.com"), FromHex("f1e3 c2e5 f23a 6ba0 ab90 f4ff"));
  EXPECT_EQ(Encoded("no-cache"), FromHex("a8eb 1064 9cbf"));
  EXPECT_EQ(Encoded("custom-key"), FromHex("25a8 49e9 5ba9 7d7f"));
  EXPECT_EQ(Encoded("302"), FromHex("6402"));
  EXPECT_EQ(Encoded("private"), FromHex("aec3 771a 4b"));
}

TEST(HuffmanTest, EveryPairOfBytesComesBack) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      const std::string code = Encoded(text);
      ASSERT_EQ(code.size(), HuffmanSize(text));
      ASSERT_EQ(Decoded(code), (Text{Outcome::kOk, text}));
    }
  }
}

TEST(HuffmanTest, RandomStringsComeBack) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 100, '\0');
    const bool printable = i % 2 == 0;
    for (char& c : text) c = static_cast<char>(printable ? ' ' + random() % 95 : random() % 256);
    const std::string code = Encoded(text);
    ASSERT_EQ(code.size(), HuffmanSize(text));
    ASSERT_EQ(Decoded(code), (Text{Outcome::kOk, text}));
  }
}

TEST(HuffmanTest, TheEmptyStringIsEmptyBothWays) {
  EXPECT_EQ(Encoded(""), "");
  EXPECT_EQ(Decoded(""), (Text{Outcome::kOk, ""}));
}

TEST(HuffmanTest, RefusesEosWhereverItStands) {
  EXPECT_EQ(Decoded(FromHex("ffffffff")).outcome, Outcome::kBroken);
  EXPECT_EQ(Decoded(FromHex("ffffffff ffffffff ffffffff")).outcome, Outcome::kBroken);
  for (std::size_t before = 0; before < 40; ++before) {
    // "0" is five zeros, so this is `before` of them, 30 ones, and ones to the end of the byte.
    std::string code((before * 5 + 30 + 7) / 8, '\xff');
    for (std::size_t bit = 0; bit < before * 5; ++bit) {
      code[bit / 8] = static_cast<char>(code[bit / 8] & ~(0x80 >> (bit % 8)));
    }
    ASSERT_EQ(Decoded(code).outcome, Outcome::kBroken) << before;
    ASSERT_EQ(Decoded(code + Encoded("and more text")).outcome, Outcome::kBroken) << before;
  }
}

TEST(HuffmanTest, RefusesPaddingOfAWholeByte) {
  EXPECT_EQ(Decoded(FromHex("ff")).outcome, Outcome::kBroken);
  EXPECT_EQ(Decoded(FromHex("ffff")).outcome, Outcome::kBroken);
  EXPECT_EQ(Decoded(FromHex("ffffff")).outcome, Outcome::kBroken);
  for (const std::string text : {"a", "no-cache", "www.example.com", "twenty characters or more of it"}) {
    EXPECT_EQ(Decoded(Encoded(text) + "\xff").outcome, Outcome::kBroken) << text;
  }
}

TEST(HuffmanTest, RefusesPaddingThatIsNotAllOnes) {
  EXPECT_EQ(Decoded(FromHex("1f")), (Text{Outcome::kOk, "a"}));  // 00011 111
  for (const char* broken : {"1e", "1d", "1b", "18"}) EXPECT_EQ(Decoded(FromHex(broken)).outcome, Outcome::kBroken);
  std::string code = Encoded("www.example.com");
  code.back() = static_cast<char>(code.back() & 0xfe);
  EXPECT_EQ(Decoded(code).outcome, Outcome::kBroken);
}

TEST(HuffmanTest, WritesNoMoreThanTheCapacity) {
  const std::string text = "a string that is long enough for every path of the decoder";
  const std::string code = Encoded(text);
  EXPECT_EQ(DecodedWithin(code, text.size()), (Text{Outcome::kOk, text}));
  for (std::size_t capacity = 0; capacity < text.size(); ++capacity) {
    std::string out(capacity + 16, '#');
    const HuffmanResult result = DecodeHuffman(code, out.data(), capacity);
    ASSERT_EQ(result.outcome, Outcome::kTooLong);
    ASSERT_EQ(out.substr(capacity), std::string(16, '#')) << capacity;
  }
}

TEST(HuffmanTest, TheCodesStandInTheOrderOfTheRfc) {
  // Appendix B, one of each region of the table.
  EXPECT_EQ(kHuffmanCode.code[0], 0x1ff8u);
  EXPECT_EQ(kHuffmanCode.code[10], 0x3ffffffcu);
  EXPECT_EQ(kHuffmanCode.code[' '], 0x14u);
  EXPECT_EQ(kHuffmanCode.code['\\'], 0x7fff0u);
  EXPECT_EQ(kHuffmanCode.code[127], 0xffffffcu);
  EXPECT_EQ(kHuffmanCode.code[255], 0x3ffffeeu);
}

}  // namespace
}  // namespace rhei::inline v0::http2
