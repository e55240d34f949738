// Whose turn it is to send.
#pragma once

#include <cstdint>
#include <vector>

namespace rhei::inline v0::http2 {

// Streams with queued DATA, by slot. Those that could send wait in turn, first come, first served, one frame at a
// time; those whose own window is closed wait apart, and cost nothing until it opens. Every operation takes
// constant time; waking all waiting streams, as a change of SETTINGS_INITIAL_WINDOW_SIZE may, does too.
class WriteScheduler {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  // `slot` has something to send, and goes to the end of the line, unless it waits already.
  void Add(std::uint32_t slot) {
    if (slot >= links_.size()) links_.resize(slot + 1);
    if (links_[slot].place == Place::kNowhere) Append(slot, Place::kReady);
  }
  // The stream whose turn it is, which leaves the line, or kNone. The caller gives it back by Add, Block or PutBack.
  std::uint32_t Next() {
    const std::uint32_t slot = ready_.head;
    if (slot != kNone) Remove(slot);
    return slot;
  }
  bool has_ready() const { return ready_.head != kNone; }

  // Whether `slot` has something to send and waits for its window.
  bool blocked(std::uint32_t slot) const {
    return slot < links_.size() && links_[slot].place == Place::kBlocked && links_[slot].epoch == epoch_;
  }

  // `slot`, which has left the line for its turn, could not use all of it: it goes on when the line does.
  void PutBack(std::uint32_t slot);

  // `slot` waits for its window.
  void Block(std::uint32_t slot) { Append(slot, Place::kBlocked); }
  // The window of `slot` has opened.
  void Unblock(std::uint32_t slot);
  // The windows of all streams have opened.
  void UnblockAll();

  // `slot` has nothing to send any more.
  void Remove(std::uint32_t slot);

  // Gives back what is kept for streams to come. Requires that no stream waits.
  void Trim() { links_ = std::vector<Link>(); }

 private:
  enum class Place : std::uint8_t { kNowhere, kReady, kBlocked };
  struct Link {
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;
    Place place = Place::kNowhere;
    std::uint32_t epoch = 0;  // of the blocked line it waits in; older ones have become ready
  };
  struct Line {
    std::uint32_t head = kNone;
    std::uint32_t tail = kNone;
  };

  // A stream that waited when UnblockAll was called stands in the ready line, though its link still says blocked.
  Line& LineOf(const Link& link) { return link.place == Place::kBlocked && link.epoch == epoch_ ? blocked_ : ready_; }
  void Append(std::uint32_t slot, Place place);

  std::vector<Link> links_;
  Line ready_;
  Line blocked_;
  std::uint32_t epoch_ = 0;
};

}  // namespace rhei::inline v0::http2
