// Where rhei writes what an operator should know.
#pragma once

#include <memory>
#include <string_view>

namespace rhei::inline v0 {

enum class LogLevel : unsigned char { kDebug, kInfo, kWarning, kError };

std::string_view Name(LogLevel level);

// Receives log lines. A user implements it to send them elsewhere; it belongs to the Runtime that was given it.
// Write is called from any thread, at any time, and must not call back into rhei.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void Write(LogLevel level, std::string_view line) = 0;
  // Lines under this level are not even made.
  virtual LogLevel level() const { return LogLevel::kWarning; }
};

// Writes lines of `lowest` and up to standard error, at most `lines_per_second`; a line tells how many were left out.
std::shared_ptr<Logger> StderrLogger(LogLevel lowest = LogLevel::kWarning, int lines_per_second = 20);

}  // namespace rhei::inline v0
