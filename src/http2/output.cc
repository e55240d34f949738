#include "http2/output.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace rhei::inline v0::http2 {

void Output::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    if (tail_ == tail_end_) AddBlock();
    const std::size_t size = std::min(bytes.size(), static_cast<std::size_t>(tail_end_ - tail_));
    std::memcpy(Reserve(size), bytes.data(), size);
    bytes.remove_prefix(size);
  }
}

void Output::Refer(std::string_view bytes) {
  BlockPool::Block block;
  if (!pieces_.empty()) {
    pieces_.back().end = tail_;
    block = std::move(pieces_.back().block);
  }
  pieces_.push_back({.block = nullptr, .begin = bytes.data(), .end = bytes.data() + bytes.size()});
  pieces_.push_back({.block = std::move(block), .begin = tail_, .end = tail_});
  appended_ += bytes.size();
}

std::size_t Output::Peek(std::span<std::string_view> slices) const {
  std::size_t used = 0;
  for (std::size_t i = 0; i < pieces_.size() && used < slices.size(); ++i) {
    const Piece& piece = pieces_[i];
    const char* const end = i + 1 == pieces_.size() ? tail_ : piece.end;
    if (end != piece.begin) slices[used++] = {piece.begin, static_cast<std::size_t>(end - piece.begin)};
  }
  return used;
}

void Output::Written(std::size_t bytes) {
  bytes = std::min(bytes, size());
  written_ += bytes;
  if (!kept_.empty()) [[unlikely]]
    FreeKept();
  if (empty()) return Clear();
  std::size_t gone = 0;
  for (Piece& piece : pieces_) {
    const char* const end = &piece == &pieces_.back() ? tail_ : piece.end;
    const std::size_t step = std::min(bytes, static_cast<std::size_t>(end - piece.begin));
    piece.begin += step;
    bytes -= step;
    if (piece.begin != end || &piece == &pieces_.back()) break;
    if (piece.block != nullptr) pool_.Release(std::move(piece.block));
    ++gone;
  }
  // The chain is short: it holds at most what one connection may buffer, in blocks.
  pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(gone));
}

void Output::AddBlock() {
  if (!pieces_.empty()) pieces_.back().end = tail_;
  BlockPool::Block block = pool_.Acquire();
  tail_ = block.get();
  tail_end_ = tail_ + BlockPool::kBlockSize;
  pieces_.push_back({.block = std::move(block), .begin = tail_, .end = tail_});
}

void Output::FreeKept() {
  const auto waits = [this](const Kept& kept) { return kept.until > written_; };
  kept_.erase(kept_.begin(), std::find_if(kept_.begin(), kept_.end(), waits));
}

void Output::Clear() {
  for (Piece& piece : pieces_) {
    if (piece.block != nullptr) pool_.Release(std::move(piece.block));
  }
  constexpr std::size_t kKeptPieces = 64;
  if (pieces_.capacity() > kKeptPieces) pieces_ = std::vector<Piece>();
  pieces_.clear();
  tail_ = tail_end_ = nullptr;
}

}  // namespace rhei::inline v0::http2
