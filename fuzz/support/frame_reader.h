// Cuts a stream of bytes into frames, without any opinion about them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http2/frame/frame_header.h"

namespace rhei::fuzz {

class FrameReader {
 public:
  // `skip` bytes come before the first frame.
  explicit FrameReader(std::size_t skip) : skip_(skip) {}

  // Calls visit(header, payload) for each frame that is whole now.
  template <typename Visit>
  void Read(std::string_view bytes, Visit visit) {
    const std::size_t skipped = bytes.size() < skip_ ? bytes.size() : skip_;
    skip_ -= skipped;
    kept_.append(bytes.substr(skipped));
    std::string_view rest(kept_);
    while (rest.size() >= http2::kFrameHeaderSize) {
      const http2::FrameHeader header = http2::ParseFrameHeader(rest.data());
      if (rest.size() - http2::kFrameHeaderSize < header.length) break;
      visit(header, rest.substr(http2::kFrameHeaderSize, header.length));
      rest.remove_prefix(http2::kFrameHeaderSize + header.length);
    }
    kept_.erase(0, kept_.size() - rest.size());
  }

  // No frame has begun that is not whole.
  bool between_frames() const { return skip_ == 0 && kept_.empty(); }

 private:
  std::size_t skip_;
  std::string kept_;
};

}  // namespace rhei::fuzz
