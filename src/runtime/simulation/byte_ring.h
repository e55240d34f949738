// Bytes in order: put in at one end, taken out at the other.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace rhei::inline v0::runtime {

// Grows in powers of two as needed and does not shrink; what bounds it is its user's business. Not thread-safe.
class ByteRing {
 public:
  std::size_t size() const { return size_; }

  void Append(std::string_view bytes) {
    Reserve(size_ + bytes.size());
    const std::size_t at = (head_ + size_) & (capacity_ - 1);
    const std::size_t first = std::min(bytes.size(), capacity_ - at);
    if (first > 0) std::memcpy(memory_.get() + at, bytes.data(), first);
    if (bytes.size() > first) std::memcpy(memory_.get(), bytes.data() + first, bytes.size() - first);
    size_ += bytes.size();
  }

  // Moves out as many as the buffer takes, at most size().
  std::size_t Take(std::span<char> buffer) {
    const std::size_t count = std::min(buffer.size(), size_);
    const std::size_t first = std::min(count, capacity_ - head_);
    if (first > 0) std::memcpy(buffer.data(), memory_.get() + head_, first);
    if (count > first) std::memcpy(buffer.data() + first, memory_.get(), count - first);
    if (count > 0) head_ = (head_ + count) & (capacity_ - 1);
    size_ -= count;
    return count;
  }

  // Drops the newest bytes, so that `size` of them stay; at most size().
  void Truncate(std::size_t size) { size_ = size; }

 private:
  void Reserve(std::size_t size) {
    if (size <= capacity_) return;
    const std::size_t capacity = std::max<std::size_t>(std::bit_ceil(size), 256);
    std::unique_ptr<char[]> memory(new char[capacity]);
    const std::size_t kept = Take({memory.get(), capacity});
    memory_ = std::move(memory);
    capacity_ = capacity;
    head_ = 0;
    size_ = kept;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;  // zero or a power of two
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace rhei::inline v0::runtime
