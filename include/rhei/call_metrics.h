// CallMetrics: what exporters are told of calls, and a table of it in memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rhei/interceptor.h"
#include "rhei/status_code.h"
#include "rhei/time.h"

namespace rhei::inline v0 {

// A call that has ended.
struct CallSample {
  CallInfo::Side side = CallInfo::Side::kClient;
  std::string_view method;
  StatusCode code = StatusCode::kOk;
  Duration took{};
  std::size_t requests = 0;
  std::size_t replies = 0;
  std::size_t request_bytes = 0;
  std::size_t reply_bytes = 0;
};

// Is told of calls, on all loops at once. Must not block.
class CallMetrics {
 public:
  virtual ~CallMetrics() = default;
  virtual void OnBegin(CallInfo::Side side, std::string_view method) = 0;
  virtual void OnEnd(const CallSample& sample) = 0;
};

// An interceptor that tells `metrics` of each call. Messages are measured as they would be in bytes.
std::shared_ptr<Interceptor> MeasureCalls(std::shared_ptr<CallMetrics> metrics);

// Keeps them, for tests, for a page of one's own, and for exporters that are asked. Thread-safe.
class CallMetricsTable final : public CallMetrics {
 public:
  // Up to 100 us, 250 us, 500 us, 1 ms, ... 10 s, and above.
  static constexpr std::array<std::int64_t, 16> kBucketMicroseconds = {
      100,    250,     500,     1'000,   2'500,     5'000,     10'000,    25'000,
      50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};

  struct Row {
    CallInfo::Side side = CallInfo::Side::kClient;
    std::string method;
    std::int64_t in_flight = 0;
    // By code, those that there were.
    struct Ended {
      std::uint64_t calls = 0;
      Duration took{};  // all together
      std::array<std::uint64_t, kBucketMicroseconds.size() + 1> latencies{};
    };
    std::map<StatusCode, Ended> ended;
    std::uint64_t requests = 0;
    std::uint64_t replies = 0;
    std::uint64_t request_bytes = 0;
    std::uint64_t reply_bytes = 0;

    std::uint64_t calls(StatusCode code) const;
  };

  void OnBegin(CallInfo::Side side, std::string_view method) override;
  void OnEnd(const CallSample& sample) override;

  // By side and method. Methods beyond the first thousand, which only a generic service has, are one row, "other".
  std::vector<Row> Rows() const;
  // An empty one when there was no such call.
  Row Find(CallInfo::Side side, std::string_view method) const;
  // In Prometheus' text format: rhei_calls_total, rhei_call_seconds, rhei_calls_in_flight, rhei_message_bytes_total.
  std::string ToPrometheus() const;

 private:
  using Key = std::pair<CallInfo::Side, std::string>;
  Row& At(CallInfo::Side side, std::string_view method);

  mutable std::mutex mutex_;
  std::map<Key, Row> rows_;
};

}  // namespace rhei::inline v0
