#include "http2/write_scheduler.h"

namespace rhei::inline v0::http2 {

void WriteScheduler::PutBack(std::uint32_t slot) {
  links_[slot] = {.previous = kNone, .next = ready_.head, .place = Place::kReady, .epoch = epoch_};
  (ready_.head == kNone ? ready_.tail : links_[ready_.head].previous) = slot;
  ready_.head = slot;
}

void WriteScheduler::Unblock(std::uint32_t slot) {
  if (slot >= links_.size() || links_[slot].place != Place::kBlocked) return;
  Remove(slot);
  Append(slot, Place::kReady);
}

void WriteScheduler::UnblockAll() {
  if (blocked_.head == kNone) return;
  if (ready_.tail == kNone) {
    ready_.head = blocked_.head;
  } else {
    links_[ready_.tail].next = blocked_.head;
    links_[blocked_.head].previous = ready_.tail;
  }
  ready_.tail = blocked_.tail;
  blocked_ = {};
  ++epoch_;
}

void WriteScheduler::Remove(std::uint32_t slot) {
  if (slot >= links_.size() || links_[slot].place == Place::kNowhere) return;
  const Link link = links_[slot];
  Line& line = LineOf(link);
  (link.previous == kNone ? line.head : links_[link.previous].next) = link.next;
  (link.next == kNone ? line.tail : links_[link.next].previous) = link.previous;
  links_[slot] = {};
}

void WriteScheduler::Append(std::uint32_t slot, Place place) {
  Line& line = place == Place::kReady ? ready_ : blocked_;
  links_[slot] = {.previous = line.tail, .next = kNone, .place = place, .epoch = epoch_};
  (line.tail == kNone ? line.head : links_[line.tail].next) = slot;
  line.tail = slot;
}

}  // namespace rhei::inline v0::http2
