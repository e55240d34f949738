#include "http2/hpack/dynamic_table.h"

#include <cstring>
#include <utility>

namespace rhei::inline v0::http2 {
namespace {

// Of the ring, when the first entry comes.
constexpr std::size_t kFirstSlots = 4;

char* CopyTo(char* target, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(target, bytes.data(), bytes.size());
  return target + bytes.size();
}

}  // namespace

std::optional<HeaderField> DynamicTable::Insert(std::string_view name, std::string_view value, HeaderName token) {
  ++version_;
  const std::size_t size = name.size() + value.size() + kEntryOverhead;
  if (size > max_size_) {
    EvictUntil(0);
    return std::nullopt;
  }
  EvictUntil(max_size_ - size);
  if (count_ == slots_.size()) Grow();

  ++newest_;
  ++count_;
  size_ += size;
  char* const bytes = bytes_.Allocate(name.size() + value.size());
  CopyTo(CopyTo(bytes, name), value);
  // Both are below max_size_.
  slots_[newest_ & mask_] = {.bytes = bytes,
                             .name_size = static_cast<std::uint32_t>(name.size()),
                             .value_size = static_cast<std::uint32_t>(value.size()),
                             .token = token};
  return AtEntry(newest_);
}

void DynamicTable::Resize(std::uint32_t max_size) {
  if (max_size == max_size_) return;
  ++version_;
  max_size_ = max_size;
  EvictUntil(max_size);
}

void DynamicTable::ReleaseEvicted() {
  if (!evicted_) return;
  evicted_ = false;
  if (count_ == 0) {
    bytes_.ReleaseAll();
  } else {
    bytes_.ReleaseBefore(slots_[(newest_ - count_ + 1) & mask_].bytes);
  }
}

void DynamicTable::EvictUntil(std::size_t size) {
  while (size_ > size) {
    const Slot& oldest = slots_[(newest_ - count_ + 1) & mask_];
    size_ -= oldest.name_size + oldest.value_size + kEntryOverhead;
    --count_;
    evicted_ = true;
  }
}

void DynamicTable::Grow() {
  std::vector<Slot> slots(slots_.empty() ? kFirstSlots : slots_.size() * 2);
  const std::uint64_t mask = slots.size() - 1;
  for (std::uint64_t entry = newest_ - count_ + 1; entry <= newest_; ++entry) {
    slots[entry & mask] = slots_[entry & mask_];
  }
  slots_ = std::move(slots);
  mask_ = mask;
}

}  // namespace rhei::inline v0::http2
