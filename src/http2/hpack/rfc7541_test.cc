// The examples of RFC 7541 Appendix C: each block, the list that it stands for, and the table after it. C.1 is in
// integer_test.cc.
#include <gtest/gtest.h>

#include "http2/hpack/decoder.h"
#include "http2/hpack/encoder.h"
#include "http2/hpack/test_support.h"

namespace rhei::inline v0::http2 {
namespace {

using Fields = std::vector<OwnedField>;

struct Example {
  const char* name;
  std::string block;
  Fields fields;
  Fields table;  // newest first
  std::size_t table_size;
};

void ExpectDecodes(HpackDecoder& decoder, const std::vector<Example>& examples) {
  for (const Example& example : examples) {
    const Decoded decoded = DecodeBlock(decoder, example.block);
    EXPECT_EQ(decoded.outcome, DecodeOutcome::kOk) << example.name;
    EXPECT_EQ(decoded.fields, example.fields) << example.name;
    EXPECT_EQ(Entries(decoder.table()), example.table) << example.name;
    EXPECT_EQ(decoder.table().size(), example.table_size) << example.name;
  }
}

// Sends each list as a template, whose fields enter the table when first sent, as in the examples.
void ExpectEncodes(HpackEncoder& encoder, const std::vector<Example>& examples) {
  for (const Example& example : examples) {
    std::vector<HeaderField> fields;
    for (const OwnedField& field : example.fields) fields.push_back({.name = field.name, .value = field.value});
    std::string block;
    encoder.Encode(encoder.Register(fields), {}, block);
    EXPECT_EQ(block, example.block) << example.name;
    EXPECT_EQ(Entries(encoder.table()), example.table) << example.name;
    EXPECT_EQ(encoder.table().size(), example.table_size) << example.name;
  }
}

const OwnedField kAuthority = {":authority", "www.example.com"};
const OwnedField kNoCache = {"cache-control", "no-cache"};
const OwnedField kCustom = {"custom-key", "custom-value"};

std::vector<Example> Requests(const std::vector<std::string>& blocks) {
  const OwnedField get = {":method", "GET"};
  return {
      {"first request", blocks[0], {get, {":scheme", "http"}, {":path", "/"}, kAuthority}, {kAuthority}, 57},
      {"second request",
       blocks[1],
       {get, {":scheme", "http"}, {":path", "/"}, kAuthority, kNoCache},
       {kNoCache, kAuthority},
       110},
      {"third request",
       blocks[2],
       {get, {":scheme", "https"}, {":path", "/index.html"}, kAuthority, kCustom},
       {kCustom, kNoCache, kAuthority},
       164},
  };
}

std::vector<Example> Responses(const std::vector<std::string>& blocks) {
  const OwnedField found = {":status", "302"};
  const OwnedField redirect = {":status", "307"};
  const OwnedField cache = {"cache-control", "private"};
  const OwnedField date = {"date", "Mon, 21 Oct 2013 20:13:21 GMT"};
  const OwnedField later = {"date", "Mon, 21 Oct 2013 20:13:22 GMT"};
  const OwnedField location = {"location", "https://www.example.com"};
  const OwnedField gzip = {"content-encoding", "gzip"};
  const OwnedField cookie = {"set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"};
  return {
      {"first response", blocks[0], {found, cache, date, location}, {location, date, cache, found}, 222},
      {"second response", blocks[1], {redirect, cache, date, location}, {redirect, location, date, cache}, 222},
      {"third response",
       blocks[2],
       {{":status", "200"}, cache, later, location, gzip, cookie},
       {cookie, gzip, later},
       215},
  };
}

const std::vector<std::string> kPlainRequests = {
    FromHex("8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d"),
    FromHex("8286 84be 5808 6e6f 2d63 6163 6865"),
    FromHex("8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65"),
};
const std::vector<std::string> kHuffmanRequests = {
    FromHex("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"),
    FromHex("8286 84be 5886 a8eb 1064 9cbf"),
    FromHex("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"),
};
const std::vector<std::string> kPlainResponses = {
    FromHex("4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 "
            "474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d"),
    FromHex("4803 3330 37c1 c0bf"),
    FromHex("88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 "
            "666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 "
            "3630 303b 2076 6572 7369 6f6e 3d31"),
};
const std::vector<std::string> kHuffmanResponses = {
    FromHex("4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 "
            "63c7 8f0b 97c8 e9ae 82ae 43d3"),
    FromHex("4883 640e ffc1 c0bf"),
    FromHex("88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 "
            "b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07"),
};

// The announcement of a table of 256 bytes, which the examples of C.5 and C.6 take for granted.
const std::string kTableOf256 = FromHex("3fe1 01");

HpackDecoder DecoderWithTableOf256() {
  HpackDecoder decoder({.table_size = 256});
  decoder.SettingsAcknowledged();
  EXPECT_EQ(DecodeBlock(decoder, kTableOf256).outcome, DecodeOutcome::kOk);
  return decoder;
}

TEST(Rfc7541Test, C2RepresentationsOfFields) {
  const OwnedField custom = {"custom-key", "custom-header"};
  HpackDecoder decoder{{}};
  ExpectDecodes(
      decoder,
      {{"C.2.1", FromHex("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572"), {custom}, {custom}, 55},
       {"C.2.2", FromHex("040c 2f73 616d 706c 652f 7061 7468"), {{":path", "/sample/path"}}, {custom}, 55},
       {"C.2.3", FromHex("1008 7061 7373 776f 7264 0673 6563 7265 74"), {{"password", "secret", true}}, {custom}, 55},
       {"C.2.4", FromHex("82"), {{":method", "GET"}}, {custom}, 55}});
}

TEST(Rfc7541Test, C3RequestsWithoutHuffmanCoding) {
  HpackDecoder decoder{{}};
  ExpectDecodes(decoder, Requests(kPlainRequests));
}

TEST(Rfc7541Test, C4RequestsWithHuffmanCoding) {
  HpackDecoder decoder{{}};
  ExpectDecodes(decoder, Requests(kHuffmanRequests));
  HpackEncoder encoder;
  ExpectEncodes(encoder, Requests(kHuffmanRequests));
}

TEST(Rfc7541Test, C5ResponsesWithoutHuffmanCoding) {
  HpackDecoder decoder = DecoderWithTableOf256();
  ExpectDecodes(decoder, Responses(kPlainResponses));
}

TEST(Rfc7541Test, C6ResponsesWithHuffmanCoding) {
  HpackDecoder decoder = DecoderWithTableOf256();
  ExpectDecodes(decoder, Responses(kHuffmanResponses));

  HpackEncoder encoder(256);
  std::string announcement;
  encoder.Encode(HeaderTemplate::kNone, {}, announcement);
  EXPECT_EQ(announcement, kTableOf256);
  // Where the code saves nothing, as with "307", this encoder sends the plain string.
  std::vector<std::string> blocks = kHuffmanResponses;
  blocks[1] = kPlainResponses[1];
  ExpectEncodes(encoder, Responses(blocks));
}

}  // namespace
}  // namespace rhei::inline v0::http2
