// PooledBuffer: bytes that grow at their end, in pooled memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "rhei/pooled.h"

namespace rhei::inline v0 {

// For what is large for a moment: Clear gives the memory to the thread's pool, where the next one finds it, so that who
// waits holds nothing.
class PooledBuffer {
 public:
  PooledBuffer() = default;
  ~PooledBuffer() { Clear(); }
  PooledBuffer(const PooledBuffer&) = delete;
  PooledBuffer& operator=(const PooledBuffer&) = delete;

  std::string_view view() const { return {bytes_, size_}; }
  std::size_t size() const { return size_; }

  void Reserve(std::size_t capacity) {
    if (capacity > capacity_) MoveTo(capacity);
  }

  // `bytes` must not lie in this buffer.
  void Append(std::string_view bytes) {
    if (bytes.empty()) return;
    if (bytes.size() > capacity_ - size_) MoveTo(std::max(size_ + bytes.size(), 2 * capacity_));
    std::memcpy(bytes_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }

  void Clear() {
    if (bytes_ != nullptr) FreePooled(bytes_, capacity_);
    bytes_ = nullptr;
    size_ = 0;
    capacity_ = 0;
  }

 private:
  void MoveTo(std::size_t capacity) {
    char* const bytes = static_cast<char*>(AllocatePooled(capacity));
    if (size_ > 0) std::memcpy(bytes, bytes_, size_);
    if (bytes_ != nullptr) FreePooled(bytes_, capacity_);
    bytes_ = bytes;
    capacity_ = capacity;
  }

  char* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace rhei::inline v0
