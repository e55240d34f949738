#include "wire/message_framing.h"

#include <algorithm>
#include <cstring>

namespace rhei::inline v0::wire {
namespace {

// A sender that announces much and sends little gets memory for what it sends: a message grows in steps.
// What people cut large things into, 64 KiB, comes with some bytes around it and has its memory at once.
constexpr std::size_t kFirstReserve = 66 * 1024;

}  // namespace

void WriteMessagePrefix(std::size_t size, char* to) {
  to[0] = 0;
  to[1] = static_cast<char>(size >> 24);
  to[2] = static_cast<char>(size >> 16);
  to[3] = static_cast<char>(size >> 8);
  to[4] = static_cast<char>(size);
}

MessageReader::Result MessageReader::Next(std::string_view& input, std::size_t limit) {
  Release();
  if (partial_ == nullptr) {
    if (input.empty()) return {Outcome::kNeedMore, {}};
    if (input.size() >= kMessagePrefix) {
      const std::string_view prefix = input.substr(0, kMessagePrefix);
      input.remove_prefix(kMessagePrefix);
      return Begin(prefix, input, limit);
    }
    partial_ = std::make_unique<Partial>();
  }
  if (partial_->prefix_size == kMessagePrefix) return Collect(input);
  const std::size_t taken = std::min(kMessagePrefix - partial_->prefix_size, input.size());
  if (taken > 0) std::memcpy(partial_->prefix + partial_->prefix_size, input.data(), taken);
  partial_->prefix_size += taken;
  input.remove_prefix(taken);
  if (partial_->prefix_size < kMessagePrefix) return {Outcome::kNeedMore, {}};
  const std::unique_ptr<Partial> begun = std::move(partial_);
  return Begin({begun->prefix, kMessagePrefix}, input, limit);
}

MessageReader::Result MessageReader::Begin(std::string_view prefix, std::string_view& input, std::size_t limit) {
  const std::size_t size = ReadMessageSize(prefix.data());
  if (size > limit) return {Outcome::kTooLarge, {}, size};
  if (prefix[0] != 0) return {Outcome::kCompressed, {}};
  if (input.size() >= size) {
    const std::string_view message = input.substr(0, size);
    input.remove_prefix(size);
    return {Outcome::kMessage, message};
  }
  partial_ = std::make_unique<Partial>();
  partial_->prefix_size = kMessagePrefix;
  partial_->message_size = size;
  partial_->message.reserve(std::min(size, std::max(kFirstReserve, input.size())));
  return Collect(input);
}

MessageReader::Result MessageReader::Collect(std::string_view& input) {
  std::string& message = partial_->message;
  const std::size_t taken = std::min(partial_->message_size - message.size(), input.size());
  message.append(input.data(), taken);
  input.remove_prefix(taken);
  if (message.size() < partial_->message_size) return {Outcome::kNeedMore, {}};
  partial_->delivered = true;
  return {Outcome::kMessage, message};
}

MessageReader::Result MessageReader::LookAhead(std::string_view rest, std::size_t limit) const {
  char prefix[kMessagePrefix];
  std::size_t known = 0;
  std::size_t missing = 0;
  if (in_message()) {
    known = partial_->prefix_size;
    std::memcpy(prefix, partial_->prefix, known);
    if (known == kMessagePrefix) missing = partial_->message_size - partial_->message.size();
  }
  while (true) {
    if (rest.size() < missing) return {Outcome::kNeedMore, {}};
    rest.remove_prefix(missing);
    if (missing > 0 || known == kMessagePrefix) known = 0;
    if (rest.empty()) return {known == 0 ? Outcome::kMessage : Outcome::kNeedMore, {}};
    const std::size_t taken = std::min(kMessagePrefix - known, rest.size());
    std::memcpy(prefix + known, rest.data(), taken);
    rest.remove_prefix(taken);
    known += taken;
    if (known < kMessagePrefix) return {Outcome::kNeedMore, {}};
    missing = ReadMessageSize(prefix);
    if (missing > limit) return {Outcome::kTooLarge, {}, missing};
    if (prefix[0] != 0) return {Outcome::kCompressed, {}};
  }
}

}  // namespace rhei::inline v0::wire
