#include "http2/hpack/decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "http2/hpack/huffman.h"
#include "http2/hpack/integer.h"
#include "http2/hpack/static_table.h"
#include "http2/hpack/test_support.h"

namespace rhei::inline v0::http2 {
namespace {

constexpr HpackDecoder::Limits kUnlimited = {
    .table_size = 4096, .list_soft = SIZE_MAX, .list_hard = SIZE_MAX, .max_fields = UINT32_MAX};

std::string Literal(std::uint8_t kind, std::string_view name, std::string_view value) {
  std::string block(1, static_cast<char>(kind));
  AppendHpackInteger(block, 0, 7, static_cast<std::uint32_t>(name.size()));
  block.append(name);
  AppendHpackInteger(block, 0, 7, static_cast<std::uint32_t>(value.size()));
  return block.append(value);
}
std::string Inserted(std::string_view name, std::string_view value) { return Literal(0x40, name, value); }
std::string NotIndexed(std::string_view name, std::string_view value) { return Literal(0x00, name, value); }

// A block that needs the dynamic table to be right: one field, the newest entry.
void ExpectNewestEntry(HpackDecoder& decoder, const OwnedField& entry) {
  const Decoded decoded = DecodeBlock(decoder, FromHex("be"));
  EXPECT_EQ(decoded.outcome, DecodeOutcome::kOk);
  EXPECT_EQ(decoded.fields, std::vector<OwnedField>{entry});
}

DecodeOutcome OutcomeOf(std::string_view block, const HpackDecoder::Limits& limits = {}) {
  HpackDecoder decoder(limits);
  return DecodeBlock(decoder, block).outcome;
}

// --- representations ----------------------------------------------------------------------------------------------

TEST(HpackDecoderTest, AnEmptyBlockIsAnEmptyList) {
  HpackDecoder decoder{{}};
  const Decoded decoded = DecodeBlock(decoder, "");
  EXPECT_EQ(decoded.outcome, DecodeOutcome::kOk);
  EXPECT_TRUE(decoded.fields.empty());
}

TEST(HpackDecoderTest, EveryStaticEntryDecodesByIndex) {
  HpackDecoder decoder{{}};
  for (std::uint32_t index = 1; index <= kStaticTableSize; ++index) {
    std::vector<HeaderField> fields;
    ASSERT_EQ(decoder.Decode(std::string(1, static_cast<char>(0x80 | index)), fields), DecodeOutcome::kOk);
    ASSERT_EQ(fields.size(), 1u);
    EXPECT_EQ(fields[0], kStaticTable[index]);
    EXPECT_EQ(fields[0].entry, index);
    EXPECT_EQ(fields[0].token, kStaticTable[index].token);
  }
}

TEST(HpackDecoderTest, RefusesIndexZeroAndIndexesBehindTheTable) {
  for (const char* block : {"80", "be", "ff00", "ff80ffffff0f", "7e 01 78", "40", "0f 30 01 78", "1f 30 01 78"}) {
    EXPECT_EQ(OutcomeOf(FromHex(block)), DecodeOutcome::kCompressionError) << block;
  }
}

TEST(HpackDecoderTest, RefusesABlockThatEndsWithinAField) {
  const std::string whole = FromHex("82") + Inserted("name", "value") + FromHex("48 82 6402 be");
  EXPECT_EQ(OutcomeOf(whole), DecodeOutcome::kOk);
  const std::size_t ends_of_fields[] = {0, 1, 13, 17, 18};
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const bool complete = std::ranges::find(ends_of_fields, size) != std::end(ends_of_fields);
    EXPECT_EQ(OutcomeOf(whole.substr(0, size)), complete ? DecodeOutcome::kOk : DecodeOutcome::kCompressionError)
        << size;
  }
}

TEST(HpackDecoderTest, TellsWhichFieldsMustNeverBeIndexed) {
  HpackDecoder decoder{{}};
  const Decoded decoded = DecodeBlock(decoder, Literal(0x10, "a", "1") + NotIndexed("b", "2") + Inserted("c", "3"));
  EXPECT_EQ(decoded.fields, (std::vector<OwnedField>{{"a", "1", true}, {"b", "2", false}, {"c", "3", false}}));
  EXPECT_EQ(Entries(decoder.table()), (std::vector<OwnedField>{{"c", "3"}}));
}

TEST(HpackDecoderTest, LiteralsWithoutHuffmanCodePointIntoTheBlock) {
  HpackDecoder decoder{{}};
  const std::string block = NotIndexed("name", "value");
  std::vector<HeaderField> fields;
  ASSERT_EQ(decoder.Decode(block, fields), DecodeOutcome::kOk);
  EXPECT_EQ(fields[0].name.data(), block.data() + 2);
  EXPECT_EQ(fields[0].value.data(), block.data() + 7);
}

TEST(HpackDecoderTest, TokensComeWithLiteralsAndWithEveryKindOfIndex) {
  HpackDecoder decoder{{}};
  std::vector<HeaderField> fields;
  // te as a new name, then by index; grpc-timeout by the name of an entry; :status by a static name.
  const std::string block = Inserted("te", "trailers") + FromHex("be") + Inserted("grpc-timeout", "1S") +
                            FromHex("0f2f 02") + "2S" + FromHex("08 03") + "418";
  ASSERT_EQ(decoder.Decode(block, fields), DecodeOutcome::kOk);
  ASSERT_EQ(fields.size(), 5u);
  EXPECT_EQ(fields[0].token, HeaderName::kTe);
  EXPECT_EQ(fields[1].token, HeaderName::kTe);
  EXPECT_EQ(fields[2].token, HeaderName::kGrpcTimeout);
  EXPECT_EQ(fields[3].token, HeaderName::kGrpcTimeout);
  EXPECT_EQ(fields[3].name, "grpc-timeout");
  EXPECT_EQ(fields[4].token, HeaderName::kStatus);
}

TEST(HpackDecoderTest, AnEntryNumberStandsForOneFieldForEver) {
  HpackDecoder decoder{{}};
  ASSERT_EQ(DecodeBlock(decoder, Inserted("name", "the first")).outcome, DecodeOutcome::kOk);
  std::string last = "the first";
  for (std::uint64_t number = 63; number < 2000; ++number) {
    const std::string value = std::to_string(number) + std::string(number % 300, 'v');
    std::vector<HeaderField> fields;
    const std::string block = Inserted("name", value) + FromHex("be bf") + NotIndexed("a", "b");
    ASSERT_EQ(decoder.Decode(block, fields), DecodeOutcome::kOk);
    ASSERT_EQ(fields[0].entry, number);
    ASSERT_EQ(fields[1].entry, number);
    ASSERT_EQ(fields[1].value, value);
    ASSERT_EQ(fields[2].entry, number - 1);
    ASSERT_EQ(fields[2].value, last);
    ASSERT_EQ(fields[3].entry, 0u);
    last = value;
    decoder.NextMessage();
  }
}

TEST(HpackDecoderTest, AFieldTooLargeForTheTableHasNoEntry) {
  HpackDecoder decoder{{}};
  std::vector<HeaderField> fields;
  const std::string block = Inserted("a", "b") + Inserted("n", std::string(5000, 'x'));
  ASSERT_EQ(decoder.Decode(block, fields), DecodeOutcome::kOk);
  EXPECT_EQ(fields[1].entry, 0u);
  EXPECT_EQ(fields[1].value.size(), 5000u);
  EXPECT_EQ(decoder.table().entry_count(), 0u);
}

TEST(HpackDecoderTest, FieldsOutliveTheirEntriesUntilTheNextMessage) {
  HpackDecoder decoder{{}};
  ASSERT_EQ(DecodeBlock(decoder, Inserted("first", "entry")).outcome, DecodeOutcome::kOk);
  // Headers that refer to the entry and to a Huffman string, then trailers which push the entry out.
  const std::string headers = FromHex("be 00 01 78 88 25a8 49e9 5ba9 7d7f");
  std::vector<HeaderField> fields;
  ASSERT_EQ(decoder.Decode(headers, fields), DecodeOutcome::kOk);
  const std::string trailers = Inserted("x", std::string(4000, 'x')) + Inserted("y", std::string(4000, 'y'));
  ASSERT_EQ(decoder.Decode(trailers, fields), DecodeOutcome::kOk);
  ASSERT_EQ(fields.size(), 4u);
  EXPECT_EQ(fields[0].name, "first");
  EXPECT_EQ(fields[0].value, "entry");
  EXPECT_EQ(fields[1].value, "custom-key");
  EXPECT_EQ(fields[2].value, std::string(4000, 'x'));
  EXPECT_EQ(fields[3].value, std::string(4000, 'y'));
  EXPECT_EQ(decoder.table().entry_count(), 1u);
}

TEST(HpackDecoderTest, MemoryOfPastMessagesIsUsedAgain) {
  HpackDecoder decoder{{}};
  std::string block;
  for (int i = 0; i < 10; ++i) block += Inserted("name-" + std::to_string(i), std::string(600, 'v'));
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(DecodeBlock(decoder, block).outcome, DecodeOutcome::kOk);
    ASSERT_LE(decoder.table().capacity(), 32u * 1024);
  }
}

