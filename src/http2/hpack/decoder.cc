#include "http2/hpack/decoder.h"

#include <algorithm>

#include "http2/hpack/huffman.h"
#include "http2/hpack/static_table.h"

namespace rhei::inline v0::http2 {
namespace {

// The table that a peer may use before it knows our settings (RFC 9113 §6.5.2).
constexpr std::uint32_t kInitialTableSize = 4096;
// What a field is charged beside its name and value: about what it costs us to hold one.
constexpr std::size_t kFieldCharge = 64;
// RFC 7541 §4.2: the smallest size between two blocks, then the final one.
constexpr int kMaxTableSizesPerBlock = 2;

// How the first byte of a representation tells which one it is (RFC 7541 §6).
constexpr std::uint8_t kIndexed = 0x80;       // 1xxxxxxx
constexpr std::uint8_t kIncremental = 0x40;   // 01xxxxxx
constexpr std::uint8_t kTableSize = 0x20;     // 001xxxxx
constexpr std::uint8_t kNeverIndexed = 0x10;  // 0001xxxx; 0000xxxx: without indexing
constexpr std::uint8_t kHuffman = 0x80;       // of a string

}  // namespace

// The entry of an index of the combined address space (RFC 7541 §2.3.3), if there is one.
inline std::optional<HeaderField> HpackDecoder::AtIndex(std::uint32_t index) const {
  if (index > kStaticTableSize) return table_.AtIndex(index);
  return index == 0 ? std::nullopt : std::optional(kStaticTable[index]);
}

// What the fields of a block have been charged so far.
struct HpackDecoder::Charges {
  const Limits& limits;
  std::size_t total = 0;
  std::uint32_t fields = 0;

  DecodeOutcome Add(std::size_t size) {
    total += size + kFieldCharge;
    ++fields;
    if (total > limits.list_hard) return DecodeOutcome::kWayTooLarge;
    return total > limits.list_soft || fields > limits.max_fields ? DecodeOutcome::kTooLarge : DecodeOutcome::kOk;
  }

  // Bytes that the next field may have before the hard limit is passed.
  std::size_t room() const {
    const std::size_t charged = total + kFieldCharge;
    return limits.list_hard > charged ? limits.list_hard - charged : 0;
  }
};

struct HpackDecoder::Literal {
  HeaderField field;
  bool incremental = false;
};

HpackDecoder::HpackDecoder(const Limits& limits)
    : limits_(limits), table_(kInitialTableSize), largest_table_(std::max(limits.table_size, kInitialTableSize)) {}

DecodeOutcome HpackDecoder::Decode(std::string_view block, std::vector<HeaderField>& fields) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(block.data());
  HpackInput input{begin, begin + block.size()};
  if (!ReadTableSizes(input)) return DecodeOutcome::kCompressionError;

  Charges charges{limits_};
  DecodeOutcome outcome = DecodeOutcome::kOk;
  while (true) {
    if (outcome == DecodeOutcome::kOk) ReadShortIndexes(input, charges, fields);
    if (input.empty()) return outcome;
    if (*input.next & kIndexed) {
      const std::optional<HeaderField> field = ReadIndexed(input);
      if (!field) return DecodeOutcome::kCompressionError;
      outcome = charges.Add(field->name.size() + field->value.size());
      if (outcome == DecodeOutcome::kOk) fields.push_back(*field);
    } else {
      Literal literal;
      outcome = ReadLiteral(input, charges, literal);
      if (outcome != DecodeOutcome::kOk) return outcome;
      HeaderField& field = literal.field;
      outcome = charges.Add(field.name.size() + field.value.size());
      if (literal.incremental) {
        field = table_.Insert(field.name, field.value, field.token).value_or(field);
      }
      if (outcome == DecodeOutcome::kOk) fields.push_back(field);
    }
    if (outcome == DecodeOutcome::kWayTooLarge) return outcome;
  }
}

void HpackDecoder::NextMessage() {
  strings_.ReleaseAll();
  table_.ReleaseEvicted();
}

void HpackDecoder::SettingsAcknowledged() {
  largest_table_ = limits_.table_size;
  table_must_shrink_ = table_.max_size() > largest_table_;
}

// Reads the changes of the table's size, which stand only at the begin of a block (RFC 7541 §4.2).
bool HpackDecoder::ReadTableSizes(HpackInput& input) {
  for (int changes = 0; !input.empty() && (*input.next & 0xe0) == kTableSize; ++changes) {
    if (changes == kMaxTableSizesPerBlock) return false;
    const auto size = ReadHpackInteger(input, 5);
    if (!size || *size > largest_table_) return false;
    table_.Resize(*size);
    table_must_shrink_ = false;
  }
  return !table_must_shrink_;
}

