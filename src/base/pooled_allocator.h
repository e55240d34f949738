// PooledAllocator: the standard containers' memory, from the pool.
#pragma once

#include <cstddef>

#include "rhei/pooled.h"

namespace rhei::inline v0 {

// For containers that live as long as a call.
template <typename T>
struct PooledAllocator {
  using value_type = T;

  PooledAllocator() = default;
  template <typename Other>
  PooledAllocator(const PooledAllocator<Other>&) noexcept {}

  T* allocate(std::size_t count) { return static_cast<T*>(AllocatePooled(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) noexcept { FreePooled(memory, count * sizeof(T)); }

  friend bool operator==(const PooledAllocator&, const PooledAllocator&) { return true; }
};

}  // namespace rhei::inline v0