// --- size of the table --------------------------------------------------------------------------------------------

TEST(HpackDecoderTest, FollowsTheSizeThatThePeerChooses) {
  HpackDecoder decoder{{}};
  DecodeBlock(decoder, Inserted("a", "1") + Inserted("b", "2"));
  EXPECT_EQ(DecodeBlock(decoder, FromHex("3f03 be")).outcome, DecodeOutcome::kOk);  // 34
  EXPECT_EQ(Entries(decoder.table()), (std::vector<OwnedField>{{"b", "2"}}));
  EXPECT_EQ(DecodeBlock(decoder, FromHex("20 3fe11f")).outcome, DecodeOutcome::kOk);  // 0, then 4096
  EXPECT_EQ(decoder.table().entry_count(), 0u);
  EXPECT_EQ(decoder.table().max_size(), 4096u);
}

TEST(HpackDecoderTest, RefusesASizeAboveOurSetting) {
  EXPECT_EQ(OutcomeOf(FromHex("3fe11f")), DecodeOutcome::kOk);
  EXPECT_EQ(OutcomeOf(FromHex("3fe21f")), DecodeOutcome::kCompressionError);
  EXPECT_EQ(OutcomeOf(FromHex("3fe21f"), {.table_size = 8192}), DecodeOutcome::kOk);
}

