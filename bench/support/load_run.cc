#include "support/load_run.h"

#include <cstdio>

#include "support/process.h"

namespace rhei::bench {
namespace {

std::string Number(std::optional<double> value) {
  if (!value) return "null";
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", *value);
  return text;
}

}  // namespace

LoadRun::LoadRun(const ClientArguments& arguments)
    : warmup_(arguments.warmup),
      window_(arguments.seconds),
      server_pid_(arguments.server_pid),
      stride_(arguments.connections * arguments.streams * arguments.in_flight == 1 ? 1 : kStride) {}

LoadRun::TimePoint LoadRun::BeginTimed() {
  until_timed_ = stride_;
  const TimePoint now = Clock::now();
  if (state_ == State::kNew) {
    state_ = State::kWarmup;
    started_ = now;
  }
  return now;
}

LoadRun::TimePoint LoadRun::BeginDue(TimePoint due) {
  BeginTimed();
  return due;
}

void LoadRun::EndTimed(TimePoint begun) {
  const TimePoint now = Clock::now();
  if (state_ == State::kWarmup && now - started_ >= warmup_) {
    state_ = State::kMeasuring;
    first_ = Read(now);
  } else if (state_ == State::kMeasuring) {
    latencies_.Record(now - begun);
    if (now - first_.time < window_) return;
    state_ = State::kOver;
    last_ = Read(now);
  }
}

LoadRun::Reading LoadRun::Read(TimePoint now) const {
  const std::optional<double> server_cpu = server_pid_ == 0 ? std::nullopt : CpuSecondsOf(server_pid_);
  return {now, completed_, failed_, OwnCpuSeconds(), server_cpu};
}

std::string LoadRun::ToJson() const {
  const std::uint64_t requests = last_.completed - first_.completed;
  const auto per_request = [&](std::optional<double> seconds) -> std::optional<double> {
    if (!seconds || requests == 0) return std::nullopt;
    return *seconds * 1e6 / static_cast<double>(requests);
  };
  const auto quantile = [&](double share) -> std::optional<double> {
    const std::optional<double> nanoseconds = latencies_.Quantile(share);
    return nanoseconds ? std::optional(*nanoseconds / 1000) : std::nullopt;
  };
  std::optional<double> server_cpu;
  if (first_.server_cpu && last_.server_cpu) server_cpu = *last_.server_cpu - *first_.server_cpu;

  return "{\"requests\": " + std::to_string(requests) +
         ", \"seconds\": " + Number(std::chrono::duration<double>(last_.time - first_.time).count()) +
         ", \"errors\": " + std::to_string(last_.failed - first_.failed) + ", \"p50_us\": " + Number(quantile(0.5)) +
         ", \"p99_us\": " + Number(quantile(0.99)) + ", \"p999_us\": " + Number(quantile(0.999)) +
         ", \"server_cpu_us\": " + Number(per_request(server_cpu)) +
         ", \"client_cpu_us\": " + Number(per_request(last_.own_cpu - first_.own_cpu)) + "}";
}

}  // namespace rhei::bench
