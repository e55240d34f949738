// LogCalls: an interceptor that writes a line about each call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "rhei/interceptor.h"
#include "rhei/log.h"
#include "rhei/metadata.h"
#include "rhei/result.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

// What is logged of a call that has ended. Its views are valid while it is being written.
struct CallRecord {
  CallInfo::Side side = CallInfo::Side::kClient;
  std::string_view method;
  std::string_view peer;
  Status status;
  Duration took{};
  std::size_t requests = 0;
  std::size_t replies = 0;
  std::size_t request_bytes = 0;
  std::size_t reply_bytes = 0;
  Metadata metadata;  // the request's; values that are not to be shown are "***"

  // side=server method=/weather.Weather/GetCurrent code=OK took_us=153 peer=127.0.0.1:50412 requests=1 ... x-user="ann"
  std::string ToString() const;
};

// Receives records, for those who write JSON, or to a database. Called on all loops at once; must not block.
class CallLog {
 public:
  virtual ~CallLog() = default;
  virtual void Write(const CallRecord& record) = 0;
};

// How calls are logged. Fluent.
class CallLogOptions {
 public:
  CallLogOptions() {}

  // Where lines go: calls that ended with OK at kInfo, others at kWarning. Default: the runtime's logger, which shows
  // kWarning and up.
  CallLogOptions& To(std::shared_ptr<Logger> logger) & {
    logger_ = std::move(logger);
    return *this;
  }
  CallLogOptions&& To(std::shared_ptr<Logger> logger) && { return std::move(To(std::move(logger))); }

  // Instead of lines.
  CallLogOptions& To(std::shared_ptr<CallLog> log) & {
    log_ = std::move(log);
    return *this;
  }
  CallLogOptions&& To(std::shared_ptr<CallLog> log) && { return std::move(To(std::move(log))); }

  // Of calls that ended with OK, one in so many is logged; others always. Default: 1, all.
  CallLogOptions& SampleOneIn(std::uint32_t calls) & {
    sample_one_in_ = calls == 0 ? 1 : calls;
    return *this;
  }
  CallLogOptions&& SampleOneIn(std::uint32_t calls) && { return std::move(SampleOneIn(calls)); }

  // Shows the request's metadata too. Default: it is not shown.
  CallLogOptions& ShowMetadata(bool show = true) & {
    show_metadata_ = show;
    return *this;
  }
  CallLogOptions&& ShowMetadata(bool show = true) && { return std::move(ShowMetadata(show)); }

  // Of this key only that it was there is shown. So it is for authorization, cookie, and keys that end in "-bin".
  CallLogOptions& Redact(std::string_view key) & {
    redacted_.emplace(key);
    return *this;
  }
  CallLogOptions&& Redact(std::string_view key) && { return std::move(Redact(key)); }

  const std::shared_ptr<Logger>& logger() const { return logger_; }
  const std::shared_ptr<CallLog>& log() const { return log_; }
  std::uint32_t sample_one_in() const { return sample_one_in_; }
  bool show_metadata() const { return show_metadata_; }
  bool IsRedacted(std::string_view key) const { return IsBinaryKey(key) || redacted_.contains(key); }

 private:
  std::shared_ptr<Logger> logger_;
  std::shared_ptr<CallLog> log_;
  std::uint32_t sample_one_in_ = 1;
  bool show_metadata_ = false;
  std::set<std::string, std::less<>> redacted_{"authorization", "cookie"};
};

std::shared_ptr<Interceptor> LogCalls(CallLogOptions options = CallLogOptions());

}  // namespace rhei::inline v0