TEST(HpackDecoderTest, RefusesAChangeOfSizeBehindAField) {
  EXPECT_EQ(OutcomeOf(FromHex("20 82")), DecodeOutcome::kOk);
  EXPECT_EQ(OutcomeOf(FromHex("82 20")), DecodeOutcome::kCompressionError);
  EXPECT_EQ(OutcomeOf(Inserted("a", "b") + FromHex("3fe11f")), DecodeOutcome::kCompressionError);
}

TEST(HpackDecoderTest, RefusesAThirdChangeOfSizeInABlock) {
  EXPECT_EQ(OutcomeOf(FromHex("20 3fe11f 82")), DecodeOutcome::kOk);
  EXPECT_EQ(OutcomeOf(FromHex("20 3fe11f 20 82")), DecodeOutcome::kCompressionError);
}

TEST(HpackDecoderTest, ASmallerSettingBindsOnceItIsAcknowledged) {
  HpackDecoder decoder({.table_size = 100});
  ASSERT_EQ(DecodeBlock(decoder, Inserted("n", std::string(200, 'v'))).outcome, DecodeOutcome::kOk);
  ASSERT_EQ(DecodeBlock(decoder, FromHex("be")).outcome, DecodeOutcome::kOk);
  decoder.SettingsAcknowledged();
  EXPECT_EQ(DecodeBlock(decoder, FromHex("3f45 82")).outcome, DecodeOutcome::kOk);  // 100
  EXPECT_EQ(decoder.table().entry_count(), 0u);
  EXPECT_EQ(DecodeBlock(decoder, FromHex("82")).outcome, DecodeOutcome::kOk);
  EXPECT_EQ(DecodeBlock(decoder, FromHex("3f46 82")).outcome, DecodeOutcome::kCompressionError);  // 101
}

TEST(HpackDecoderTest, RefusesABlockThatDoesNotAnnounceTheSmallerTable) {
  HpackDecoder decoder({.table_size = 100});
  decoder.SettingsAcknowledged();
  EXPECT_EQ(DecodeBlock(decoder, FromHex("82")).outcome, DecodeOutcome::kCompressionError);
}

TEST(HpackDecoderTest, TheUsualSettingNeedsNoAnnouncement) {
  HpackDecoder decoder{{}};
  decoder.SettingsAcknowledged();
  EXPECT_EQ(DecodeBlock(decoder, FromHex("82")).outcome, DecodeOutcome::kOk);
}

// --- limits (what each attack did elsewhere: see the CVEs) -----------------------------------------------------------

