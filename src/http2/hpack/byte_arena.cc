#include "http2/hpack/byte_arena.h"

#include <algorithm>
#include <utility>

namespace rhei::inline v0::http2 {

char* ByteArena::Allocate(std::size_t size) {
  if (chunks_.empty() || chunks_.back().capacity - chunks_.back().used < size) AddChunk(std::max(size, kChunkSize));
  Chunk& chunk = chunks_.back();
  char* bytes = chunk.bytes.get() + chunk.used;
  chunk.used += size;
  return bytes;
}

void ByteArena::TakeBack(std::size_t size) {
  if (size > 0) chunks_.back().used -= size;
}

void ByteArena::ReleaseBefore(std::uint64_t position) {
  if (chunks_.empty()) return;
  std::size_t dead = 0;
  while (dead < chunks_.size() && chunks_[dead].begin + chunks_[dead].used <= position) ++dead;
  if (dead == 0) return;

  // The last chunk is begun anew rather than dropped, if it is of the usual size.
  Chunk& last = chunks_.back();
  if (dead == chunks_.size() && last.capacity == kChunkSize) {
    last.begin += last.used;
    last.used = 0;
    --dead;
  }
  end_ = this->position();
  for (std::size_t i = 0; i < dead; ++i) {
    if (chunks_[i].capacity == kChunkSize) spare_ = std::move(chunks_[i].bytes);
  }
  chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(dead));
}

std::size_t ByteArena::capacity() const {
  std::size_t total = spare_ ? kChunkSize : 0;
  for (const Chunk& chunk : chunks_) total += chunk.capacity;
  return total;
}

void ByteArena::AddChunk(std::size_t capacity) {
  Chunk chunk;
  chunk.begin = position();
  chunk.capacity = capacity;
  if (capacity == kChunkSize && spare_) {
    chunk.bytes = std::move(spare_);
  } else {
    chunk.bytes.reset(new char[capacity]);
  }
  chunks_.push_back(std::move(chunk));
}

}  // namespace rhei::inline v0::http2
