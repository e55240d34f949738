// MethodNames: the methods that a channel has been asked for, and their numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "rhei/client_call.h"

namespace rhei::inline v0::client {

// Thread-safe. The paths that it hands out live as long as it does, and it as long as the channel's calls, which may
// outlive the channel's last handle.
class MethodNames {
 public:
  // A path beyond the first thousand gets no number, and is the caller's own: a proxy that is asked for more pays with
  // bytes, not with memory.
  Method Find(std::string_view path) {
    const std::scoped_lock lock(mutex_);
    auto place = numbers_.find(path);
    if (place == numbers_.end()) {
      if (numbers_.size() >= kMaxNumbers) return {Method::kUnnumbered, path};
      place = numbers_.emplace(path, static_cast<std::uint32_t>(numbers_.size())).first;
    }
    return {place->second, place->first};
  }

 private:
  static constexpr std::size_t kMaxNumbers = 1024;
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::mutex mutex_;
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> numbers_;
};

}  // namespace rhei::inline v0::client
