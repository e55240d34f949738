#include "http2/stream_table.h"

#include <algorithm>
#include <memory>

namespace rhei::inline v0::http2 {

std::uint32_t StreamTable::Add(std::uint32_t id) {
  if (count_ == line_.size()) MakeRoom();
  std::uint32_t slot;
  if (free_.empty()) {
    slot = slots_++;
    records_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  records_[slot].id = id;
  At(count_++) = {.id = id, .slot = slot};
  ++size_;
  last_id_ = id;
  last_slot_ = slot;
  return slot;
}

void StreamTable::Remove(std::uint32_t slot) {
  const std::uint32_t id = records_[slot].id;
  At(Position(id)).slot = kNone;
  while (count_ > 0 && At(0).slot == kNone) {
    first_ = (first_ + 1) & (line_.size() - 1);
    --count_;
  }
  if (last_id_ == id) {
    last_id_ = 0;
    last_slot_ = kNone;
  }
  // In place: to move a new one in would read in one piece what has just been written in several, which stalls.
  std::destroy_at(&records_[slot]);
  std::construct_at(&records_[slot]);
  free_.push_back(slot);
  --size_;
}

std::uint32_t StreamTable::FindSlow(std::uint32_t id) {
  const std::size_t position = Position(id);
  if (position == count_) return kNone;
  const Entry& entry = At(position);
  if (entry.id != id || entry.slot == kNone) return kNone;
  last_id_ = id;
  last_slot_ = entry.slot;
  return entry.slot;
}

// The first entry whose id is not below `id`, or count_.
std::size_t StreamTable::PositionSlow(std::uint32_t id) {
  // Ids are at least two apart, so none lies further from the first than this.
  const std::size_t guess = (id - At(0).id) / 2;
  if (guess < count_ && At(guess).id == id) return guess;
  std::size_t low = 1;
  std::size_t high = std::min(guess, count_);
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (At(middle).id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// Drops the entries that are gone, when they are at least half, or doubles the line.
void StreamTable::MakeRoom() {
  const bool mostly_gone = size_ * 2 < line_.size();
  std::vector<Entry> line(mostly_gone ? line_.size() : std::max<std::size_t>(8, line_.size() * 2));
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (At(i).slot != kNone) line[kept++] = At(i);
  }
  line_ = std::move(line);
  first_ = 0;
  count_ = kept;
}

}  // namespace rhei::inline v0::http2
