// grpc-timeout: what is read is what the grammar says, saturated; what is written is never less than what was meant,
// and hardly more.
//
// The input is read as a text, and its first eight bytes as a duration.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>

#include "fuzz/check.h"
#include "fuzz/input.h"
#include "wire/timeout_coding.h"

namespace {

using rhei::Duration;
using rhei::fuzz::Check;
using rhei::fuzz::ExactCopy;
using namespace rhei::wire;

// gRPC PROTOCOL-HTTP2: "TimeoutValue -> {positive integer as ASCII string of at most 8 digits}", then its unit.
std::optional<Duration> Reference(std::string_view text) {
  static const std::map<char, long double> nanoseconds = {{'n', 1.0L}, {'u', 1e3L},  {'m', 1e6L},
                                                          {'S', 1e9L}, {'M', 60e9L}, {'H', 3600e9L}};
  if (text.size() < 2 || text.size() > 9 || !nanoseconds.contains(text.back())) return std::nullopt;
  long double value = 0;
  for (const char digit : text.substr(0, text.size() - 1)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + (digit - '0');
  }
  value *= nanoseconds.at(text.back());
  if (value > static_cast<long double>(Duration::max().count())) return Duration::max();
  return Duration(static_cast<Duration::rep>(value));
}

void CheckWritten(Duration timeout) {
  const Duration meant = std::max(timeout, Duration(1));
  const std::optional<Duration> exact = ParseTimeout(TimeoutText::Exact(timeout).view());
  Check(exact && *exact >= meant, "what is left is never less than it is");
  Check(*exact - meant < std::chrono::hours(1), "nor more by a unit");
  const std::optional<Duration> rounded = ParseTimeout(TimeoutText::Rounded(timeout).view());
  Check(rounded && *rounded >= meant, "a whole timeout is never less than it is");
  Check(*rounded - meant <= std::max(meant / 100, Duration(std::chrono::hours(1))), "nor more by a hundredth");
  if (meant < std::chrono::hours(1)) {
    Check(*exact - meant < std::chrono::microseconds(1'000), "what is short is exact");
    Check(*rounded - meant <= meant / 100, "what is short is rounded by a hundredth at most");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Check(ParseTimeout(ExactCopy(text).view()) == Reference(text), "a text means what the grammar says");
  Duration::rep count = 0;
  if (size > 0) std::memcpy(&count, data, std::min(size, sizeof(count)));
  CheckWritten(Duration(count));
  return 0;
}
