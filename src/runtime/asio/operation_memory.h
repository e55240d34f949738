// Memory for Asio's operations, so that starting one allocates nothing.
#pragma once

#include <cstddef>
#include <new>

namespace rhei::inline v0::runtime {

// Room for one operation at a time. A second one, or one that is too large, comes from the heap. Not thread-safe.
class OperationMemory {
 public:
  OperationMemory() = default;
  OperationMemory(const OperationMemory&) = delete;
  OperationMemory& operator=(const OperationMemory&) = delete;

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
  alignas(std::max_align_t) std::byte room_[128];
  bool used_ = false;
};

// The allocator that Asio asks a handler for. The memory outlives the operation.
template <typename T>
class OperationAllocator {
 public:
  using value_type = T;
  explicit OperationAllocator(OperationMemory& memory) : memory_(&memory) {}
  template <typename Other>
  OperationAllocator(const OperationAllocator<Other>& other) : memory_(other.memory()) {}

  T* allocate(std::size_t count) { return static_cast<T*>(memory_->Allocate(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t) { memory_->Free(memory); }
  OperationMemory* memory() const { return memory_; }

  template <typename Other>
  friend bool operator==(const OperationAllocator& a, const OperationAllocator<Other>& b) {
    return a.memory() == b.memory();
  }

 private:
  OperationMemory* memory_;
};

}  // namespace rhei::inline v0::runtime
