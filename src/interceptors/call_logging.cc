#include "rhei/call_logging.h"

#include <atomic>
#include <chrono>

#include "interceptors/message_counts.h"

namespace rhei::inline v0 {
namespace {

constexpr std::size_t kMaxText = 256;

// In quotes, and fit for one line of a log.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text.substr(0, kMaxText)) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c >= 0x20 && c < 0x7f ? c : '?');
  }
  if (text.size() > kMaxText) quoted += "...";
  return quoted + "\"";
}

class Logging final : public Interceptor {
 public:
  explicit Logging(CallLogOptions options) : options_(std::move(options)) {}

  std::string_view name() const override { return "logging"; }

  Task<Trailers> Intercept(CallInfo& info, Call& call, Next next) override {
    const TimePoint begin = info.Now();
    CallRecord record;
    if (options_.show_metadata()) record.metadata = Shown(info.metadata());
    MessageCounts counts;
    counts.Watch(call);
    Trailers trailers = co_await next();
    if (!IsChosen(trailers.status.ok())) co_return trailers;
    record.side = info.side();
    record.method = info.method();
    record.peer = info.peer();
    record.status = trailers.status;
    record.took = info.Now() - begin;
    record.requests = counts.requests;
    record.replies = counts.replies;
    record.request_bytes = counts.request_bytes;
    record.reply_bytes = counts.reply_bytes;
    Write(record, info.logger());
    co_return trailers;
  }

 private:
  Metadata Shown(const Metadata& metadata) const {
    Metadata shown;
    for (const auto [key, value] : metadata) shown.Add(key, options_.IsRedacted(key) ? "***" : value);
    return shown;
  }

  bool IsChosen(bool ok) {
    return !ok || succeeded_.fetch_add(1, std::memory_order_relaxed) % options_.sample_one_in() == 0;
  }

  void Write(const CallRecord& record, Logger& of_runtime) const {
    if (options_.log() != nullptr) return options_.log()->Write(record);
    Logger& logger = options_.logger() != nullptr ? *options_.logger() : of_runtime;
    const LogLevel level = record.status.ok() ? LogLevel::kInfo : LogLevel::kWarning;
    if (level >= logger.level()) logger.Write(level, record.ToString());
  }

  const CallLogOptions options_;
  std::atomic<std::uint32_t> succeeded_{0};
};

}  // namespace

std::string CallRecord::ToString() const {
  std::string line = side == CallInfo::Side::kServer ? "side=server" : "side=client";
  const auto add = [&line](std::string_view key, std::string_view value) {
    line.append(" ").append(key).append("=").append(value);
  };
  add("method", method);
  add("code", Name(status.code()));
  add("took_us", std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  if (!peer.empty()) add("peer", peer);
  add("requests", std::to_string(requests));
  add("request_bytes", std::to_string(request_bytes));
  add("replies", std::to_string(replies));
  add("reply_bytes", std::to_string(reply_bytes));
  if (!status.ok()) add("message", Quoted(status.message()));
  for (const auto [key, value] : metadata) add(key, Quoted(value));
  return line;
}

std::shared_ptr<Interceptor> LogCalls(CallLogOptions options) { return std::make_shared<Logging>(std::move(options)); }

}  // namespace rhei::inline v0
