#include "rhei/client_call.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace rhei::inline v0 {
namespace {

// Room for a few small messages at once.
constexpr std::size_t kFirstRoom = 256;

}  // namespace

void WrittenRequests::Keep(std::string_view framed, std::size_t most) {
  if (framed.size() > most - size_) return Forget();
  if (framed.size() > bytes_.size() - size_) {
    PooledBytes larger(std::max({size_ + framed.size(), 2 * bytes_.size(), kFirstRoom}));
    if (size_ > 0) std::memcpy(larger.data(), bytes_.data(), size_);
    bytes_ = std::move(larger);
  }
  std::memcpy(bytes_.data() + size_, framed.data(), framed.size());
  size_ += framed.size();
}

void WrittenRequests::Forget() {
  complete_ = false;
  bytes_ = PooledBytes();
  size_ = 0;
}

}  // namespace rhei::inline v0
