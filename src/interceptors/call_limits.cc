#include "rhei/call_limits.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace rhei::inline v0 {
namespace {

// "127.0.0.1" of "127.0.0.1:50412", "[::1]" of "[::1]:50412".
std::string_view HostOf(std::string_view peer) {
  const std::size_t colon = peer.rfind(':');
  return colon == std::string_view::npos || peer.starts_with("unix:") ? peer : peer.substr(0, colon);
}

std::string_view KeyOf(const CallInfo& info, LimitPer per) {
  switch (per) {
    case LimitPer::kMethod: return info.method();
    case LimitPer::kPeer: return HostOf(info.peer());
    case LimitPer::kServer: break;
  }
  return {};
}

std::string Of(std::string_view key) { return key.empty() ? std::string() : " of " + std::string(key); }

class ConcurrencyLimit final : public Interceptor {
 public:
  ConcurrencyLimit(std::size_t calls, LimitPer per) : limit_(calls), per_(per) {}

  std::string_view name() const override { return "concurrency limit"; }

  Task<Trailers> Intercept(CallInfo& info, Call&, Next next) override {
    const std::string key(KeyOf(info, per_));
    if (!Enter(key)) {
      co_return Error(StatusCode::kResourceExhausted, "more than " + std::to_string(limit_) +
                                                          (limit_ == 1 ? " call" : " calls") + Of(key) + " at once");
    }
    const Leaving leaving{*this, key};
    Trailers trailers = co_await next();
    co_return trailers;
  }

 private:
  // Also when the rest of the chain throws.
  struct Leaving {
    ConcurrencyLimit& limit;
    const std::string& key;
    ~Leaving() { limit.Leave(key); }
  };

  bool Enter(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    std::size_t& running = running_[key];
    if (running < limit_) {
      ++running;
      return true;
    }
    if (running == 0) running_.erase(key);
    return false;
  }

  void Leave(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    const auto place = running_.find(key);
    if (--place->second == 0) running_.erase(place);
  }

  const std::size_t limit_;
  const LimitPer per_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> running_;  // of those that have a call
};

// A token bucket for each key. A bucket that is full again is as one that was never used, and is forgotten.
class RateLimit final : public Interceptor {
 public:
  RateLimit(double per_second, double burst, LimitPer per)
      : per_second_(std::max(per_second, 1e-9)), burst_(std::max(burst, 1.0)), per_(per) {}

  std::string_view name() const override { return "rate limit"; }

  Task<Trailers> Intercept(CallInfo& info, Call&, Next next) override {
    const std::string key(KeyOf(info, per_));
    const double missing = Take(key, info.Now());
    if (missing > 0) {
      const auto wait = static_cast<long long>(std::ceil(missing / per_second_ * 1000));
      return Trailers(Error(StatusCode::kResourceExhausted,
                            "too many calls" + Of(key) + ": there is room in " + std::to_string(wait) + " ms"));
    }
    return next();
  }

 private:
  struct Bucket {
    double tokens = 0;
    TimePoint filled{};
  };

  // How much of a token is missing.
  double Take(const std::string& key, TimePoint now) {
    const std::scoped_lock lock(mutex_);
    if (buckets_.size() >= forget_at_) Forget(now);
    const auto [place, added] = buckets_.try_emplace(key, Bucket{burst_, now});
    Bucket& bucket = place->second;
    bucket = Filled(bucket, now);
    if (bucket.tokens < 1) return 1 - bucket.tokens;
    bucket.tokens -= 1;
    return 0;
  }

  Bucket Filled(const Bucket& bucket, TimePoint now) const {
    const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
    // Loops tell the time a little differently.
    if (seconds <= 0) return bucket;
    return {std::min(burst_, bucket.tokens + seconds * per_second_), now};
  }

  void Forget(TimePoint now) {
    std::erase_if(buckets_, [this, now](const auto& entry) { return Filled(entry.second, now).tokens >= burst_; });
    forget_at_ = std::max(kForgetAt, 2 * buckets_.size());
  }

  static constexpr std::size_t kForgetAt = 1024;

  const double per_second_;
  const double burst_;
  const LimitPer per_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
  std::size_t forget_at_ = kForgetAt;
};

class TimeoutByDefault final : public Interceptor {
 public:
  TimeoutByDefault(std::optional<std::string> method, Duration timeout)
      : method_(std::move(method)), timeout_(timeout) {}

  std::string_view name() const override { return "default timeout"; }

  Task<Trailers> Intercept(CallInfo& info, Call&, Next next) override {
    if (info.deadline() == kNoDeadline && (!method_ || *method_ == info.method())) {
      info.SetDeadline(AddSaturated(info.Now(), timeout_));
    }
    return next();
  }

 private:
  const std::optional<std::string> method_;
  const Duration timeout_;
};

}  // namespace

std::shared_ptr<Interceptor> LimitConcurrency(std::size_t calls, LimitPer per) {
  return std::make_shared<ConcurrencyLimit>(calls, per);
}

std::shared_ptr<Interceptor> LimitRate(double calls_per_second, double burst, LimitPer per) {
  return std::make_shared<RateLimit>(calls_per_second, burst, per);
}

std::shared_ptr<Interceptor> DefaultTimeout(Duration timeout) {
  return std::make_shared<TimeoutByDefault>(std::nullopt, timeout);
}

std::shared_ptr<Interceptor> DefaultTimeout(std::string_view method, Duration timeout) {
  return std::make_shared<TimeoutByDefault>(std::string(method), timeout);
}

}  // namespace rhei::inline v0
