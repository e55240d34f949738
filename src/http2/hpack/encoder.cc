#include "http2/hpack/encoder.h"

#include <algorithm>

#include "http2/hpack/huffman.h"
#include "http2/hpack/integer.h"

namespace rhei::inline v0::http2 {
namespace {

// The table that the peer grants before its settings arrive (RFC 9113 §6.5.2).
constexpr std::uint32_t kInitialTableSize = 4096;

// The first bytes of representations (RFC 7541 §6) and how many of their lowest bits belong to the integer.
constexpr std::uint8_t kIndexed = 0x80;
constexpr int kIndexedBits = 7;
constexpr std::uint8_t kIncremental = 0x40;
constexpr int kIncrementalBits = 6;
constexpr std::uint8_t kTableSize = 0x20;
constexpr int kTableSizeBits = 5;
constexpr std::uint8_t kNeverIndexed = 0x10;
constexpr std::uint8_t kNotIndexed = 0x00;
constexpr int kNotIndexedBits = 4;
constexpr std::uint8_t kHuffman = 0x80;
constexpr int kStringBits = 7;

std::size_t EntrySize(std::string_view name, std::string_view value) {
  return name.size() + value.size() + DynamicTable::kEntryOverhead;
}

void AppendString(std::string_view text, std::string& block) {
  const std::size_t coded = HuffmanSize(text);
  if (coded < text.size()) {
    AppendHpackInteger(block, kHuffman, kStringBits, static_cast<std::uint32_t>(coded));
    AppendHuffman(block, text);
  } else {
    AppendHpackInteger(block, 0, kStringBits, static_cast<std::uint32_t>(text.size()));
    block.append(text);
  }
}

// RFC 7541 §6.2. The name is written when it has no index.
void AppendLiteral(std::uint8_t kind, int prefix_bits, std::uint32_t name_index, std::string_view name,
                   std::string_view value, std::string& block) {
  AppendHpackInteger(block, kind, prefix_bits, name_index);
  if (name_index == 0) AppendString(name, block);
  AppendString(value, block);
}

}  // namespace

HpackEncoder::HpackEncoder(std::uint32_t max_table_size)
    : max_table_size_(max_table_size), table_(std::min(max_table_size, kInitialTableSize)) {
  if (max_table_size < kInitialTableSize) smallest_size_ = max_table_size;
}

HeaderTemplate HpackEncoder::Register(std::span<const HeaderField> fields) {
  templates_.push_back({.first_field = static_cast<std::uint32_t>(template_places_.size()),
                        .field_count = static_cast<std::uint32_t>(fields.size()),
                        .bytes = {}});
  for (const HeaderField& field : fields) template_places_.push_back(Intern(field));
  return static_cast<HeaderTemplate>(templates_.size() - 1);
}

void HpackEncoder::Encode(HeaderTemplate prefix, std::span<const HeaderField> extra, std::string& block) {
  if (smallest_size_) AnnounceTableSize(block);
  if (prefix != HeaderTemplate::kNone) EncodeTemplate(templates_[static_cast<std::size_t>(prefix)], block);
  for (const HeaderField& field : extra) EncodeExtra(field, block);
  table_.ReleaseEvicted();
}

void HpackEncoder::SetPeerTableSize(std::uint32_t size) {
  size = std::min(size, max_table_size_);
  if (size == table_.max_size() && !smallest_size_) return;
  smallest_size_ = std::min(size, smallest_size_.value_or(size));
  table_.Resize(size);
}

// The place of a field among those of all templates.
std::uint32_t HpackEncoder::Intern(const HeaderField& field) {
  const auto hash =
      static_cast<std::uint32_t>(RecentFields::HashField(RecentFields::HashName(field.name), field.value));
  auto known = std::lower_bound(interned_.begin(), interned_.end(), hash,
                                [](const Interned& interned, std::uint32_t wanted) { return interned.hash < wanted; });
  for (; known != interned_.end() && known->hash == hash; ++known) {
    const TemplateField& other = template_fields_[known->place];
    const bool same =
        NameOf(other) == field.name && ValueOf(other) == field.value && other.never_index == field.never_index;
    if (same) return known->place;
  }
  const auto place = static_cast<std::uint32_t>(template_fields_.size());
  const StaticMatch match = FindStatic(field.name, field.value);
  interned_.insert(known, {.hash = hash, .place = place});
  template_fields_.push_back({.text = static_cast<std::uint32_t>(template_text_.size()),
                              .name_size = static_cast<std::uint32_t>(field.name.size()),
                              .value_size = static_cast<std::uint32_t>(field.value.size()),
                              .static_index = match.index,
                              .static_whole = match.whole,
                              .never_index = field.never_index});
  template_text_.append(field.name).append(field.value);
  return place;
}

// What was sent lately, from now on: it is of use for extra fields alone, and many connections never send one.
RecentFields& HpackEncoder::Recent() {
  if (recent_ == nullptr) recent_ = std::make_unique<RecentFields>(table_);
  return *recent_;
}

// RFC 7541 §4.2: when the size changed more than once, the smallest one is announced first, for it evicted entries.
void HpackEncoder::AnnounceTableSize(std::string& block) {
  if (*smallest_size_ < table_.max_size()) {
    AppendHpackInteger(block, kTableSize, kTableSizeBits, *smallest_size_);
  }
  AppendHpackInteger(block, kTableSize, kTableSizeBits, table_.max_size());
  smallest_size_.reset();
}

void HpackEncoder::EncodeTemplate(Template& list, std::string& block) {
  if (list.version == table_.version()) {
    block.append(list.bytes);
    return;
  }
  const std::uint64_t version = table_.version();
  const std::size_t begin = block.size();
  for (std::uint32_t i = 0; i < list.field_count; ++i) {
    EncodeTemplateField(template_fields_[template_places_[list.first_field + i]], block);
  }
  // While fields are still entering the table, the next encoding will be another one.
  if (version != table_.version()) return;
  list.bytes.assign(block, begin);
  list.version = version;
}

void HpackEncoder::EncodeTemplateField(TemplateField& field, std::string& block) {
  if (field.static_whole && !field.never_index) {
    AppendHpackInteger(block, kIndexed, kIndexedBits, field.static_index);
  } else if (field.never_index || EntrySize(NameOf(field), ValueOf(field)) > table_.max_size()) {
    AppendLiteral(field.never_index ? kNeverIndexed : kNotIndexed, kNotIndexedBits, field.static_index, NameOf(field),
                  ValueOf(field), block);
  } else if (field.entry != 0 && table_.Holds(field.entry)) {
    AppendHpackInteger(block, kIndexed, kIndexedBits, table_.IndexOf(field.entry));
  } else {
    field.entry = EnterTemplateField(field, block);
  }
}

// Returns the number of the field's entry: it may have entered the table from the extra fields of a block.
std::uint64_t HpackEncoder::EnterTemplateField(const TemplateField& field, std::string& block) {
  const Name name{NameOf(field), RecentFields::HashName(NameOf(field)), field.static_index};
  const std::string_view value = ValueOf(field);
  const std::uint64_t field_hash = RecentFields::HashField(name.hash, value);
  if (recent_ != nullptr) {
    const std::uint64_t entry = recent_->See(table_, field_hash, name.text, value).entry;
    if (entry != 0) {
      AppendHpackInteger(block, kIndexed, kIndexedBits, table_.IndexOf(entry));
      return entry;
    }
  }
  return EncodeAndInsert(name, value, field_hash, block);
}

void HpackEncoder::EncodeExtra(const HeaderField& field, std::string& block) {
  const StaticMatch match = FindStatic(field.name, field.value);
  if (match.whole && !field.never_index) {
    AppendHpackInteger(block, kIndexed, kIndexedBits, match.index);
    return;
  }
  Name name{field.name, RecentFields::HashName(field.name), match.index};
  // One large field would push out many small ones.
  const bool may_enter = !field.never_index && EntrySize(field.name, field.value) <= table_.max_size() / 4;
  const std::uint64_t field_hash = RecentFields::HashField(name.hash, field.value);
  RecentFields::Match recent;
  if (may_enter) recent = Recent().See(table_, field_hash, field.name, field.value);
  if (recent.entry != 0) {
    AppendHpackInteger(block, kIndexed, kIndexedBits, table_.IndexOf(recent.entry));
    return;
  }
  bool often = false;
  if (name.index == 0) {
    const RecentFields::NameMatch named = Recent().SeeName(table_, name.hash, name.text);
    if (named.entry != 0) name.index = table_.IndexOf(named.entry);
    often = named.often;
  }
  if (may_enter && (recent.seen || often)) {
    EncodeAndInsert(name, field.value, field_hash, block);
  } else {
    AppendLiteral(field.never_index ? kNeverIndexed : kNotIndexed, kNotIndexedBits, name.index, name.text, field.value,
                  block);
  }
}

// Sends a field for both sides to add to their tables. Returns the number of its entry.
std::uint64_t HpackEncoder::EncodeAndInsert(const Name& name, std::string_view value, std::uint64_t field_hash,
                                            std::string& block) {
  AppendLiteral(kIncremental, kIncrementalBits, name.index, name.text, value, block);
  table_.Insert(name.text, value, HeaderName::kOther);
  if (recent_ != nullptr) recent_->Inserted(table_, name.hash, field_hash);
  return table_.newest();
}

}  // namespace rhei::inline v0::http2
