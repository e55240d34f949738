// Takes the bytes of a fuzzer apart: every input means something, and a small change of it means a small change.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace rhei::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : next_(data), end_(data + size) {}

  bool empty() const { return next_ == end_; }

  // 0 when nothing is left.
  std::uint8_t Byte() { return empty() ? std::uint8_t{0} : *next_++; }
  std::uint32_t Below(std::uint32_t limit) { return Byte() % limit; }
  std::uint32_t Word() {
    const std::uint32_t low = Byte();
    return low | std::uint32_t{Byte()} << 8;
  }

  // As many bytes as there are, up to `size`.
  std::string_view Bytes(std::size_t size) {
    size = std::min(size, static_cast<std::size_t>(end_ - next_));
    const std::string_view bytes(reinterpret_cast<const char*>(next_), size);
    next_ += size;
    return bytes;
  }
  std::string_view Rest() { return Bytes(static_cast<std::size_t>(end_ - next_)); }

 private:
  const std::uint8_t* next_;
  const std::uint8_t* end_;
};

// A copy with nothing behind its end, so that AddressSanitizer sees a read beyond.
class ExactCopy {
 public:
  explicit ExactCopy(std::string_view bytes) : bytes_(new char[bytes.size()]), size_(bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), bytes_.get());
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

}  // namespace rhei::fuzz