// The usual case, done fast: fields that are one byte each. Stops in front of whatever is anything else, or wrong, or
// over a limit.
void HpackDecoder::ReadShortIndexes(HpackInput& input, Charges& charges, std::vector<HeaderField>& fields) const {
  constexpr std::uint32_t kFirst = 1;
  constexpr std::uint32_t kLast = 0x7e;
  const std::size_t limit = std::min(limits_.list_soft, limits_.list_hard);
  std::size_t total = charges.total;
  const std::uint8_t* const begin = input.next;
  const std::uint8_t* const end = begin + std::min<std::size_t>(input.size(), limits_.max_fields - charges.fields);
  const std::uint8_t* next = begin;
  for (; next != end; ++next) {
    const std::uint32_t index = std::uint32_t{*next} - kIndexed;
    if (index - kFirst > kLast - kFirst) break;
    const std::optional<HeaderField> field = AtIndex(index);
    if (!field) break;
    const std::size_t charged = total + field->name.size() + field->value.size() + kFieldCharge;
    if (charged > limit) break;
    total = charged;
    fields.push_back(*field);
  }
  charges.total = total;
  charges.fields += static_cast<std::uint32_t>(next - begin);
  input.next = next;
}

// RFC 7541 §6.1. Nothing: there is no such entry.
std::optional<HeaderField> HpackDecoder::ReadIndexed(HpackInput& input) {
  const auto index = ReadHpackInteger(input, 7);
  return index ? AtIndex(*index) : std::nullopt;
}

// RFC 7541 §6.2. A change of the table's size at this place is an error.
DecodeOutcome HpackDecoder::ReadLiteral(HpackInput& input, const Charges& charges, Literal& literal) {
  const std::uint8_t first = *input.next;
  literal.incremental = (first & kIncremental) != 0;
  if (!literal.incremental && (first & kTableSize) != 0) return DecodeOutcome::kCompressionError;
  HeaderField& field = literal.field;
  field.never_index = !literal.incremental && (first & kNeverIndexed) != 0;

  const auto index = ReadHpackInteger(input, literal.incremental ? 6 : 4);
  if (!index) return DecodeOutcome::kCompressionError;
  const std::size_t room = charges.room();
  if (*index != 0) {
    const std::optional<HeaderField> named = AtIndex(*index);
    if (!named) return DecodeOutcome::kCompressionError;
    field.name = named->name;
    field.token = named->token;
  } else {
    const DecodeOutcome outcome = ReadString(input, room, field.name);
    if (outcome != DecodeOutcome::kOk) return outcome;
    // No name is no field, and costs its sender next to nothing (CVE-2019-9516).
    if (field.name.empty()) return DecodeOutcome::kCompressionError;
    field.token = FindHeaderName(field.name);
  }
  return ReadString(input, room - std::min(room, field.name.size()), field.value);
}

// RFC 7541 §5.2. Gives up as kWayTooLarge before it buffers more than `capacity` bytes.
DecodeOutcome HpackDecoder::ReadString(HpackInput& input, std::size_t capacity, std::string_view& text) {
  if (input.empty()) return DecodeOutcome::kCompressionError;
  const bool huffman = (*input.next & kHuffman) != 0;
  const auto size = ReadHpackInteger(input, 7);
  if (!size || *size > input.size()) return DecodeOutcome::kCompressionError;
  const std::string_view raw(reinterpret_cast<const char*>(input.next), *size);
  input.next += *size;
  if (!huffman) {
    text = raw;
    return raw.size() <= capacity ? DecodeOutcome::kOk : DecodeOutcome::kWayTooLarge;
  }

  const std::size_t reserved = std::min(MaxHuffmanDecodedSize(raw.size()), capacity);
  char* const bytes = strings_.Allocate(reserved);
  const HuffmanResult result = DecodeHuffman(raw, bytes, reserved);
  strings_.TakeBack(reserved - result.size);
  text = {bytes, result.size};
  switch (result.outcome) {
    case HuffmanResult::Outcome::kOk: return DecodeOutcome::kOk;
    case HuffmanResult::Outcome::kBroken: return DecodeOutcome::kCompressionError;
    case HuffmanResult::Outcome::kTooLong: break;
  }
  return DecodeOutcome::kWayTooLarge;
}

}  // namespace rhei::inline v0::http2
