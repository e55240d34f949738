// The Huffman code: what is encoded comes back, and what is decoded is what nghttp2 makes of it.
#include <memory>
#include <string>
#include <vector>

#include "fuzz/check.h"
#include "fuzz/input.h"
#include "http2/hpack/huffman.h"
#include "http2/hpack/integer.h"
#include "http2/hpack/nghttp2_oracle.h"

namespace {

using rhei::fuzz::Check;
using rhei::fuzz::ExactCopy;
using namespace rhei::http2;
using Outcome = HuffmanResult::Outcome;

void CheckRoundTrip(std::string_view text) {
  std::string code;
  AppendHuffman(code, text);
  Check(code.size() == HuffmanSize(text), "the size is told beforehand");
  Check(text.size() <= MaxHuffmanDecodedSize(code.size()), "the text is not longer than the code allows");
  std::string back(text.size(), '\0');
  const HuffmanResult result = DecodeHuffman(ExactCopy(code).view(), back.data(), back.size());
  Check(result.outcome == Outcome::kOk && result.size == text.size() && back == text, "text comes back");
}

// A block with one field, whose value is the code.
std::string BlockWith(std::string_view code) {
  std::string block("\0\1x", 3);
  AppendHpackInteger(block, 0x80, 7, static_cast<std::uint32_t>(code.size()));
  return block.append(code);
}

void CheckDecoding(std::string_view bytes) {
  const ExactCopy code(bytes);
  const std::size_t most = MaxHuffmanDecodedSize(bytes.size());
  const auto out = std::make_unique<char[]>(most);
  const HuffmanResult ours = DecodeHuffman(code.view(), out.get(), most);
  Check(ours.outcome != Outcome::kTooLong, "the code fits where it must fit");

  Nghttp2Inflater inflater;
  std::vector<OwnedField> theirs;
  const bool accepted = inflater.Inflate(BlockWith(bytes), theirs);
  Check(accepted == (ours.outcome == Outcome::kOk), "both take the code, or neither does");
  if (!accepted) return;
  Check(theirs.size() == 1 && theirs[0].value == std::string_view(out.get(), ours.size), "both read the same text");

  // Just enough room is enough; one byte less is not.
  const auto exact = std::make_unique<char[]>(ours.size);
  Check(DecodeHuffman(code.view(), exact.get(), ours.size).size == ours.size, "exactly enough room is enough");
  if (ours.size == 0) return;
  const auto less = std::make_unique<char[]>(ours.size - 1);
  Check(DecodeHuffman(code.view(), less.get(), ours.size - 1).outcome == Outcome::kTooLong, "less room is too little");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CheckRoundTrip(bytes);
  if (size <= 60'000) CheckDecoding(bytes);  // nghttp2 takes strings of 64 KiB at most
  return 0;
}
