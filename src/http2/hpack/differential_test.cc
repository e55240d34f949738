// Our decoder and encoder against nghttp2's: random lists, both directions, and blocks that were damaged on the way.
// After each block the lists and the dynamic tables of both sides must be alike.
//
// RHEI_HPACK_BLOCKS, set by the build, is the number of blocks: a million in a release build without sanitizers.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>

#include "http2/hpack/decoder.h"
#include "http2/hpack/encoder.h"
#include "http2/hpack/nghttp2_oracle.h"
#include "http2/hpack/test_support.h"

namespace rhei::inline v0::http2 {
namespace {

using Fields = std::vector<OwnedField>;

constexpr int kBlocks = RHEI_HPACK_BLOCKS;
constexpr int kBlocksPerConnection = 150;

HpackDecoder::Limits Unlimited(std::uint32_t table_size) {
  return {.table_size = table_size, .list_soft = SIZE_MAX, .list_hard = SIZE_MAX, .max_fields = UINT32_MAX};
}

// Makes header lists as calls have them: some fields always the same, some from a small set, some never seen before.
class ListMaker {
 public:
  explicit ListMaker(std::uint32_t seed) : random_(seed) {}

  std::uint32_t Below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  OwnedField Field() {
    OwnedField field{Name(), Value(), Below(16) == 0};
    return field;
  }

  Fields List() {
    Fields fields(Below(9));
    for (OwnedField& field : fields) field = Field();
    return fields;
  }

  std::uint32_t TableSize() {
    constexpr std::uint32_t kSizes[] = {0, 1, 40, 100, 256, 1000, 4095, 4096, 4096, 4097, 8192, 65536};
    return kSizes[Below(std::size(kSizes))];
  }

  // Damages a few bytes.
  std::string Damage(std::string block) {
    for (std::uint32_t changes = 1 + Below(3); changes > 0; --changes) {
      const std::size_t at = block.empty() ? 0 : Below(static_cast<std::uint32_t>(block.size()));
      const char byte = Byte();
      switch (block.empty() ? 1 : Below(5)) {
        case 0: block[at] = byte; break;
        case 1: block.insert(at, 1, byte); break;
        case 2: block.erase(at, 1); break;
        case 3: block[at] = static_cast<char>(block[at] ^ (1 << Below(8))); break;
        default: block.resize(at);
      }
    }
    return block;
  }

 private:
  std::string Name() {
    constexpr const char* kNames[] = {
        ":method",      ":path",        ":scheme", ":authority",     ":status",
        "content-type", "te",           "cookie",  "authorization",  "user-agent",
        "grpc-timeout", "grpc-status",  "x-user",  "x-trace-id-bin", "grpc-accept-encoding",
        "date",         "cache-control"};
    if (Below(8) != 0) return kNames[Below(std::size(kNames))];
    return Below(2) == 0 ? "x-" + std::to_string(Below(50)) : Text(1 + Below(20));
  }

  std::string Value() {
    constexpr const char* kValues[] = {
        "",     "GET",      "POST", "/",    "http", "https",    "200", "application/grpc",
        "gzip", "trailers", "0",    "100m", "1S",   "no-cache", "ann", "gzip, deflate"};
    const std::uint32_t kind = Below(100);
    if (kind < 50) return kValues[Below(std::size(kValues))];
    if (kind < 75) return "/package.Service/Method" + std::to_string(Below(60));
    if (kind < 98) return Text(Below(60));
    return Text(Below(kind == 98 ? 700 : 6000));
  }

  std::string Text(std::uint32_t size) {
    std::string text(size, '\0');
    const bool printable = Below(4) != 0;
    for (char& c : text) c = printable ? static_cast<char>(' ' + Below(95)) : Byte();
    return text;
  }

  char Byte() { return static_cast<char>(random_()); }

