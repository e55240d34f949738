// ReceivedBytes: bytes that have arrived and wait until somebody takes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "rhei/pooled.h"

namespace rhei::inline v0::transport {

// In pooled memory, which is given back with the last byte. Never more than the windows let through, which is less than
// 4 GiB.
class ReceivedBytes {
 public:
  void Append(std::string_view bytes) {
    if (bytes.empty()) return;
    if (room_.size() - end_ < bytes.size()) MakeRoom(bytes.size());
    std::memcpy(room_.data() + end_, bytes.data(), bytes.size());
    end_ += static_cast<std::uint32_t>(bytes.size());
  }
  void Take(std::size_t bytes) {
    begin_ += static_cast<std::uint32_t>(bytes);
    if (begin_ == end_) *this = {};
  }

  // Valid until the next change.
  std::string_view view() const { return room_.view().substr(begin_, size()); }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

 private:
  // What is gone makes room first, so that who never takes all does not keep what is gone; else the memory doubles,
  // so that each byte is moved a constant number of times.
  void MakeRoom(std::size_t more) {
    const std::string_view rest = view();
    if (rest.size() + more <= room_.size() / 2) {
      std::memmove(room_.data(), rest.data(), rest.size());
    } else {
      PooledBytes larger(2 * rest.size() + more);
      if (!rest.empty()) std::memcpy(larger.data(), rest.data(), rest.size());
      room_ = std::move(larger);
    }
    end_ -= begin_;
    begin_ = 0;
  }

  PooledBytes room_;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
};

}  // namespace rhei::inline v0::transport
