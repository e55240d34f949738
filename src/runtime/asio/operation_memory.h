// Memory for Asio's operations, so that starting one allocates nothing.
#pragma once

#include <cstddef>
#include <new>

namespace rhei::inline v0::runtime {

// Room for one operation of up to kSize bytes at a time. A second one, or one that is too large, comes from the heap.
// Not thread-safe.
template <std::size_t kSize>
class SizedOperationMemory {
 public:
  SizedOperationMemory() = default;
  SizedOperationMemory(const SizedOperationMemory&) = delete;
  SizedOperationMemory& operator=(const SizedOperationMemory&) = delete;

  void* Allocate(std::size_t size) {
    if (used_ || size > sizeof(room_)) return ::operator new(size);
    used_ = true;
    return room_;
  }
  void Free(void* memory) {
    if (memory == room_) {
      used_ = false;
    } else {
      ::operator delete(memory);
    }
  }

 private:
  alignas(std::max_align_t) std::byte room_[kSize];
  bool used_ = false;
};

// For any operation of a loop's own.
using OperationMemory = SizedOperationMemory<128>;

// The allocator that Asio asks a handler for. The memory outlives the operation.
template <typename T, typename Memory = OperationMemory>
class OperationAllocator {
 public:
  using value_type = T;
  explicit OperationAllocator(Memory& memory) : memory_(&memory) {}
  template <typename Other>
  OperationAllocator(const OperationAllocator<Other, Memory>& other) : memory_(other.memory()) {}

  T* allocate(std::size_t count) { return static_cast<T*>(memory_->Allocate(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t) { memory_->Free(memory); }
  Memory* memory() const { return memory_; }

  template <typename Other>
  friend bool operator==(const OperationAllocator& a, const OperationAllocator<Other, Memory>& b) {
    return a.memory() == b.memory();
  }

 private:
  Memory* memory_;
};

}  // namespace rhei::inline v0::runtime
