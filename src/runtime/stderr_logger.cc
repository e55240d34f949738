#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>

#include "rhei/log.h"
#include "runtime/line_limiter.h"

namespace rhei::inline v0 {
namespace {

// A peer's text may stand in a line: it must neither begin a line of its own nor steer a terminal.
void AppendPrintable(std::string& out, std::string_view line) {
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
}

class RateLimitedStderr final : public Logger {
 public:
  RateLimitedStderr(LogLevel lowest, int lines_per_second) : lowest_(lowest), limiter_(lines_per_second) {}

  LogLevel level() const override { return lowest_; }

  void Write(LogLevel level, std::string_view line) override {
    if (level < lowest_) return;
    std::lock_guard lock(mutex_);
    const auto refused = limiter_.Admit(std::chrono::steady_clock::now());
    if (!refused) return;
    std::string text = "rhei: ";
    text += Name(level);
    text += ": ";
    AppendPrintable(text, line);
    if (*refused > 0) text += " (" + std::to_string(*refused) + " lines before this one were left out)";
    text += '\n';
    std::fwrite(text.data(), 1, text.size(), stderr);
  }

 private:
  const LogLevel lowest_;
  std::mutex mutex_;
  runtime::LineLimiter limiter_;
};

}  // namespace

std::shared_ptr<Logger> StderrLogger(LogLevel lowest, int lines_per_second) {
  return std::make_shared<RateLimitedStderr>(lowest, lines_per_second);
}

}  // namespace rhei::inline v0