  std::mt19937 random_;
};

std::vector<HeaderField> Views(const Fields& fields) {
  std::vector<HeaderField> views;
  for (const OwnedField& field : fields) {
    views.push_back({.name = field.name, .value = field.value, .never_index = field.never_index});
  }
  return views;
}

TEST(HpackDifferentialTest, WhatNghttp2SendsMeansTheSameToBoth) {
  ListMaker make(1);
  for (int block_count = 0; block_count < kBlocks * 3 / 10;) {
    const std::uint32_t table_size = make.TableSize();
    Nghttp2Deflater deflater(make.TableSize());
    Nghttp2Inflater inflater;
    HpackDecoder decoder(Unlimited(table_size));
    if (table_size != 4096) {
      inflater.SetTableSize(table_size);
      deflater.SetPeerTableSize(table_size);
      decoder.SettingsAcknowledged();
    }
    for (int i = 0; i < kBlocksPerConnection; ++i, ++block_count) {
      if (make.Below(50) == 0) deflater.SetPeerTableSize(std::min(make.TableSize(), table_size));
      const Fields sent = make.List();
      const std::string block = deflater.Deflate(sent);
      Fields theirs;
      ASSERT_TRUE(inflater.Inflate(block, theirs));
      const Decoded ours = DecodeBlock(decoder, block);
      ASSERT_EQ(ours.outcome, DecodeOutcome::kOk);
      ASSERT_EQ(ours.fields, theirs);
      ASSERT_EQ(ours.fields.size(), sent.size());
      ASSERT_EQ(inflater.Difference(decoder.table()), "");
    }
  }
}

TEST(HpackDifferentialTest, WhatWeSendMeansTheSameToNghttp2) {
  ListMaker make(2);
  for (int block_count = 0; block_count < kBlocks * 4 / 10;) {
    HpackEncoder encoder(make.Below(2) == 0 ? 4096 : make.TableSize());
    Nghttp2Inflater inflater;
    std::uint32_t granted = 4096;

    std::vector<Fields> lists(1 + make.Below(20));
    std::vector<HeaderTemplate> templates;
    for (Fields& list : lists) {
      list = make.List();
      templates.push_back(encoder.Register(Views(list)));
    }
    for (int i = 0; i < kBlocksPerConnection; ++i, ++block_count) {
      // Settings that one peer may send: our encoder has to obey before the next block, whatever came in between.
      if (make.Below(50) == 0) {
        for (std::uint32_t changes = 1 + make.Below(3); changes > 0; --changes) {
          granted = make.TableSize();
          encoder.SetPeerTableSize(granted);
          inflater.SetTableSize(granted);
        }
      }
      Fields expected;
      HeaderTemplate prefix = HeaderTemplate::kNone;
      if (make.Below(8) != 0) {
        const std::uint32_t which = make.Below(static_cast<std::uint32_t>(lists.size()));
        prefix = templates[which];
        expected = lists[which];
      }
      const Fields extra = make.List();
      expected.insert(expected.end(), extra.begin(), extra.end());
      std::string block;
      encoder.Encode(prefix, Views(extra), block);

      Fields theirs;
      ASSERT_TRUE(inflater.Inflate(block, theirs));
      ASSERT_EQ(theirs, expected);
      ASSERT_EQ(inflater.Difference(encoder.table()), "");
      ASSERT_LE(encoder.table().max_size(), granted);
    }
  }
}

TEST(HpackDifferentialTest, DamagedBlocksAreTakenOrRefusedByBoth) {
  ListMaker make(3);
  int taken = 0;
  int refused = 0;
  int refused_by_us = 0;
  for (int block_count = 0; block_count < kBlocks * 3 / 10;) {
    Nghttp2Deflater deflater(4096);
    Nghttp2Inflater inflater;
    HpackDecoder decoder(Unlimited(4096));
    for (int i = 0; i < kBlocksPerConnection; ++i, ++block_count) {
      if (make.Below(50) == 0) deflater.SetPeerTableSize(make.TableSize());
      std::string block = deflater.Deflate(make.List());
      if (make.Below(4) == 0) block = make.Damage(std::move(block));
      Fields theirs;
      const bool accepted = inflater.Inflate(block, theirs);
      const Decoded ours = DecodeBlock(decoder, block);
      if (ours.outcome == DecodeOutcome::kOk) {
        ASSERT_TRUE(accepted);
        ASSERT_EQ(ours.fields, theirs);
        ASSERT_EQ(inflater.Difference(decoder.table()), "");
        ++taken;
        continue;
      }
      ASSERT_EQ(ours.outcome, DecodeOutcome::kCompressionError);
      if (accepted) {
        ASSERT_TRUE(MayRefuse(block, theirs));
        ++refused_by_us;
      } else {
        ++refused;
      }
      break;
    }
  }
  std::cout << "taken " << taken << ", refused " << refused << ", refused by us alone " << refused_by_us << "\n";
  EXPECT_GT(refused, kBlocks / 1000);
}

// The limits cut lists off, but the tables go on as if there were none.
TEST(HpackDifferentialTest, TheTableFollowsBlocksThatAreTooLarge) {
  ListMaker make(4);
  int cut_off = 0;
  for (int connection = 0; connection < kBlocks / 1000; ++connection) {
    Nghttp2Deflater deflater(4096);
    Nghttp2Inflater inflater;
    HpackDecoder decoder({.table_size = 4096, .list_soft = 500, .list_hard = 100'000, .max_fields = 5});
    for (int i = 0; i < 30; ++i) {
      const std::string block = deflater.Deflate(make.List());
      Fields theirs;
      ASSERT_TRUE(inflater.Inflate(block, theirs));
      const Decoded ours = DecodeBlock(decoder, block);
      ASSERT_EQ(inflater.Difference(decoder.table()), "");
      if (ours.outcome == DecodeOutcome::kOk) {
        ASSERT_EQ(ours.fields, theirs);
        continue;
      }
      ASSERT_EQ(ours.outcome, DecodeOutcome::kTooLarge);
      ASSERT_LT(ours.fields.size(), theirs.size());
      ASSERT_TRUE(std::equal(ours.fields.begin(), ours.fields.end(), theirs.begin()));
      ++cut_off;
    }
  }
  EXPECT_GT(cut_off, 0);
  std::cout << kBlocks << " blocks, " << cut_off << " lists cut off\n";
}

}  // namespace
}  // namespace rhei::inline v0::http2
