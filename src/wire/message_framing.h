// gRPC's framing of messages in a stream's DATA: one byte of flags, four of length, the message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rhei/message_pieces.h"
#include "rhei/pooled.h"

namespace rhei::inline v0::wire {

inline constexpr std::size_t kMessagePrefix = MessagePieces::kPrefix;
// What its length field can say.
inline constexpr std::size_t kLargestMessage = 0xffffffff;

// What the five bytes in front of a message say of its size.
inline std::size_t ReadMessageSize(const char* prefix) {
  std::size_t size = 0;
  for (std::size_t i = 1; i < kMessagePrefix; ++i) size = size << 8 | static_cast<unsigned char>(prefix[i]);
  return size;
}

// The message that `input` is, if it is one and no more, uncompressed and within the limit: the usual case. Else
// nothing, and a MessageReader tells what it is.
inline std::optional<std::string_view> WholeMessage(std::string_view input, std::size_t limit) {
  if (input.size() < kMessagePrefix || input[0] != 0) return std::nullopt;
  const std::size_t size = input.size() - kMessagePrefix;
  if (size > limit || size != ReadMessageSize(input.data())) return std::nullopt;
  return std::string_view(input.data() + kMessagePrefix, size);
}

// Writes the five bytes in front of an uncompressed message of `size` bytes.
void WriteMessagePrefix(std::size_t size, char* to);

// Puts the messages of one stream together again. Takes no memory before a length has been checked against the limit,
// and none at all for a message that lies whole in one piece of input.
class MessageReader {
 public:
  enum class Outcome : std::uint8_t {
    kMessage,     // `message` is whole
    kNeedMore,    // the input is used up
    kTooLarge,    // a message above the limit is announced: RESOURCE_EXHAUSTED
    kCompressed,  // the compressed flag is set though no encoding was agreed on: INTERNAL
  };
  struct Result {
    Outcome outcome;
    std::string_view message;  // valid until the next call
    std::size_t size = 0;      // kTooLarge: what was announced
  };

  // Takes from `input` what it needs, at most one message. Call it again until kNeedMore.
  Result Next(std::string_view& input, std::size_t limit);

  // Whether a message has begun and is not whole.
  bool in_message() const { return partial_ != nullptr && !partial_->delivered; }
  // Bytes it holds.
  std::size_t held() const { return partial_ == nullptr ? 0 : partial_->prefix_size + partial_->message.size(); }

  // What Next would come to if it were given `rest`, the last bytes of a stream: kMessage when the stream ends with
  // whole messages, or with none; kNeedMore when it ends in the middle of one; else what is wrong with the first wrong
  // one.
  Result LookAhead(std::string_view rest, std::size_t limit) const;

  // The message that was handed out has been read: what it took is given back.
  void Release() {
    if (partial_ != nullptr && partial_->delivered) partial_.reset();
  }
  // For the next stream.
  void Reset() { partial_.reset(); }

 private:
  // A message that does not lie whole in the input.
  struct Partial : Pooled {
    char prefix[kMessagePrefix] = {};
    bool delivered = false;  // `message` was handed out
    std::size_t prefix_size = 0;
    std::size_t message_size = 0;  // once the prefix is there
    std::string message;
  };

  Result Begin(std::string_view prefix, std::string_view& input, std::size_t limit);
  Result Collect(std::string_view& input);

  std::unique_ptr<Partial> partial_;
};

}  // namespace rhei::inline v0::wire
