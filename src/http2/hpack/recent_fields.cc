#include "http2/hpack/recent_fields.h"

#include <cstring>

namespace rhei::inline v0::http2 {
namespace {

constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;  // 2^64 divided by the golden ratio

std::uint64_t Mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * kMultiplier;
  return hash ^ (hash >> 32);
}

// Eight bytes at a time. Whoever makes strings collide on purpose gains nothing: a match is verified.
std::uint64_t HashBytes(std::uint64_t hash, std::string_view bytes) {
  hash = Mix(hash, bytes.size());
  while (bytes.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    hash = Mix(hash, word);
    bytes.remove_prefix(8);
  }
  std::uint64_t word = 0;
  if (!bytes.empty()) std::memcpy(&word, bytes.data(), bytes.size());
  return Mix(hash, word);
}

}  // namespace

RecentFields::RecentFields(const DynamicTable& table) {
  for (std::uint64_t entry = table.newest() - table.entry_count() + 1; entry <= table.newest(); ++entry) {
    const HeaderField field = table.AtEntry(entry);
    Remember(table, HashField(HashName(field.name), field.value), entry);
  }
}

std::uint64_t RecentFields::HashName(std::string_view name) { return HashBytes(1, name); }

std::uint64_t RecentFields::HashField(std::uint64_t name_hash, std::string_view value) {
  return HashBytes(name_hash, value);
}

RecentFields::Match RecentFields::See(const DynamicTable& table, std::uint64_t field_hash, std::string_view name,
                                      std::string_view value) {
  Memory* memory = Find(field_hash);
  if (memory == nullptr) {
    Forget(table, field_hash) = {field_hash, 0};
    return {};
  }
  if (memory->entry == 0 || !table.Holds(memory->entry)) return {true, 0};
  const HeaderField& field = table.AtEntry(memory->entry);
  if (field.name != name || field.value != value) return {true, 0};
  return {true, memory->entry};
}

RecentFields::NameMatch RecentFields::SeeName(const DynamicTable& table, std::uint64_t name_hash,
                                              std::string_view name) {
  NameMemory& memory = names_[name_hash % names_.size()];
  if (memory.hash != name_hash) memory = {name_hash, 0, 0};
  if (memory.entry != 0 && table.Holds(memory.entry)) {
    return {false, table.AtEntry(memory.entry).name == name ? memory.entry : 0};
  }
  return {++memory.seen >= kOften, 0};
}

void RecentFields::Inserted(const DynamicTable& table, std::uint64_t name_hash, std::uint64_t field_hash) {
  Remember(table, field_hash, table.newest());
  // Only names that were looked for are looked for again.
  NameMemory& name = names_[name_hash % names_.size()];
  if (name.hash == name_hash) name = {name_hash, table.newest(), 0};
}

void RecentFields::Remember(const DynamicTable& table, std::uint64_t field_hash, std::uint64_t entry) {
  Memory* memory = Find(field_hash);
  if (memory == nullptr) memory = &Forget(table, field_hash);
  *memory = {field_hash, entry};
}

RecentFields::Memory* RecentFields::Find(std::uint64_t hash) {
  for (Memory& memory : fields_[hash % fields_.size()]) {
    if (memory.hash == hash) return &memory;
  }
  return nullptr;
}

// The place of what is best forgotten for `hash`: preferably not something that the table holds.
RecentFields::Memory& RecentFields::Forget(const DynamicTable& table, std::uint64_t hash) {
  Pair& pair = fields_[hash % fields_.size()];
  if (pair[0].entry == 0 || !table.Holds(pair[0].entry)) return pair[0];
  if (pair[1].entry == 0 || !table.Holds(pair[1].entry)) return pair[1];
  return pair[0].entry < pair[1].entry ? pair[0] : pair[1];
}

}  // namespace rhei::inline v0::http2
