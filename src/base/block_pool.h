// Fixed blocks of memory that the connections of one loop share, so that an idle connection holds none.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace rhei::inline v0 {

// Not thread-safe: one pool belongs to one loop. Blocks that come back are kept up to `kKept`, the rest is freed.
class BlockPool {
 public:
  static constexpr std::size_t kBlockSize = 32 * 1024;
  using Block = std::unique_ptr<char[]>;

  Block Acquire() {
    if (free_.empty()) return Block(new char[kBlockSize]);
    Block block = std::move(free_.back());
    free_.pop_back();
    return block;
  }
  void Release(Block block) {
    if (free_.size() < kKept) free_.push_back(std::move(block));
  }
  // Keeps none.
  void Trim() { free_ = std::vector<Block>(); }

 private:
  static constexpr std::size_t kKept = 64;
  std::vector<Block> free_;
};

}  // namespace rhei::inline v0
