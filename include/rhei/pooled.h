// Memory that is used again: what every call needs for a moment comes from lists of free blocks, not from the heap.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace rhei::inline v0 {

// Any thread. A block of at least `size` bytes, aligned for any object. Blocks of up to 4 KiB come from a list of the
// calling thread, which trades with one shared list in batches; larger ones come from the heap. Under
// AddressSanitizer all of them do, so that it sees their lifetimes.
void* AllocatePooled(std::size_t size);
void FreePooled(void* block, std::size_t size) noexcept;
// Any thread. Gives the blocks of the shared list back to the heap; threads keep what they have.
void TrimPooled();

// Base of classes whose objects are made for each call.
class Pooled {
 public:
  static void* operator new(std::size_t size) { return AllocatePooled(size); }
  static void operator delete(void* block, std::size_t size) noexcept { FreePooled(block, size); }
  // Placement new goes on to work.
  static void* operator new(std::size_t, void* place) noexcept { return place; }
  static void operator delete(void*, void*) noexcept {}
};

// Counts a reference less. Whether it was the last: then whoever held it has what it referred to alone. A reference
// that is the only one cannot become two meanwhile, so the last of all costs no atomic operation but a read.
template <typename Count>
bool DropReference(std::atomic<Count>& references) {
  return references.load(std::memory_order_acquire) == 1 || references.fetch_sub(1, std::memory_order_acq_rel) == 1;
}

// Bytes that are sent: in pooled memory, written by whoever made them and constant once they are copied; or elsewhere,
// and kept by an owner. Copies share the memory, on any thread.
class PooledBytes {
 public:
  PooledBytes() = default;
  explicit PooledBytes(std::size_t size) : PooledBytes(size, size) { block_->bytes = Behind(*block_); }
  explicit PooledBytes(std::string_view bytes) : PooledBytes(bytes.size()) {
    if (!bytes.empty()) std::memcpy(data(), bytes.data(), bytes.size());
  }
  // These bytes where they are, for as long as `owner` lives, of which each copy is one; constant.
  PooledBytes(std::string_view bytes, std::shared_ptr<const void> owner) : PooledBytes(bytes.size(), sizeof(Owner)) {
    block_->bytes = bytes.data();
    new (Behind(*block_)) Owner(std::move(owner));
  }
  PooledBytes(const PooledBytes& other) : block_(other.block_) {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  PooledBytes(PooledBytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  PooledBytes& operator=(PooledBytes other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~PooledBytes() {
    if (block_ != nullptr && DropReference(block_->references)) Free();
  }

  // To be written, where they are in pooled memory; else null.
  char* data() { return block_ == nullptr || !block_->pooled() ? nullptr : Behind(*block_); }
  std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  bool empty() const { return size() == 0; }
  std::string_view view() const {
    return block_ == nullptr ? std::string_view() : std::string_view(block_->bytes, block_->size);
  }
  // Leaves out all but the first `size` bytes, which are not more than there are. Before it is copied.
  void Shorten(std::size_t size) { block_->size = size; }

 private:
  using Owner = std::shared_ptr<const void>;
  struct Block {
    bool pooled() const { return bytes == reinterpret_cast<const char*>(this + 1); }

    std::atomic<std::size_t> references;
    std::size_t size;
    std::size_t behind;  // so much memory lies behind the block: the bytes, or their owner
    const char* bytes;
  };

  PooledBytes(std::size_t size, std::size_t behind)
      : block_(new(AllocatePooled(sizeof(Block) + behind)) Block{1, size, behind, nullptr}) {}
  static char* Behind(Block& block) { return reinterpret_cast<char*>(&block + 1); }
  void Free() {
    if (!block_->pooled()) std::destroy_at(std::launder(reinterpret_cast<Owner*>(block_ + 1)));
    FreePooled(block_, sizeof(Block) + block_->behind);
  }

  Block* block_ = nullptr;
};

}  // namespace rhei::inline v0
