#include "http2/hpack/dynamic_table.h"

#include <cstring>
#include <utility>

namespace rhei::inline v0::http2 {
namespace {

std::size_t SizeOf(const HeaderField& field) {
  return field.name.size() + field.value.size() + DynamicTable::kEntryOverhead;
}

char* CopyTo(char* target, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(target, bytes.data(), bytes.size());
  return target + bytes.size();
}

}  // namespace

const HeaderField* DynamicTable::Insert(std::string_view name, std::string_view value, HeaderName token) {
  ++version_;
  const std::size_t size = name.size() + value.size() + kEntryOverhead;
  if (size > max_size_) {
    EvictUntil(0);
    return nullptr;
  }
  EvictUntil(max_size_ - size);
  if (count_ == slots_.size()) Grow();

  ++newest_;
  ++count_;
  size_ += size;
  Slot& slot = slots_[newest_ & mask_];
  slot.position = bytes_.position();
  char* bytes = bytes_.Allocate(name.size() + value.size());
  CopyTo(CopyTo(bytes, name), value);
  slot.field.name = {bytes, name.size()};
  slot.field.value = {bytes + name.size(), value.size()};
  slot.field.token = token;
  slot.field.entry = newest_;
  return &slot.field;
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
    bytes_.ReleaseBefore(slots_[(newest_ - count_ + 1) & mask_].position);
  }
}

void DynamicTable::EvictUntil(std::size_t size) {
  while (size_ > size) {
    size_ -= SizeOf(AtEntry(newest_ - count_ + 1));
    --count_;
    evicted_ = true;
  }
}

void DynamicTable::Grow() {
  std::vector<Slot> slots(slots_.empty() ? 8 : slots_.size() * 2);
  const std::uint64_t mask = slots.size() - 1;
  for (std::uint64_t entry = newest_ - count_ + 1; entry <= newest_; ++entry) {
    slots[entry & mask] = slots_[entry & mask_];
  }
  slots_ = std::move(slots);
  mask_ = mask;
}

}  // namespace rhei::inline v0::http2
