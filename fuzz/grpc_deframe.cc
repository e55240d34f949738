// gRPC's message framing: however the bytes are cut, the reader gives the messages, and the refusal, that a reference
// of a few lines finds in the whole.
//
// The input: the limit, four lengths by which the bytes are cut in turn, then what the bytes are made of: see Stream.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/check.h"
#include "fuzz/input.h"
#include "wire/message_framing.h"

namespace {

using rhei::fuzz::Check;
using rhei::fuzz::ExactCopy;
using rhei::fuzz::Input;
using rhei::wire::kMessagePrefix;
using rhei::wire::MessageReader;
using Outcome = MessageReader::Outcome;

// What a stream of bytes comes to.
struct Reading {
  std::vector<std::string> messages;
  Outcome end = Outcome::kNeedMore;
  std::size_t announced = 0;  // kTooLarge
  std::size_t taken = 0;      // bytes that belong to whole messages, and to a prefix that was refused
};

std::size_t Length(std::string_view prefix) {
  std::size_t length = 0;
  for (const char byte : prefix.substr(1, 4)) length = length * 256 + static_cast<unsigned char>(byte);
  return length;
}

Reading Reference(std::string_view bytes, std::size_t limit) {
  Reading reading;
  while (bytes.size() - reading.taken >= kMessagePrefix) {
    const std::string_view rest = bytes.substr(reading.taken);
    const std::size_t length = Length(rest);
    if (length > limit || rest[0] != 0) {
      reading.end = length > limit ? Outcome::kTooLarge : Outcome::kCompressed;
      reading.announced = length > limit ? length : 0;
      reading.taken += kMessagePrefix;
      break;
    }
    if (rest.size() - kMessagePrefix < length) break;
    reading.messages.emplace_back(rest.substr(kMessagePrefix, length));
    reading.taken += kMessagePrefix + length;
  }
  return reading;
}

// Feeds a reader piece by piece.
class Pieces {
 public:
  Pieces(std::size_t limit, const Reading& expected) : limit_(limit), expected_(expected) {}

  // False once the reader has refused something.
  bool Add(std::string_view bytes) {
    const ExactCopy piece(bytes);
    std::string_view input = piece.view();
    given_ += bytes.size();
    for (;;) {
      const MessageReader::Result result = reader_.Next(input, limit_);
      if (result.outcome == Outcome::kMessage) {
        AddMessage(result.message);
        continue;
      }
      Check((result.outcome == Outcome::kTooLarge) == (result.size != 0), "what is too large is told");
      reading_.end = result.outcome;
      reading_.announced = result.size;
      if (result.outcome != Outcome::kNeedMore) return false;
      Check(input.empty(), "more is wanted when all is used");
      Check(reader_.held() == given_ - reading_.taken, "what is held is what is not delivered");
      Check(reader_.in_message() == (reader_.held() > 0), "a message has begun or not");
      Check(reader_.held() <= limit_ + kMessagePrefix, "no more is held than a message of the limit");
      return true;
    }
  }

  void Finish() {
    if (reading_.end != Outcome::kNeedMore) reading_.taken += kMessagePrefix;
    Check(count_ == expected_.messages.size(), "as many messages as there are");
    Check(reading_.end == expected_.end, "the refusal that is due");
    Check(reading_.announced == expected_.announced, "the size that was announced");
    Check(reading_.taken == expected_.taken, "as many bytes as it takes");
    reader_.Reset();
    Check(!reader_.in_message() && reader_.held() == 0, "a reader that was reset is new");
  }

 private:
  void AddMessage(std::string_view message) {
    Check(message.size() <= limit_, "no message is above the limit");
    Check(count_ < expected_.messages.size() && message == expected_.messages[count_], "the messages are alike");
    ++count_;
    reading_.taken += kMessagePrefix + message.size();
  }

  std::size_t limit_;
  const Reading& expected_;
  MessageReader reader_;
  Reading reading_;
  std::size_t count_ = 0;
  std::size_t given_ = 0;
};

// The bytes of a stream: pieces of the input as they are, and whole messages of one repeated byte, which may be long.
std::string Stream(Input& input) {
  constexpr std::size_t kLargest = 100'000;
  std::string bytes;
  while (!input.empty() && bytes.size() < kLargest) {
    const std::uint32_t kind = input.Below(4);
    if (kind == 0) {
      bytes += input.Bytes(input.Byte());
      continue;
    }
    const std::size_t size = kind == 1 ? input.Byte() : kind == 2 ? input.Word() : input.Word() * 3;
    char prefix[kMessagePrefix];
    rhei::wire::WriteMessagePrefix(size, prefix);
    bytes.append(prefix, sizeof prefix).append(size, static_cast<char>('a' + bytes.size() % 26));
  }
  return bytes;
}

std::size_t Limit(Input& input) {
  constexpr std::size_t kLimits[] = {4 * 1024 * 1024, 0, 1, 5, 255, 1000, 64 * 1024, 0xffffffff};
  return kLimits[input.Below(std::size(kLimits))];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::size_t limit = Limit(input);
  std::array<std::size_t, 4> lengths;
  for (std::size_t& length : lengths) length = input.Byte();
  const bool long_pieces = lengths[0] % 2 != 0;
  const std::string bytes = Stream(input);
  const Reading expected = Reference(bytes, limit);

  Pieces whole(limit, expected);
  whole.Add(bytes);
  whole.Finish();

  Pieces cut(limit, expected);
  std::string_view rest(bytes);
  for (std::size_t i = 0; !rest.empty(); ++i) {
    const std::size_t length = std::min(rest.size(), lengths[i % 4] * (long_pieces ? 256 : 1) + 1);
    if (!cut.Add(rest.substr(0, length))) break;
    rest.remove_prefix(length);
  }
  cut.Finish();
  return 0;
}
