#include "http2/hpack/integer.h"

#include <gtest/gtest.h>

#include <limits>

#include "http2/hpack/test_support.h"

namespace rhei::inline v0::http2 {
namespace {

struct Read {
  std::optional<std::uint32_t> value;
  std::size_t used;
};

Read ReadInteger(std::string_view bytes, int prefix_bits) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
  HpackInput input{begin, begin + bytes.size()};
  const auto value = ReadHpackInteger(input, prefix_bits);
  return {value, bytes.size() - input.size()};
}

TEST(HpackIntegerTest, WritesTheExamplesOfTheRfc) {
  std::string ten, thousands, octet;
  AppendHpackInteger(ten, 0, 5, 10);          // RFC 7541 C.1.1
  AppendHpackInteger(thousands, 0, 5, 1337);  // C.1.2
  AppendHpackInteger(octet, 0, 8, 42);        // C.1.3
  EXPECT_EQ(ten, FromHex("0a"));
  EXPECT_EQ(thousands, FromHex("1f9a0a"));
  EXPECT_EQ(octet, FromHex("2a"));
}

TEST(HpackIntegerTest, ReadsBackWhatItWroteForEveryPrefix) {
  const std::uint32_t values[] = {
      0,        1,         14,    15,       16,       30,   31,   127,   128,   254,     255,
      256,      16383,     16384, 1u << 21, 1u << 28, 4095, 4096, 65535, 65536, 1234567, (1u << 31) - 1,
      1u << 31, 0xffffffff};
  for (int bits = 1; bits <= 8; ++bits) {
    for (const std::uint32_t value : values) {
      std::string bytes;
      AppendHpackInteger(bytes, 0, bits, value);
      const Read read = ReadInteger(bytes, bits);
      EXPECT_EQ(read.value, value) << bits;
      EXPECT_EQ(read.used, bytes.size());
    }
  }
}

TEST(HpackIntegerTest, KeepsTheFlagsAboveThePrefix) {
  std::string bytes;
  AppendHpackInteger(bytes, 0x40, 6, 62);
  AppendHpackInteger(bytes, 0x40, 6, 63);
  EXPECT_EQ(bytes, FromHex("7e 7f00"));
}

TEST(HpackIntegerTest, RefusesAnIntegerThatTheBlockCutsOff) {
  EXPECT_EQ(ReadInteger(FromHex("1f"), 5).value, std::nullopt);
  EXPECT_EQ(ReadInteger(FromHex("1f80"), 5).value, std::nullopt);
  EXPECT_EQ(ReadInteger(FromHex("1fffffff"), 5).value, std::nullopt);
}

TEST(HpackIntegerTest, AcceptsFiveContinuationBytesAndRefusesTheSixth) {
  EXPECT_EQ(ReadInteger(FromHex("1f 80 80 80 80 00"), 5).value, 31u);
  EXPECT_EQ(ReadInteger(FromHex("1f 80 80 80 80 80 00"), 5).value, std::nullopt);
}

TEST(HpackIntegerTest, RefusesValuesThatDoNotFitInThirtyTwoBits) {
  EXPECT_EQ(ReadInteger(FromHex("1f e0 ff ff ff 0f"), 5).value, std::numeric_limits<std::uint32_t>::max());
  EXPECT_EQ(ReadInteger(FromHex("1f e1 ff ff ff 0f"), 5).value, std::nullopt);
  EXPECT_EQ(ReadInteger(FromHex("1f ff ff ff ff 7f"), 5).value, std::nullopt);
}

TEST(HpackIntegerTest, StopsReadingEndlessPaddingAtOnce) {
  const Read read = ReadInteger("\x7f" + std::string(1'600'000, '\x80'), 7);
  EXPECT_EQ(read.value, std::nullopt);
  EXPECT_LE(read.used, 6u);
}

}  // namespace
}  // namespace rhei::inline v0::http2
