#include "http2/hpack/huffman.h"

#include <array>
#include <cstring>

#include "http2/hpack/huffman_code.h"

namespace rhei::inline v0::http2 {
namespace {

constexpr int kShortest = 5;

struct Code {
  std::size_t symbol;
  int length;
};

// The code that `word` begins with. Linear in its length, but only rare characters have long codes.
constexpr Code FirstCode(std::uint32_t word) {
  int length = kShortest;
  while (word >= kHuffmanCode.limit[static_cast<std::size_t>(length)]) ++length;
  const auto place =
      static_cast<std::int64_t>(word >> (32 - length)) + kHuffmanCode.offset[static_cast<std::size_t>(length)];
  return {kHuffmanCode.symbol[static_cast<std::size_t>(place)], length};
}

// Twelve bits hold two of the codes that header fields mostly consist of.
constexpr int kWindowBits = 12;

// The whole codes at the begin of a window, at most two.
struct Step {
  std::array<char, 2> symbols{};
  std::uint8_t count = 0;  // 0: the first code is longer than the window
  std::uint8_t bits = 0;   // of all its codes
};

constexpr std::array<Step, 1 << kWindowBits> MakeSteps() {
  std::array<Step, 1 << kWindowBits> steps;
  for (std::uint32_t window = 0; window < steps.size(); ++window) {
    Step& step = steps[window];
    while (step.count < step.symbols.size() && step.bits + kShortest <= kWindowBits) {
      // What lies behind the window is taken to be ones, so a code cut off by its end looks longer than what is left.
      const std::uint32_t behind = 0xffffffffu >> (kWindowBits - step.bits);
      const Code code = FirstCode((window << (32 - kWindowBits + step.bits)) | behind);
      if (step.bits + code.length > kWindowBits) break;
      step.symbols[step.count++] = static_cast<char>(code.symbol);
      step.bits = static_cast<std::uint8_t>(step.bits + code.length);
    }
  }
  return steps;
}

constexpr std::array<Step, 1 << kWindowBits> kSteps = MakeSteps();

// Reads codes from a string of bits. The next bits stand at the top of `bits_`; `held_` of them are known.
class Reader {
 public:
  explicit Reader(std::string_view code)
      : next_(reinterpret_cast<const std::uint8_t*>(code.data())), end_(next_ + code.size()) {}

  bool eight_bytes_left() const { return end_ - next_ >= 8; }
  int held() const { return held_; }
  std::uint32_t word() const { return static_cast<std::uint32_t>(bits_ >> 32); }
  const Step& step() const { return kSteps[bits_ >> (64 - kWindowBits)]; }
  bool at_padding() const { return held_ < 8 && bits_ == ~std::uint64_t{0}; }

  void Skip(int bits) {
    bits_ <<= bits;
    held_ -= bits;
  }

  // Holds at least 57 bits afterwards. Requires eight_bytes_left(). Bits of a byte that is not wholly held may already
  // stand below the held ones; they are the right ones, so setting them again does no harm.
  void Refill() {
    std::uint64_t word = 0;
    for (int i = 0; i < 8; ++i) word = word << 8 | next_[i];  // compilers make one load of this
    bits_ |= word >> held_;
    const int bytes = (63 - held_) >> 3;
    next_ += bytes;
    held_ += bytes * 8;
  }

  // The same near the end, behind which ones are put: that is what padding looks like. Needed when less than a word is
  // held.
  void RefillAtEnd() {
    if (held_ < 64) bits_ &= ~(~std::uint64_t{0} >> held_);
    for (; held_ <= 56 && next_ < end_; held_ += 8) bits_ |= std::uint64_t{*next_++} << (56 - held_);
    if (held_ < 64) bits_ |= ~std::uint64_t{0} >> held_;
  }

 private:
  const std::uint8_t* next_;
  const std::uint8_t* end_;
  std::uint64_t bits_ = 0;
  int held_ = 0;
};

// Decodes while eight bytes of code are left and there is room for eight characters, without looking at either again
// and again. False: EOS was found.
bool DecodeBulk(Reader& reader, char*& out, const char* out_end) {
  while (reader.eight_bytes_left() && out_end - out >= 8) {
    reader.Refill();
    if (reader.step().count == 0) {
      const Code code = FirstCode(reader.word());
      if (code.symbol == kHuffmanEos) return false;
      *out++ = static_cast<char>(code.symbol);
      reader.Skip(code.length);
      continue;
    }
    for (int i = 0; i < 4; ++i) {
      const Step& step = reader.step();
      std::memcpy(out, step.symbols.data(), step.symbols.size());
      out += step.count;
      reader.Skip(step.bits);
    }
  }
  return true;
}

}  // namespace

std::size_t HuffmanSize(std::string_view text) {
  std::size_t bits = 0;
  for (const char c : text) bits += kHuffmanLength[static_cast<std::uint8_t>(c)];
  return (bits + 7) / 8;
}

void AppendHuffman(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  out.resize(begin + HuffmanSize(text));
  char* next = out.data() + begin;
  std::uint64_t bits = 0;
  int held = 0;  // of them, not yet written; fewer than eight between two characters
  for (const char c : text) {
    const auto symbol = static_cast<std::uint8_t>(c);
    bits = bits << kHuffmanLength[symbol] | kHuffmanCode.code[symbol];
    held += kHuffmanLength[symbol];
    for (; held >= 8; held -= 8) *next++ = static_cast<char>(bits >> (held - 8));
  }
  if (held > 0) *next = static_cast<char>(bits << (8 - held) | (0xffu >> held));
}

HuffmanResult DecodeHuffman(std::string_view code, char* out, std::size_t capacity) {
  using Outcome = HuffmanResult::Outcome;
  const char* const begin = out;
  const char* const out_end = out + capacity;
  Reader reader(code);
  if (!DecodeBulk(reader, out, out_end)) return {Outcome::kBroken};

  while (true) {
    if (reader.held() < 32) reader.RefillAtEnd();
    const Step& step = reader.step();
    if (step.count > 0 && step.bits <= reader.held() && out_end - out >= 2) {
      std::memcpy(out, step.symbols.data(), step.symbols.size());
      out += step.count;
      reader.Skip(step.bits);
      continue;
    }
    const Code first = FirstCode(reader.word());
    if (first.length > reader.held()) break;
    if (first.symbol == kHuffmanEos) return {Outcome::kBroken};
    if (out == out_end) return {Outcome::kTooLong};
    *out++ = static_cast<char>(first.symbol);
    reader.Skip(first.length);
  }
  if (!reader.at_padding()) return {Outcome::kBroken};
  return {Outcome::kOk, static_cast<std::size_t>(out - begin)};
}

}  // namespace rhei::inline v0::http2
