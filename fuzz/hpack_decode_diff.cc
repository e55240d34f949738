// Our decoder against nghttp2's, block by block: same lists, same tables, same refusals; and beside them a decoder with
// limits, which must agree as far as its limits allow.
//
// The input: a byte of settings, then blocks, each behind its length (two bytes, little endian).
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/check.h"
#include "fuzz/input.h"
#include "http2/hpack/decoder.h"
#include "http2/hpack/nghttp2_oracle.h"

namespace {

using rhei::fuzz::Check;
using rhei::fuzz::ExactCopy;
using rhei::fuzz::Input;
using namespace rhei::http2;

constexpr std::uint32_t kTableSizes[] = {4096, 0, 64, 256, 8192, 4095, 4097, 100};
// nghttp2 refuses strings above 64 KiB, which ours leaves to its limits.
constexpr std::size_t kLongestBlock = 60'000;

// Ours without limits, and nghttp2's.
class Pair {
 public:
  Pair(std::uint32_t table_size, bool together)
      : decoder_({.table_size = table_size, .list_soft = SIZE_MAX, .list_hard = SIZE_MAX, .max_fields = UINT32_MAX}),
        together_(together) {
    if (table_size == 4096) return;
    inflater_.SetTableSize(table_size);
    decoder_.SettingsAcknowledged();
  }

  // False when the block was refused.
  bool Decode(std::string_view block) {
    std::vector<OwnedField> theirs;
    const bool accepted = inflater_.Inflate(block, theirs);
    blocks_.emplace_back(block);
    std::vector<HeaderField> fields;
    const DecodeOutcome outcome = decoder_.Decode(blocks_.back().view(), fields);
    Check(outcome == DecodeOutcome::kOk || outcome == DecodeOutcome::kCompressionError, "no limit, nothing too large");
    if (outcome != DecodeOutcome::kOk) {
      Check(!accepted || MayRefuse(block, theirs), "what we refuse, nghttp2 refuses");
      return false;
    }
    Check(accepted, "what nghttp2 refuses, we refuse");
    lists_.emplace_back(std::move(fields), std::move(theirs));
    Check(inflater_.Difference(decoder_.table()).empty(), "the tables are alike");
    for (const HeaderField& field : lists_.back().first) CheckEntry(field);
    last_ = lists_.back().second;
    // Lists stay what they were until NextMessage, whatever later blocks did to the table.
    for (const auto& [ours, expected] : lists_) Check(Own(ours) == expected, "the lists are alike");
    if (!together_) NextMessage();
    return true;
  }

  // The list of the last block.
  const std::vector<OwnedField>& last() const { return last_; }
  const DynamicTable& table() const { return decoder_.table(); }

 private:
  void CheckEntry(const HeaderField& field) {
    Check(field.token == FindHeaderName(field.name), "a field has the token of its name");
    if (field.entry == 0) return;
    const auto [known, added] = entries_.try_emplace(field.entry, field.name, field.value);
    Check(added || (known->second.first == field.name && known->second.second == field.value),
          "an entry's number stands for one field for ever");
  }

  void NextMessage() {
    lists_.clear();
    blocks_.clear();
    decoder_.NextMessage();
  }

  Nghttp2Inflater inflater_;
  HpackDecoder decoder_;
  const bool together_;
  std::vector<ExactCopy> blocks_;
  std::vector<std::pair<std::vector<HeaderField>, std::vector<OwnedField>>> lists_;
  std::vector<OwnedField> last_;
  std::map<std::uint64_t, std::pair<std::string, std::string>> entries_;
};

// A decoder with small limits, which goes through the same blocks.
class Limited {
 public:
  explicit Limited(std::uint32_t table_size)
      : decoder_({.table_size = table_size, .list_soft = kSoft, .list_hard = kHard, .max_fields = kMaxFields}) {
    if (table_size != 4096) decoder_.SettingsAcknowledged();
  }

  // `expected` is the list that the block stands for; null when the block is broken.
  void Decode(std::string_view block, const std::vector<OwnedField>* expected, const DynamicTable& table) {
    if (ended_) return;
    const ExactCopy copy(block);
    std::vector<HeaderField> fields;
    const DecodeOutcome outcome = decoder_.Decode(copy.view(), fields);
    Check(decoder_.capacity() <= 64u * 1024, "memory is bounded");
    ended_ = outcome == DecodeOutcome::kCompressionError || outcome == DecodeOutcome::kWayTooLarge;
    if (expected == nullptr) {
      Check(ended_, "a broken block is refused");
      return;
    }
    Check(outcome == OutcomeFor(*expected), "the limits hold");
    if (!ended_) Check(Entries(decoder_.table()) == Entries(table), "the table follows");
    const std::vector<OwnedField> ours = Own(fields);
    Check(ours.size() <= expected->size() && std::equal(ours.begin(), ours.end(), expected->begin()),
          "what is handed out is right");
    decoder_.NextMessage();
  }

 private:
  static constexpr std::size_t kSoft = 1000;
  static constexpr std::size_t kHard = 2000;
  static constexpr std::uint32_t kMaxFields = 10;

  static DecodeOutcome OutcomeFor(const std::vector<OwnedField>& fields) {
    std::size_t charged = 0;
    for (const OwnedField& field : fields) charged += field.name.size() + field.value.size() + 64;
    if (charged > kHard) return DecodeOutcome::kWayTooLarge;
    return charged > kSoft || fields.size() > kMaxFields ? DecodeOutcome::kTooLarge : DecodeOutcome::kOk;
  }

  HpackDecoder decoder_;
  bool ended_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::uint8_t settings = input.Byte();
  const std::uint32_t table_size = kTableSizes[settings & 7];
  Pair pair(table_size, (settings & 8) != 0);
  Limited limited(table_size);
  while (!input.empty()) {
    const std::string_view block = input.Bytes(input.Word()).substr(0, kLongestBlock);
    const bool accepted = pair.Decode(block);
    limited.Decode(block, accepted ? &pair.last() : nullptr, pair.table());
    if (!accepted) break;
  }
  return 0;
}
