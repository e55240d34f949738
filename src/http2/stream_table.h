// The streams of a connection.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "http2/flow_window.h"
#include "http2/header_validation.h"
#include "http2/send_queue.h"
#include "http2/stream_state.h"

namespace rhei::inline v0::http2 {

// What http2 keeps for a stream from its opening to its owner's Release.
struct StreamRecord {
  std::uint32_t id = 0;  // 0: the slot is free
  StreamState state;
  bool muted = false;          // its owner has reset it and hears no more of it
  bool data_received = false;  // at least one byte
  bool in_window_pool = false;
  FlowWindow send_window;
  ReceiveWindow receive_window;
  std::int64_t content_left = HeaderFacts::kNoContentLength;  // of the announced content-length (RFC 9113 §8.1.1)
  std::unique_ptr<SendQueue> queue;
};

// Records in dense slots that are used again, and the way from a stream id to its slot. Ids only ever grow, so the ids
// in use form a sorted line that is appended to at its end: where ids lie close together, as honest peers choose them,
// the position of one follows from the distance to the first; else a binary search finds it. No choice of ids makes it
// slow.
class StreamTable {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  // Adds a stream; `id` is higher than all before. Returns its slot. Other records may move in memory.
  std::uint32_t Add(std::uint32_t id);
  void Remove(std::uint32_t slot);

  // The slot of `id`, or kNone.
  std::uint32_t Find(std::uint32_t id) {
    if (id == last_id_) return last_slot_;
    // Answers mostly come in the order of their requests. The first in the line is never gone.
    if (count_ > 0 && At(0).id == id) return At(0).slot;
    return FindSlow(id);
  }
  // Requires a slot that is in use.
  StreamRecord& operator[](std::uint32_t slot) { return records_[slot]; }
  const StreamRecord& operator[](std::uint32_t slot) const { return records_[slot]; }

  // Gives back what is kept for streams to come. Requires that there are no streams.
  void Trim() { *this = StreamTable(); }

  // The record in `slot` if it still is that of `id`, else null.
  StreamRecord* Get(std::uint32_t slot, std::uint32_t id) {
    return slot < slots_ && records_[slot].id == id && id != 0 ? &records_[slot] : nullptr;
  }
  const StreamRecord* Get(std::uint32_t slot, std::uint32_t id) const {
    return const_cast<StreamTable*>(this)->Get(slot, id);
  }

  std::size_t size() const { return size_; }

  // Calls visit(slot, record) for each stream, in the order of their ids.
  template <typename Visit>
  void ForEach(Visit visit) {
    for (std::size_t i = 0; i < count_; ++i) {
      const Entry& entry = At(i);
      if (entry.slot != kNone) visit(entry.slot, records_[entry.slot]);
    }
  }

 private:
  struct Entry {
    std::uint32_t id;
    std::uint32_t slot;  // kNone: gone
  };

  Entry& At(std::size_t i) { return line_[(first_ + i) & (line_.size() - 1)]; }
  std::size_t Position(std::uint32_t id) { return count_ == 0 || id <= At(0).id ? 0 : PositionSlow(id); }
  std::size_t PositionSlow(std::uint32_t id);
  std::uint32_t FindSlow(std::uint32_t id);
  void MakeRoom();

  std::vector<StreamRecord> records_;
  std::vector<std::uint32_t> free_;
  std::vector<Entry> line_;  // a ring; its size is a power of two
  std::size_t first_ = 0;
  std::size_t count_ = 0;  // entries in the line, gone ones included
  std::uint32_t last_id_ = 0;
  std::uint32_t last_slot_ = kNone;
  std::uint32_t slots_ = 0;  // records_.size(), at hand
  std::uint32_t size_ = 0;   // streams
};

}  // namespace rhei::inline v0::http2
