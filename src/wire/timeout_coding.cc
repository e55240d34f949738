#include "wire/timeout_coding.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace rhei::inline v0::wire {
namespace {

struct Unit {
  char letter;
  std::int64_t nanoseconds;
};

constexpr std::array<Unit, 6> kUnits = {
    {{'n', 1}, {'u', 1'000}, {'m', 1'000'000}, {'S', 1'000'000'000}, {'M', 60'000'000'000}, {'H', 3'600'000'000'000}}};
constexpr std::int64_t kLargest = 99'999'999;
constexpr std::size_t kMaxDigits = 8;
constexpr std::int64_t kThreeDigits = 1'000;
constexpr std::int64_t kSecond = 1'000'000'000;
// Three years and more: nobody calls so patiently twice.
constexpr std::int64_t kLongestRounded = 100'000'000 * kSecond;

std::int64_t DivideUp(std::int64_t value, std::int64_t by) { return value / by + (value % by > 0 ? 1 : 0); }

}  // namespace

TimeoutText::TimeoutText(std::int64_t count, char unit) {
  char* const end = std::to_chars(text_.data(), text_.data() + kMaxDigits, count).ptr;
  *end = unit;
  size_ = static_cast<std::size_t>(end - text_.data()) + 1;
}

TimeoutText TimeoutText::Exact(Duration timeout) {
  const std::int64_t nanoseconds = std::max<std::int64_t>(timeout.count(), 1);
  // Even the longest duration is fewer hours than eight digits say.
  const auto fits = [nanoseconds](const Unit& unit) { return DivideUp(nanoseconds, unit.nanoseconds) <= kLargest; };
  const Unit& unit = *std::find_if(kUnits.begin(), kUnits.end(), fits);
  return TimeoutText(DivideUp(nanoseconds, unit.nanoseconds), unit.letter);
}

TimeoutText TimeoutText::Rounded(Duration timeout) {
  if (timeout.count() <= 0 || timeout.count() > kLongestRounded) return Exact(timeout);
  std::int64_t step = 1;
  while (timeout.count() / step >= kThreeDigits) step *= 10;
  const std::int64_t rounded = DivideUp(timeout.count(), step) * step;
  // Seconds, or the next smaller unit that says it without a rest.
  for (std::size_t i = kUnits.size(); i-- > 0;) {
    const auto [letter, nanoseconds] = kUnits[i];
    const bool says = nanoseconds <= kSecond && rounded % nanoseconds == 0 && rounded / nanoseconds <= kLargest;
    if (says) return TimeoutText(rounded / nanoseconds, letter);
  }
  return Exact(timeout);
}

std::optional<Duration> ParseTimeout(std::string_view text) {
  if (text.size() < 2 || text.size() > kMaxDigits + 1) return std::nullopt;
  const char letter = text.back();
  const std::string_view digits = text.substr(0, text.size() - 1);
  std::uint32_t count = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    count = count * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  for (const Unit& unit : kUnits) {
    if (unit.letter != letter) continue;
    if (count > Duration::max().count() / unit.nanoseconds) return Duration::max();
    return Duration(count * unit.nanoseconds);
  }
  return std::nullopt;
}

}  // namespace rhei::inline v0::wire
