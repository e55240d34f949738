// The dynamic table of HPACK (RFC 7541 §2.3.2), which a decoder and the encoder at the other end keep alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "http2/hpack/byte_arena.h"
#include "http2/hpack/header_field.h"
#include "http2/hpack/static_table.h"

namespace rhei::inline v0::http2 {

// First in, first out. Each entry has a number, counted up from 62 and never used again, and an index that grows as
// newer entries come: 62 is the newest. Fields that it hands out are complete (token, entry); what their views show
// stays until ReleaseEvicted. Not thread-safe.
class DynamicTable {
 public:
  // What an entry costs beside its name and its value (RFC 7541 §4.1).
  static constexpr std::size_t kEntryOverhead = 32;

  explicit DynamicTable(std::uint32_t max_size) : max_size_(max_size) {}

  // Sizes as RFC 7541 §4.1 counts them.
  std::size_t size() const { return size_; }
  std::uint32_t max_size() const { return max_size_; }
  std::size_t entry_count() const { return count_; }

  // The number of the newest entry there ever was; kStaticTableSize when there was none.
  std::uint64_t newest() const { return newest_; }
  bool Holds(std::uint64_t entry) const { return entry <= newest_ && entry > newest_ - count_; }

  // Changes whenever an index may have come to mean something else.
  std::uint64_t version() const { return version_; }

  // The entry of an index of the combined address space (62 and up), if there is one.
  std::optional<HeaderField> AtIndex(std::uint32_t index) const {
    const std::uint32_t age = index - (kStaticTableSize + 1);
    return age < count_ ? std::optional(AtEntry(newest_ - age)) : std::nullopt;
  }
  // Requires Holds(entry).
  HeaderField AtEntry(std::uint64_t entry) const {
    const Slot& slot = slots_[entry & mask_];
    HeaderField field;
    field.name = {slot.bytes, slot.name_size};
    field.value = {slot.bytes + slot.name_size, slot.value_size};
    field.token = slot.token;
    field.entry = entry;
    return field;
  }
  std::uint32_t IndexOf(std::uint64_t entry) const {
    return static_cast<std::uint32_t>(kStaticTableSize + 1 + (newest_ - entry));
  }

  // Adds an entry, after evicting what has to leave for it. A field larger than the whole table empties it and is not
  // added (RFC 7541 §4.4): then nothing. The strings may be those of an entry, even of one that is evicted.
  std::optional<HeaderField> Insert(std::string_view name, std::string_view value, HeaderName token);

  void Resize(std::uint32_t max_size);

  // The bytes of entries that have been evicted are no longer looked at, and may be used again.
  void ReleaseEvicted();

  // Gives back what is kept for entries to come.
  void Trim() { bytes_.Trim(); }

  // Bytes held on the heap, for tests.
  std::size_t capacity() const { return bytes_.capacity() + slots_.capacity() * sizeof(Slot); }

 private:
  // Small, for every connection has some.
  struct Slot {
    const char* bytes = nullptr;  // the name, then the value
    std::uint32_t name_size = 0;
    std::uint32_t value_size = 0;
    HeaderName token = HeaderName::kOther;
  };

  void EvictUntil(std::size_t size);
  void Grow();

  std::uint32_t max_size_;
  std::size_t size_ = 0;
  std::size_t count_ = 0;
  std::uint64_t newest_ = kStaticTableSize;
  std::uint64_t version_ = 0;
  std::vector<Slot> slots_;  // a ring, by entry number; its size is a power of two
  std::uint64_t mask_ = 0;   // that size less one
  ByteArena bytes_;          // names and values, those of evicted entries included
  bool evicted_ = false;     // since the last ReleaseEvicted
};

}  // namespace rhei::inline v0::http2
