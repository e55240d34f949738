#include "rhei/call_metrics.h"

#include <algorithm>
#include <chrono>

#include "interceptors/message_counts.h"

namespace rhei::inline v0 {
namespace {

constexpr std::size_t kMaxMethods = 1000;
constexpr std::string_view kOther = "other";

class Measuring final : public Interceptor {
 public:
  explicit Measuring(std::shared_ptr<CallMetrics> metrics) : metrics_(std::move(metrics)) {}

  std::string_view name() const override { return "metrics"; }

  Task<Trailers> Intercept(CallInfo& info, Call& call, Next next) override {
    const TimePoint begin = info.Now();
    metrics_->OnBegin(info.side(), info.method());
    MessageCounts counts;
    counts.Watch(call);
    Trailers trailers = co_await next();
    CallSample sample;
    sample.side = info.side();
    sample.method = info.method();
    sample.code = trailers.status.code();
    sample.took = info.Now() - begin;
    sample.requests = counts.requests;
    sample.replies = counts.replies;
    sample.request_bytes = counts.request_bytes;
    sample.reply_bytes = counts.reply_bytes;
    metrics_->OnEnd(sample);
    co_return trailers;
  }

 private:
  const std::shared_ptr<CallMetrics> metrics_;
};

std::int64_t Microseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

std::string Seconds(std::int64_t microseconds) {
  std::string text = std::to_string(static_cast<double>(microseconds) / 1e6);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string Labels(const CallMetricsTable::Row& row) {
  return std::string("side=\"") + (row.side == CallInfo::Side::kServer ? "server" : "client") + "\",method=\"" +
         row.method + "\"";
}

void AppendLatencies(std::string& page, const std::string& labels, const CallMetricsTable::Row::Ended& ended) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < ended.latencies.size(); ++i) {
    below += ended.latencies[i];
    const bool last = i == CallMetricsTable::kBucketMicroseconds.size();
    const std::string bound = last ? "+Inf" : Seconds(CallMetricsTable::kBucketMicroseconds[i]);
    page += "rhei_call_seconds_bucket{" + labels + ",le=\"" + bound + "\"} " + std::to_string(below) + "\n";
  }
  page += "rhei_call_seconds_sum{" + labels + "} " + Seconds(Microseconds(ended.took)) + "\n";
  page += "rhei_call_seconds_count{" + labels + "} " + std::to_string(ended.calls) + "\n";
}

}  // namespace

std::shared_ptr<Interceptor> MeasureCalls(std::shared_ptr<CallMetrics> metrics) {
  return std::make_shared<Measuring>(std::move(metrics));
}

std::uint64_t CallMetricsTable::Row::calls(StatusCode code) const {
  const auto place = ended.find(code);
  return place == ended.end() ? 0 : place->second.calls;
}

CallMetricsTable::Row& CallMetricsTable::At(CallInfo::Side side, std::string_view method) {
  Key key(side, method);
  auto place = rows_.find(key);
  if (place == rows_.end()) {
    if (rows_.size() >= kMaxMethods) key.second = kOther;
    place = rows_.try_emplace(key).first;
    place->second.side = side;
    place->second.method = key.second;
  }
  return place->second;
}

void CallMetricsTable::OnBegin(CallInfo::Side side, std::string_view method) {
  const std::scoped_lock lock(mutex_);
  ++At(side, method).in_flight;
}

void CallMetricsTable::OnEnd(const CallSample& sample) {
  const std::int64_t took = Microseconds(sample.took);
  const auto bucket = std::lower_bound(kBucketMicroseconds.begin(), kBucketMicroseconds.end(), took);
  const std::scoped_lock lock(mutex_);
  Row& row = At(sample.side, sample.method);
  --row.in_flight;
  Row::Ended& ended = row.ended[sample.code];
  ++ended.calls;
  ended.took += sample.took;
  ++ended.latencies[static_cast<std::size_t>(bucket - kBucketMicroseconds.begin())];
  row.requests += sample.requests;
  row.replies += sample.replies;
  row.request_bytes += sample.request_bytes;
  row.reply_bytes += sample.reply_bytes;
}

std::vector<CallMetricsTable::Row> CallMetricsTable::Rows() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Row> rows;
  rows.reserve(rows_.size());
  for (const auto& [key, row] : rows_) rows.push_back(row);
  return rows;
}

CallMetricsTable::Row CallMetricsTable::Find(CallInfo::Side side, std::string_view method) const {
  const std::scoped_lock lock(mutex_);
  const auto place = rows_.find(Key(side, method));
  return place == rows_.end() ? Row() : place->second;
}

std::string CallMetricsTable::ToPrometheus() const {
  const std::vector<Row> rows = Rows();
  std::string page = "# TYPE rhei_calls_total counter\n";
  for (const Row& row : rows) {
    for (const auto& [code, ended] : row.ended) {
      page += "rhei_calls_total{" + Labels(row) + ",code=\"" + std::string(Name(code)) + "\"} " +
              std::to_string(ended.calls) + "\n";
    }
  }
  page += "# TYPE rhei_call_seconds histogram\n";
  for (const Row& row : rows) {
    for (const auto& [code, ended] : row.ended) {
      AppendLatencies(page, Labels(row) + ",code=\"" + std::string(Name(code)) + "\"", ended);
    }
  }
  page += "# TYPE rhei_calls_in_flight gauge\n";
  for (const Row& row : rows) {
    page += "rhei_calls_in_flight{" + Labels(row) + "} " + std::to_string(row.in_flight) + "\n";
  }
  page += "# TYPE rhei_message_bytes_total counter\n";
  for (const Row& row : rows) {
    page += "rhei_message_bytes_total{" + Labels(row) + ",kind=\"request\"} " + std::to_string(row.request_bytes) +
            "\nrhei_message_bytes_total{" + Labels(row) + ",kind=\"reply\"} " + std::to_string(row.reply_bytes) + "\n";
  }
  return page;
}

}  // namespace rhei::inline v0
