// Metadata: what a user may send is what the protocol's grammar says, and comes back as it was sent; whatever a peer
// sends under "-bin" is base64, or is refused; texts survive their percent-coding.
//
// The input: a byte that chooses the key, the key's length and bytes, then the value.
#include <algorithm>
#include <array>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/check.h"
#include "fuzz/field.h"
#include "fuzz/input.h"
#include "rhei/metadata.h"
#include "wire/metadata_coding.h"
#include "wire/percent_coding.h"

namespace {

using rhei::CheckMetadata;
using rhei::Metadata;
using rhei::fuzz::Check;
using rhei::fuzz::ExactCopy;
using rhei::fuzz::Field;
using rhei::fuzz::Input;
using rhei::http2::HeaderField;
using namespace rhei::wire;

// gRPC PROTOCOL-HTTP2, "Custom-Metadata", but for the names that HTTP/2 and gRPC have a use for.
bool MaySend(const std::string& key, const std::string& value) {
  static const std::regex key_rule("[0-9a-z_.-]+");
  static const std::regex reserved(
      "grpc-.*|content-type|te|host|connection|keep-alive|proxy-connection|transfer-encoding|upgrade|content-length|"
      "user-agent");
  static const std::regex ascii_rule("([\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?)?");
  if (!std::regex_match(key, key_rule) || std::regex_match(key, reserved)) return false;
  return key.ends_with("-bin") || std::regex_match(value, ascii_rule);
}

// By the value of each digit in turn, without looking ahead.
std::optional<std::string> ReferenceBase64(std::string_view coded) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t end = coded.find('=');
  const std::string_view digits = coded.substr(0, end);
  const std::size_t padding = coded.size() - digits.size();
  if (digits.size() % 4 == 1 || coded.substr(digits.size()) != std::string_view("==", padding > 2 ? 2 : padding)) {
    return std::nullopt;
  }
  if (padding > 0 && coded.size() % 4 != 0) return std::nullopt;
  std::vector<bool> bits;
  for (const char digit : digits) {
    const std::size_t value = kDigits.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    for (int bit = 5; bit >= 0; --bit) bits.push_back((value >> bit & 1) != 0);
  }
  std::string bytes;
  for (std::size_t at = 0; at + 8 <= bits.size(); at += 8) {
    unsigned byte = 0;
    for (std::size_t bit = 0; bit < 8; ++bit) byte = byte << 1 | (bits[at + bit] ? 1U : 0U);
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

void CheckSent(const std::string& key, const std::string& value) {
  const bool may_send = !CheckMetadata(key, value).has_value();
  Check(may_send == MaySend(key, value), "what may be sent is what the grammar says");
  if (!may_send) return;
  Metadata sent;
  sent.Add(key, value);
  sent.Add("x-other", "between");
  sent.Add(key, value);
  FieldList fields;
  fields.AddMetadata(sent);
  Metadata received;
  for (const HeaderField& field : fields.fields()) {
    Check(AddReceivedField(field, received), "what is sent can be received");
    for (const char c : field.value) Check(c >= 0x20 && c <= 0x7e, "it travels as printable ASCII");
  }
  Check(received == sent, "it comes back as it was sent");
}

void CheckReceived(std::string_view value) {
  const ExactCopy copy(value);
  Metadata expected;
  bool readable = true;
  for (std::size_t begin = 0; begin <= value.size() && readable;) {
    const std::size_t end = std::min(value.find(',', begin), value.size());
    const std::optional<std::string> bytes = ReferenceBase64(value.substr(begin, end - begin));
    readable = bytes.has_value();
    if (readable) expected.Add("x-bin", *bytes);
    begin = end + 1;
  }
  Metadata received;
  Check(AddReceivedField(Field("x-bin", copy.view()), received) == readable, "what is received is base64, or refused");
  if (readable) Check(received == expected, "it is what the digits say");
}

void CheckPercentCoding(std::string_view text) {
  std::string coded;
  AppendPercentEncoded(text, coded);
  for (const char c : coded) Check(c >= 0x20 && c <= 0x7e, "a coded text is printable ASCII");
  Check(PercentDecode(coded) == text, "a text comes back");
  Check(PercentDecode(ExactCopy(text).view()).size() <= text.size(), "no text grows by being decoded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array<std::string_view, 4> kEndings = {"", "-bin", "grpc-", "x"};
  Input input(data, size);
  const std::string_view ending = kEndings[input.Below(kEndings.size())];
  std::string key(input.Bytes(input.Below(32)));
  key.append(ending);
  // std::regex takes a piece of stack for each character.
  const std::string value(input.Bytes(1'000));
  CheckSent(key, value);
  CheckReceived(value);
  CheckPercentCoding(value);
  return 0;
}