TEST(HpackDecoderTest, ChargesEachFieldItsNameItsValueAndSixtyFour) {
  const std::string block = NotIndexed("12345", "12345");  // 74
  EXPECT_EQ(OutcomeOf(block, {.list_soft = 74, .list_hard = 74}), DecodeOutcome::kOk);
  EXPECT_EQ(OutcomeOf(block, {.list_soft = 73, .list_hard = 74}), DecodeOutcome::kTooLarge);
  EXPECT_EQ(OutcomeOf(block, {.list_soft = 73, .list_hard = 73}), DecodeOutcome::kWayTooLarge);
  EXPECT_EQ(OutcomeOf(FromHex("82"), {.list_soft = 74, .list_hard = 74}), DecodeOutcome::kOk);  // :method: GET
  EXPECT_EQ(OutcomeOf(FromHex("82"), {.list_soft = 74, .list_hard = 73}), DecodeOutcome::kWayTooLarge);
}

TEST(HpackDecoderTest, LimitsHoldForEachBlock) {
  HpackDecoder decoder({.list_soft = 150, .list_hard = 300});
  std::vector<HeaderField> fields;
  EXPECT_EQ(decoder.Decode(FromHex("8282"), fields), DecodeOutcome::kOk);
  EXPECT_EQ(decoder.Decode(FromHex("8282"), fields), DecodeOutcome::kOk);
  EXPECT_EQ(decoder.Decode(FromHex("828282"), fields), DecodeOutcome::kTooLarge);
  EXPECT_EQ(fields.size(), 6u);
}

