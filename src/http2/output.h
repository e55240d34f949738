// What waits to be written to the peer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/block_pool.h"

namespace rhei::inline v0::http2 {

// A chain of blocks from the loop's pool; all of them go back to it as soon as everything is written, so that an idle
// connection holds no memory here. Bytes do not move once they are in, so views of them stay valid until they are
// marked as written.
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
  }

 private:
  struct Piece {
    BlockPool::Block block;
    char* begin;  // not yet written
    char* end;    // of the bytes put in; the last piece's end is tail_
  };

  void AddBlock();
  void Clear();

  BlockPool& pool_;
  std::vector<Piece> pieces_;
  char* tail_ = nullptr;
  char* tail_end_ = nullptr;
  std::uint64_t appended_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace rhei::inline v0::http2
