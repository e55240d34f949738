// gRPC's framing of messages in a stream's DATA: one byte of flags, four of length, the message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rhei::inline v0::wire {

inline constexpr std::size_t kMessagePrefix = 5;
// What its length field can say.
inline constexpr std::size_t kLargestMessage = 0xffffffff;

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
  bool in_message() const { return prefix_size_ > 0 && !delivered_; }
  // The message that Next has given is not needed any more: gives its memory back, which the next call would do else.
  void Done() {
    if (delivered_) Reset();
  }
  // Bytes it holds.
  std::size_t held() const { return prefix_size_ + partial_.size(); }

  // What Next would come to if it were given `rest`, the last bytes of a stream: kMessage when the stream ends with
  // whole messages, or with none; kNeedMore when it ends in the middle of one; else what is wrong with the first wrong
  // one.
  Result LookAhead(std::string_view rest, std::size_t limit) const;

  // For the next stream; keeps a little memory.
  void Reset();

 private:
  Result Begin(std::string_view& input, std::size_t limit);

  char prefix_[kMessagePrefix] = {};
  std::size_t prefix_size_ = 0;   // how much of the prefix is there; all of it while a message is being collected
  std::size_t message_size_ = 0;  // once the prefix is there
  std::string partial_;
  bool delivered_ = false;  // `partial_` was handed out as a message
};

}  // namespace rhei::inline v0::wire
