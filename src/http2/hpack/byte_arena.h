// Memory for the strings of HPACK, which must not move while somebody looks at them.
#pragma once

#include <cstddef>
#include <utility>

namespace rhei::inline v0::http2 {

// Hands out bytes from chunks on the heap and takes them back oldest first, which is how a dynamic table evicts. What
// it handed out never moves. A chunk is kept for the next use, so a steady load allocates nothing. Not thread-safe.
class ByteArena {
 public:
  // A connection that has sent a handful of fields should hold little, so the first chunk is small, and each one after
  // it has twice the size, up to the largest; a longer string gets a chunk of its own.
  static constexpr std::size_t kFirstChunk = 120;
  static constexpr std::size_t kLargestChunk = 1024;

  ByteArena() = default;
  ~ByteArena();
  ByteArena(ByteArena&& other) noexcept { *this = std::move(other); }
  ByteArena& operator=(ByteArena&& other) noexcept {
    std::swap(oldest_, other.oldest_);
    std::swap(newest_, other.newest_);
    std::swap(spare_, other.spare_);
    std::swap(next_capacity_, other.next_capacity_);
    return *this;
  }

  // Room for `size` bytes, in one piece.
  char* Allocate(std::size_t size) {
    if (newest_ == nullptr || newest_->capacity - newest_->used < size) [[unlikely]]
      AddChunk(size);
    char* const bytes = newest_->bytes() + newest_->used;
    newest_->used += size;
    return bytes;
  }

  // Takes back the last `size` bytes of the latest allocation, whose size was guessed too large.
  void TakeBack(std::size_t size) {
    if (size > 0) newest_->used -= size;
  }

  // Everything allocated before `kept`, an allocation that is still in use, is free again.
  void ReleaseBefore(const char* kept);
  void ReleaseAll();

  // Gives the memory that is kept for the next use back to the heap.
  void Trim();

  // Bytes held on the heap.
  std::size_t capacity() const;

 private:
  // Its bytes lie behind it.
  struct Chunk {
    Chunk* next;
    std::size_t capacity;
    std::size_t used;

    char* bytes() { return reinterpret_cast<char*>(this + 1); }
    // An allocation of no bytes may stand at the end. That is not the begin of another chunk: its head is in between.
    bool Holds(const char* place) { return place >= bytes() && place <= bytes() + capacity; }
  };
  void AddChunk(std::size_t size);
  void Keep(Chunk* chunk);
  void RemoveOldest();

  Chunk* oldest_ = nullptr;
  Chunk* newest_ = nullptr;  // allocations come from it
  Chunk* spare_ = nullptr;   // for the next use, or null
  std::size_t next_capacity_ = kFirstChunk;
};

}  // namespace rhei::inline v0::http2
