// What waits to be sent on one stream.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http2/frame/frame_header.h"
#include "http2/hpack/encoder.h"
#include "http2/hpack/header_field.h"
#include "rhei/pooled.h"
#include "rhei/time.h"

namespace rhei::inline v0::http2 {

// Trailers that wait behind data. They are encoded when they leave, because HPACK's state follows the order on the
// wire; so they keep copies of their fields until then.
class QueuedTrailers {
 public:
  QueuedTrailers(HeaderTemplate prefix, std::span<const HeaderField> extra) : prefix_(prefix) {
    std::size_t size = 0;
    for (const HeaderField& field : extra) size += field.name.size() + field.value.size();
    text_.reserve(size);
    fields_.assign(extra.begin(), extra.end());
    for (HeaderField& field : fields_) {
      field.name = Keep(field.name);
      field.value = Keep(field.value);
    }
  }
  QueuedTrailers(QueuedTrailers&&) = delete;

  HeaderTemplate prefix() const { return prefix_; }
  std::span<const HeaderField> fields() const { return fields_; }

 private:
  // Views stay valid: the room for everything was reserved before.
  std::string_view Keep(std::string_view text) {
    const std::size_t begin = text_.size();
    text_.append(text);
    return std::string_view(text_).substr(begin);
  }

  HeaderTemplate prefix_;
  std::string text_;
  std::vector<HeaderField> fields_;
};

// Bytes in the pieces in which they were given, then END_STREAM or trailers. A stream that never has to wait has none
// of these.
class SendQueue {
 public:
  void Push(PooledBytes bytes) {
    size_ += bytes.size();
    if (!bytes.empty()) pieces_.push_back(std::move(bytes));
  }
  void PushEnd() { end_stream_ = true; }
  void PushTrailers(HeaderTemplate prefix, std::span<const HeaderField> extra) { trailers_.emplace(prefix, extra); }

  std::size_t size() const { return size_; }
  // END_STREAM goes with the last byte, or alone.
  bool end_stream() const { return end_stream_; }
  const QueuedTrailers* trailers() const { return trailers_ ? &*trailers_ : nullptr; }

  // The next bytes that lie in one piece, at most `limit`.
  std::string_view Front(std::size_t limit) const {
    return first_ == pieces_.size() ? std::string_view() : pieces_[first_].view().substr(offset_, limit);
  }
  // The first `bytes` of Front are gone; `referred`: but the output refers to them where they are. Returns the memory
  // of a piece that is gone as a whole and is referred to, which the caller keeps as long as that is so; else nothing.
  PooledBytes Pop(std::size_t bytes, bool referred) {
    if (bytes == 0) return {};
    size_ -= bytes;
    popped_ += bytes;
    offset_ += bytes;
    referred_ |= referred;
    if (offset_ < pieces_[first_].size()) return {};
    PooledBytes memory = TakeReferred();
    offset_ = 0;
    pieces_[first_++] = PooledBytes();
    // What is gone is cut off when it is half, which makes the moving of the rest cost a constant per piece.
    if (first_ * 2 < pieces_.size()) return memory;
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
    return memory;
  }
  // The memory of a piece that is gone in part, and is referred to; else nothing. For who drops the queue.
  PooledBytes TakeReferred() { return std::exchange(referred_, false) ? std::move(pieces_[first_]) : PooledBytes(); }

  // What it may send of its turn, when the connection's window has cut that short; a turn is one DATA frame.
  std::size_t turn_left() const { return turn_left_; }
  void CutTurn(std::size_t left) { turn_left_ = left; }
  void EndTurn() { turn_left_ = kLargestFrame; }

  // How fast it drains, for who looks now and then: the time and the bytes popped since the last call of Watch.
  // Nothing when it was not watched.
  struct Drain {
    Duration time;
    std::size_t bytes;
  };
  void Watch(TimePoint now) {
    watched_since_ = now;
    popped_ = 0;
  }
  void Unwatch() { watched_since_.reset(); }
  std::optional<Drain> drain(TimePoint now) const {
    if (!watched_since_) return std::nullopt;
    return Drain{now - *watched_since_, popped_};
  }

 private:
  std::vector<PooledBytes> pieces_;
  std::size_t first_ = 0;   // those before it are gone
  std::size_t offset_ = 0;  // of the first piece, what is gone
  bool referred_ = false;   // of the first piece, some
  std::size_t size_ = 0;
  std::size_t turn_left_ = kLargestFrame;
  std::size_t popped_ = 0;  // since it is watched
  std::optional<TimePoint> watched_since_;
  bool end_stream_ = false;
  std::optional<QueuedTrailers> trailers_;
};

}  // namespace rhei::inline v0::http2
