// MessagePieces: the bytes of a message that is sent, in the pieces in which they lie. For those who write transports
// or codecs.
#pragma once

#include <cstddef>
#include <vector>

#include "rhei/pooled.h"

namespace rhei::inline v0 {

// One piece, or several where large fields are sent from where they are. Copies share the bytes.
struct MessagePieces {
  // In front of the message, for the five bytes of gRPC's framing.
  static constexpr std::size_t kPrefix = 5;
  // Smaller messages are one piece: to copy them costs less than to keep them.
  static constexpr std::size_t kWorthwhile = 8 * 1024;

  PooledBytes first;                 // kPrefix unset bytes, then the message, or its beginning; or nothing at all
  std::vector<PooledBytes> further;  // the rest

  // Of the message.
  std::size_t size() const {
    std::size_t size = first.empty() ? 0 : first.size() - kPrefix;
    for (const PooledBytes& piece : further) size += piece.size();
    return size;
  }
};

}  // namespace rhei::inline v0
