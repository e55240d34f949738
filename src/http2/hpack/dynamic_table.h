// The dynamic table of HPACK (RFC 7541 §2.3.2), which a decoder and the encoder at the other end keep alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "http2/hpack/byte_arena.h"
#include "http2/hpack/header_field.h"
#include "http2/hpack/static_table.h"

namespace rhei::inline v0::http2 {

// First in, first out. Each entry has a number, counted up from 62 and never used again, and an index that grows as
// newer entries come: 62 is the newest. Fields that it hands out are complete (token, entry), so a field by index is
// one copy. Not thread-safe.
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

  // The entry of an index of the combined address space (62 and up), or null when there is none. Valid until the next
  // change of the table; what its views show stays until ReleaseEvicted.
  const HeaderField* AtIndex(std::uint32_t index) const {
    const std::uint32_t age = index - (kStaticTableSize + 1);
    return age < count_ ? &AtEntry(newest_ - age) : nullptr;
  }
  // Requires Holds(entry).
  const HeaderField& AtEntry(std::uint64_t entry) const { return slots_[entry & mask_].field; }
  std::uint32_t IndexOf(std::uint64_t entry) const {
    return static_cast<std::uint32_t>(kStaticTableSize + 1 + (newest_ - entry));
  }

  // Adds an entry, after evicting what has to leave for it. A field larger than the whole table empties it and is not
  // added (RFC 7541 §4.4): then null. The strings may be those of an entry, even of one that is evicted. The result is
  // valid as that of AtIndex.
  const HeaderField* Insert(std::string_view name, std::string_view value, HeaderName token);

  void Resize(std::uint32_t max_size);

  // The bytes of entries that have been evicted are no longer looked at, and may be used again.
  void ReleaseEvicted();

  // Bytes held on the heap, for tests.
  std::size_t capacity() const { return bytes_.capacity() + slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    HeaderField field;
    std::uint64_t position = 0;  // of its bytes
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
