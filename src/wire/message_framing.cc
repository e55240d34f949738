#include "wire/message_framing.h"

#include <algorithm>
#include <cstring>

namespace rhei::inline v0::wire {
namespace {

// A sender that announces much and sends little gets memory for what it sends: a message grows in steps.
constexpr std::size_t kFirstReserve = 64 * 1024;
constexpr std::size_t kKeptCapacity = 4 * 1024;

std::size_t ReadLength(const char* prefix) {
  std::size_t length = 0;
  for (int i = 1; i < 5; ++i) length = length << 8 | static_cast<unsigned char>(prefix[i]);
  return length;
}

}  // namespace

void WriteMessagePrefix(std::size_t size, char* to) {
  to[0] = 0;
  to[1] = static_cast<char>(size >> 24);
  to[2] = static_cast<char>(size >> 16);
  to[3] = static_cast<char>(size >> 8);
  to[4] = static_cast<char>(size);
}

MessageReader::Result MessageReader::Next(std::string_view& input, std::size_t limit) {
  if (delivered_) Reset();
  if (prefix_size_ < kMessagePrefix) {
    const std::size_t taken = std::min(kMessagePrefix - prefix_size_, input.size());
    if (taken > 0) std::memcpy(prefix_ + prefix_size_, input.data(), taken);
    prefix_size_ += taken;
    input.remove_prefix(taken);
    if (prefix_size_ < kMessagePrefix) return {Outcome::kNeedMore, {}};
    return Begin(input, limit);
  }
  const std::size_t taken = std::min(message_size_ - partial_.size(), input.size());
  partial_.append(input.data(), taken);
  input.remove_prefix(taken);
  if (partial_.size() < message_size_) return {Outcome::kNeedMore, {}};
  delivered_ = true;
  return {Outcome::kMessage, partial_};
}

MessageReader::Result MessageReader::Begin(std::string_view& input, std::size_t limit) {
  message_size_ = ReadLength(prefix_);
  if (message_size_ > limit) return {Outcome::kTooLarge, {}, message_size_};
  if (prefix_[0] != 0) return {Outcome::kCompressed, {}};
  if (input.size() >= message_size_) {
    const std::string_view message = input.substr(0, message_size_);
    input.remove_prefix(message_size_);
    prefix_size_ = 0;
    return {Outcome::kMessage, message};
  }
  partial_.reserve(std::min(message_size_, std::max(kFirstReserve, input.size())));
  partial_.append(input);
  input = {};
  return {Outcome::kNeedMore, {}};
}

MessageReader::Result MessageReader::LookAhead(std::string_view rest, std::size_t limit) const {
  char prefix[kMessagePrefix];
  std::size_t known = delivered_ ? 0 : prefix_size_;
  std::memcpy(prefix, prefix_, known);
  std::size_t missing = known == kMessagePrefix ? message_size_ - partial_.size() : 0;
  while (true) {
    if (rest.size() < missing) return {Outcome::kNeedMore, {}};
    rest.remove_prefix(missing);
    if (missing > 0 || known == kMessagePrefix) known = 0;
    if (known == 0 && rest.empty()) return {Outcome::kMessage, {}};
    const std::size_t taken = std::min(kMessagePrefix - known, rest.size());
    std::memcpy(prefix + known, rest.data(), taken);
    rest.remove_prefix(taken);
    known += taken;
    if (known < kMessagePrefix) return {Outcome::kNeedMore, {}};
    missing = ReadLength(prefix);
    if (missing > limit) return {Outcome::kTooLarge, {}, missing};
    if (prefix[0] != 0) return {Outcome::kCompressed, {}};
  }
}

void MessageReader::Reset() {
  prefix_size_ = 0;
  message_size_ = 0;
  delivered_ = false;
  partial_.clear();
  if (partial_.capacity() > kKeptCapacity) partial_.shrink_to_fit();
}

}  // namespace rhei::inline v0::wire
