// Memory that is used again: what every call needs for a moment comes from lists of free blocks, not from the heap.
#pragma once

#include <cstddef>
#include <new>
#include <string_view>
#include <utility>

namespace rhei::inline v0 {

// Any thread. A block of at least `size` bytes, aligned for any object. Blocks of up to 4 KiB come from a list of the
// calling thread, which trades with one shared list in batches; larger ones come from the heap. Under
// AddressSanitizer all of them do, so that it sees their lifetimes.
void* AllocatePooled(std::size_t size);
void FreePooled(void* block, std::size_t size) noexcept;

// Base of classes whose objects are made for each call.
class Pooled {
 public:
  static void* operator new(std::size_t size) { return AllocatePooled(size); }
  static void operator delete(void* block, std::size_t size) noexcept { FreePooled(block, size); }
  // Placement new goes on to work.
  static void* operator new(std::size_t, void* place) noexcept { return place; }
  static void operator delete(void*, void*) noexcept {}
};

// Bytes of one message, in pooled memory. Owned, moved, not copied.
class PooledBytes {
 public:
  PooledBytes() = default;
  explicit PooledBytes(std::size_t size) : data_(static_cast<char*>(AllocatePooled(size))), size_(size) {}
  PooledBytes(PooledBytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  PooledBytes& operator=(PooledBytes&& other) noexcept {
    if (this != &other) {
      Reset();
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  ~PooledBytes() { Reset(); }

  void Reset() noexcept {
    if (data_ != nullptr) FreePooled(std::exchange(data_, nullptr), std::exchange(size_, 0));
  }
  char* data() { return data_; }
  std::size_t size() const { return size_; }
  std::string_view view() const { return {data_, size_}; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace rhei::inline v0
