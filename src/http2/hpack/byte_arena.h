// Memory for the strings of HPACK, which must not move while somebody looks at them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace rhei::inline v0::http2 {

// Hands out bytes from chunks on the heap and takes them back oldest first, which is how a dynamic table evicts. What
// it handed out never moves. A chunk is kept for the next use, so a steady load allocates nothing. Not thread-safe.
class ByteArena {
 public:
  // Small, for a connection that has sent a handful of fields should hold little; a longer string gets a chunk of its
  // own.
  static constexpr std::size_t kChunkSize = 1024;

  // Room for `size` bytes, in one piece.
  char* Allocate(std::size_t size);

  // Takes back the last `size` bytes of the latest allocation, whose size was guessed too large.
  void TakeBack(std::size_t size);

  // Where the next allocation will stand in the row of all allocations, gaps included.
  std::uint64_t position() const { return chunks_.empty() ? end_ : chunks_.back().begin + chunks_.back().used; }

  // Everything allocated before `position` is free again.
  void ReleaseBefore(std::uint64_t position);
  void ReleaseAll() { ReleaseBefore(position()); }

  // Bytes held on the heap.
  std::size_t capacity() const;

 private:
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::size_t capacity = 0;
    std::size_t used = 0;
    std::uint64_t begin = 0;  // position of its first byte
  };
  void AddChunk(std::size_t capacity);

  std::vector<Chunk> chunks_;      // oldest first; allocations come from the last one
  std::unique_ptr<char[]> spare_;  // of kChunkSize bytes, or null
  std::uint64_t end_ = 0;          // position() while there is no chunk
};

}  // namespace rhei::inline v0::http2
