// What waits to be written to the peer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/block_pool.h"
#include "rhei/pooled.h"

namespace rhei::inline v0::http2 {

// A chain of bytes that were copied into blocks from the loop's pool, and of bytes that lie elsewhere and are referred
// to. The blocks go back to the pool as soon as everything is written, so that an idle connection holds no memory here.
// Bytes do not move once they are in, so views of them stay valid until they are marked as written.
class Output {
 public:
  explicit Output(BlockPool& pool) : pool_(pool) {}
  ~Output() { Clear(); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Room for `size` bytes in one piece, which the caller fills at once. At most BlockPool::kBlockSize.
  char* Reserve(std::size_t size) {
    if (static_cast<std::size_t>(tail_end_ - tail_) < size) [[unlikely]]
      AddBlock();
    char* const room = tail_;
    tail_ += size;
    appended_ += size;
    return room;
  }

  // Copies `bytes` in, over as many blocks as it takes.
  void Append(std::string_view bytes);

  // Puts `bytes` in without copying them. They stay where they are until they are written; who wants to give up their
  // memory before that hands it to Keep.
  void Refer(std::string_view bytes);
  // Keeps `memory` until everything that has been put in so far is written.
  void Keep(PooledBytes memory) {
    if (!empty()) kept_.push_back({.until = appended_, .memory = std::move(memory)});
  }

  std::size_t size() const { return static_cast<std::size_t>(appended_ - written_); }
  bool empty() const { return appended_ == written_; }
  // All bytes ever put in, and all ever marked as written.
  std::uint64_t appended() const { return appended_; }
  std::uint64_t written() const { return written_; }

  // Fills `slices` with views of the bytes that wait, oldest first, and returns how many it used.
  std::size_t Peek(std::span<std::string_view> slices) const;
  // The first `bytes` of them have been written. At most size().
  void Written(std::size_t bytes);

  // Gives back what is kept for bytes to come.
  void Trim() {
    if (pieces_.empty()) pieces_ = std::vector<Piece>();
    if (kept_.empty()) kept_ = std::vector<Kept>();
  }

 private:
  // The last piece always is the one that grows with tail_.
  struct Piece {
    BlockPool::Block
        block;          // free when this piece is written; none for what is referred to, or when a later one has it
    const char* begin;  // not yet written
    const char* end;    // of the bytes put in; the last piece's end is tail_
  };
  struct Kept {
    std::uint64_t until;  // a position of written_
    PooledBytes memory;
  };

  void AddBlock();
  void FreeKept();
  void Clear();

  BlockPool& pool_;
  std::vector<Piece> pieces_;
  std::vector<Kept> kept_;  // oldest first
  char* tail_ = nullptr;
  char* tail_end_ = nullptr;
  std::uint64_t appended_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace rhei::inline v0::http2