// CVE-2016-6581 and CVE-2026-49975: a few bytes that stand for many fields, large or tiny.
TEST(HpackDecoderTest, AReferenceToALargeEntryIsChargedEachTime) {
  HpackDecoder decoder{{}};
  ASSERT_EQ(DecodeBlock(decoder, Inserted("n", std::string(4000, 'x'))).outcome, DecodeOutcome::kOk);
  const Decoded two = DecodeBlock(decoder, FromHex("bebe"));
  EXPECT_EQ(two.outcome, DecodeOutcome::kOk);
  const Decoded three = DecodeBlock(decoder, FromHex("bebebe"));
  EXPECT_EQ(three.outcome, DecodeOutcome::kTooLarge);
  EXPECT_EQ(three.fields.size(), 2u);
  EXPECT_EQ(DecodeBlock(decoder, std::string(100'000, '\xbe')).outcome, DecodeOutcome::kWayTooLarge);
}

TEST(HpackDecoderTest, TinyFieldsAreCountedAndCharged) {
  HpackDecoder decoder{{}};
  ASSERT_EQ(DecodeBlock(decoder, Inserted("a", "")).outcome, DecodeOutcome::kOk);
  EXPECT_EQ(DecodeBlock(decoder, std::string(126, '\xbe')).outcome, DecodeOutcome::kOk);
  EXPECT_EQ(DecodeBlock(decoder, std::string(129, '\xbe')).outcome, DecodeOutcome::kTooLarge);
  EXPECT_EQ(DecodeBlock(decoder, std::string(129, '\xbe')).fields.size(), 126u);
  EXPECT_EQ(DecodeBlock(decoder, std::string(16'000, '\xbe')).outcome, DecodeOutcome::kWayTooLarge);
}

TEST(HpackDecoderTest, TheNumberOfFieldsIsLimitedByItself) {
  HpackDecoder decoder({.list_soft = 100'000, .list_hard = 100'000, .max_fields = 128});
  EXPECT_EQ(DecodeBlock(decoder, std::string(128, '\x82')).fields.size(), 128u);
  const Decoded more = DecodeBlock(decoder, std::string(129, '\x82'));
  EXPECT_EQ(more.outcome, DecodeOutcome::kTooLarge);
  EXPECT_EQ(more.fields.size(), 128u);
}

// CVE-2023-32731: a block that is refused still changes the table.
TEST(HpackDecoderTest, TheTableFollowsABlockThatIsTooLarge) {
  HpackDecoder decoder({.list_soft = 200, .list_hard = 16 * 1024});
  const Decoded refused = DecodeBlock(decoder, NotIndexed("n", std::string(300, 'x')) + Inserted("after", "limit"));
  EXPECT_EQ(refused.outcome, DecodeOutcome::kTooLarge);
  EXPECT_TRUE(refused.fields.empty());
  ExpectNewestEntry(decoder, {"after", "limit"});
}

TEST(HpackDecoderTest, ABlockThatIsTooLargeAndBrokenIsBroken) {
  EXPECT_EQ(OutcomeOf(std::string(130, '\x82') + FromHex("80")), DecodeOutcome::kCompressionError);
}

// CVE-2019-9516.
TEST(HpackDecoderTest, RefusesFieldsWithoutName) {
  EXPECT_EQ(OutcomeOf(NotIndexed("", "value")), DecodeOutcome::kCompressionError);
  EXPECT_EQ(OutcomeOf(Inserted("", "")), DecodeOutcome::kCompressionError);
  EXPECT_EQ(OutcomeOf(Literal(0x10, "", "v")), DecodeOutcome::kCompressionError);
  EXPECT_EQ(OutcomeOf(FromHex("00 80 01 76")), DecodeOutcome::kCompressionError);  // an empty Huffman string
  EXPECT_EQ(OutcomeOf(NotIndexed("name", "")), DecodeOutcome::kOk);
}

// CVE-2023-33953: integers padded without end, and lengths beyond all measure.
TEST(HpackDecoderTest, RefusesEndlessAndHugeLengths) {
  const std::string padding(1'600'000, '\x80');
  EXPECT_EQ(OutcomeOf("\xff" + padding), DecodeOutcome::kCompressionError);
  EXPECT_EQ(OutcomeOf(FromHex("00 7f") + padding), DecodeOutcome::kCompressionError);
  EXPECT_EQ(OutcomeOf(FromHex("00 7f 80 ff ff ff 0f") + "x"), DecodeOutcome::kCompressionError);  // 4 GiB
  EXPECT_EQ(OutcomeOf(FromHex("00 ff 80 ff ff ff 0f") + "x"), DecodeOutcome::kCompressionError);
  EXPECT_EQ(OutcomeOf(FromHex("00 01 78 7f 80 ff ff ff 0f") + "x"), DecodeOutcome::kCompressionError);
}

TEST(HpackDecoderTest, AStringOverTheHardLimitIsNotBuffered) {
  HpackDecoder decoder{{}};
  std::string code;
  AppendHuffman(code, std::string(1'000'000, '0'));
  std::string block(1, '\0');
  AppendHpackInteger(block, 0x80, 7, static_cast<std::uint32_t>(code.size()));
  block += code;
  EXPECT_EQ(DecodeBlock(decoder, block).outcome, DecodeOutcome::kWayTooLarge);
  EXPECT_LE(decoder.capacity(), 64u * 1024);
  EXPECT_EQ(OutcomeOf(NotIndexed(std::string(17'000, 'n'), "v")), DecodeOutcome::kWayTooLarge);
  EXPECT_EQ(OutcomeOf(NotIndexed("n", std::string(17'000, 'v'))), DecodeOutcome::kWayTooLarge);
}

// Three bytes that copy a name of 4000 bytes into the table, again and again.
TEST(HpackDecoderTest, InsertionsUnderALargeNameAreBoundedByTheHardLimit) {
  HpackDecoder decoder{{}};
  ASSERT_EQ(DecodeBlock(decoder, Inserted(std::string(4000, 'n'), "")).outcome, DecodeOutcome::kOk);
  std::string block;
  for (int i = 0; i < 50'000; ++i) block += FromHex("7e 01 78");
  EXPECT_EQ(DecodeBlock(decoder, block).outcome, DecodeOutcome::kWayTooLarge);
  EXPECT_LE(decoder.capacity(), 64u * 1024);
  EXPECT_LE(decoder.table().newest(), 61u + 6);
}

TEST(HpackDecoderTest, RefusesHuffmanStringsThatTheRfcForbids) {
  EXPECT_EQ(OutcomeOf(FromHex("00 01 78 81 1f")), DecodeOutcome::kOk);
  EXPECT_EQ(OutcomeOf(FromHex("00 01 78 81 1e")), DecodeOutcome::kCompressionError);        // padding of a zero
  EXPECT_EQ(OutcomeOf(FromHex("00 01 78 82 1f ff")), DecodeOutcome::kCompressionError);     // padding of 11 bits
  EXPECT_EQ(OutcomeOf(FromHex("00 01 78 84 ffffffff")), DecodeOutcome::kCompressionError);  // EOS
  EXPECT_EQ(OutcomeOf(FromHex("00 84 ffffffff 01 78")), DecodeOutcome::kCompressionError);
}

TEST(HpackDecoderTest, WithoutLimitsALargeListComesWhole) {
  HpackDecoder decoder(kUnlimited);
  EXPECT_EQ(DecodeBlock(decoder, std::string(100'000, '\x82')).fields.size(), 100'000u);
  const Decoded large = DecodeBlock(decoder, Inserted("n", std::string(1'000'000, 'v')));
  EXPECT_EQ(large.outcome, DecodeOutcome::kOk);
  EXPECT_EQ(large.fields[0].value.size(), 1'000'000u);
}

}  // namespace
}  // namespace rhei::inline v0::http2
