#include "http2/hpack/byte_arena.h"

#include <algorithm>
#include <new>
#include <utility>

namespace rhei::inline v0::http2 {

ByteArena::~ByteArena() {
  while (oldest_ != nullptr) ::operator delete(std::exchange(oldest_, oldest_->next));
  ::operator delete(spare_);
}

void ByteArena::ReleaseBefore(const char* kept) {
  while (!oldest_->Holds(kept)) RemoveOldest();
}

// The last chunk is begun anew rather than dropped, if it is of a usual size.
void ByteArena::ReleaseAll() {
  if (newest_ == nullptr) return;
  while (oldest_ != newest_) RemoveOldest();
  newest_->used = 0;
  if (newest_->capacity > kLargestChunk) RemoveOldest();
}

void ByteArena::Trim() {
  ::operator delete(std::exchange(spare_, nullptr));
  if (newest_ != nullptr && newest_->used == 0) RemoveOldest();
  ::operator delete(std::exchange(spare_, nullptr));
  if (oldest_ == nullptr) next_capacity_ = kFirstChunk;
}

std::size_t ByteArena::capacity() const {
  std::size_t total = spare_ != nullptr ? spare_->capacity : 0;
  for (const Chunk* chunk = oldest_; chunk != nullptr; chunk = chunk->next) total += chunk->capacity;
  return total;
}

void ByteArena::AddChunk(std::size_t size) {
  const std::size_t capacity = std::max(size, next_capacity_);
  Chunk* chunk;
  if (spare_ != nullptr && spare_->capacity >= capacity) {
    chunk = std::exchange(spare_, nullptr);
  } else {
    chunk = ::new (::operator new(sizeof(Chunk) + capacity)) Chunk{.next = nullptr, .capacity = capacity, .used = 0};
    next_capacity_ = std::min(next_capacity_ * 2, kLargestChunk);
  }
  (newest_ == nullptr ? oldest_ : newest_->next) = chunk;
  newest_ = chunk;
}

// The largest chunk of a usual size stays as the spare one.
void ByteArena::Keep(Chunk* chunk) {
  if (chunk->capacity <= kLargestChunk && (spare_ == nullptr || spare_->capacity < chunk->capacity)) {
    std::swap(spare_, chunk);
  }
  ::operator delete(chunk);
  if (spare_ == nullptr) return;
  spare_->next = nullptr;
  spare_->used = 0;
}

void ByteArena::RemoveOldest() {
  Chunk* const chunk = oldest_;
  oldest_ = chunk->next;
  if (oldest_ == nullptr) newest_ = nullptr;
  Keep(chunk);
}

}  // namespace rhei::inline v0::http2
