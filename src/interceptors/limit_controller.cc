#include "interceptors/limit_controller.h"

#include <algorithm>
#include <cmath>

namespace rhei::inline v0 {
namespace {

constexpr Duration kWindow = std::chrono::milliseconds(100);
// The same while the limit doubles, so that it is soon where it belongs.
constexpr Duration kFirstWindow = std::chrono::milliseconds(20);
// A window that has seen fewer calls goes on, up to the second time.
constexpr std::uint64_t kWindowCalls = 10;
constexpr Duration kLongestWindow = std::chrono::seconds(1);
constexpr Duration kProbeInterval = std::chrono::seconds(10);
constexpr double kProbeShare = 0.25;
// How much of what a window has measured becomes usual.
constexpr double kLearning = 0.1;
constexpr double kDeepestCut = 0.5;
constexpr std::size_t kMaxMethods = 1000;

double Nanoseconds(Duration duration) { return static_cast<double>(duration.count()); }

}  // namespace

LimitController::LimitController(const AdaptiveLimitOptions& options)
    : options_(options),
      limit_(static_cast<double>(std::clamp(options.initial(), options.minimum(), options.maximum()))),
      ends_(options.maximum()) {}

bool LimitController::Begin(TimePoint arrived, TimePoint now, bool counts) {
  if (window_begin_ == TimePoint{}) OpenWindow(now);
  const std::size_t ahead = in_flight_ + EndedSince(arrived);
  window_peak_ = std::max(window_peak_, ahead + 1);
  if (ahead >= limit()) {
    ++rejected_;
    window_rejected_ = true;
    return false;
  }
  ++admitted_;
  if (counts) ++in_flight_;
  return true;
}

void LimitController::End(const Ended& call, TimePoint now) {
  --in_flight_;
  CountEnd(now);
  Measure(call, now);
  const Duration length = now - window_begin_;
  if (length < (doubling_ ? kFirstWindow : kWindow) || (window_calls_ < kWindowCalls && length < kLongestWindow))
    return;
  CloseWindow(now);
  OpenWindow(now);
}

// Loops read the clock a little apart from each other; the ring stays in order nevertheless.
void LimitController::CountEnd(TimePoint now) {
  const TimePoint last = ended_ == 0 ? now : ends_[(ended_ - 1) % ends_.size()];
  ends_[ended_++ % ends_.size()] = std::max(last, now);
}

std::size_t LimitController::EndedSince(TimePoint time) const {
  std::size_t since = 0;
  std::size_t before = static_cast<std::size_t>(std::min<std::uint64_t>(ended_, ends_.size()));
  while (since < before) {
    const std::size_t middle = since + (before - since) / 2;
    if (ends_[(ended_ - 1 - middle) % ends_.size()] > time) {
      since = middle + 1;
    } else {
      before = middle;
    }
  }
  return since;
}

LimitController::Method& LimitController::At(std::string_view method) {
  std::string key(method);
  const auto place = methods_.find(key);
  if (place != methods_.end()) return place->second;
  // Clients of a generic service make methods up.
  return methods_[methods_.size() < kMaxMethods ? std::move(key) : std::string()];
}

void LimitController::Measure(const Ended& call, TimePoint now) {
  const double took = Nanoseconds(now - call.arrived);
  Method& method = At(call.method);
  if (!call.ok && (method.usual == 0 || took < method.usual)) return;
  ++method.calls;
  method.took += took;
  ++window_calls_;
  // What began before a probe did so in the old crowd.
  if (!call.ok || (probing_ && call.begun < window_begin_)) return;
  ++method.learnt;
  method.ran += Nanoseconds(now - call.begun);
}

void LimitController::CloseWindow(TimePoint now) {
  double took = 0;
  double allowed = 0;
  std::uint64_t calls = 0;
  for (auto& [name, method] : methods_) {
    if (method.usual == 0 && method.learnt > 0) method.usual = method.ran / static_cast<double>(method.learnt);
    if (method.calls == 0 || method.usual == 0) continue;
    const double usual = method.usual * static_cast<double>(method.calls);
    const double slack = Nanoseconds(options_.slack()) * static_cast<double>(method.calls);
    took += method.took;
    allowed += std::max(usual * options_.tolerance(), usual + slack);
    calls += method.calls;
  }
  const bool reached = window_rejected_ || 2 * window_peak_ >= limit();
  Learn(took <= allowed && !reached);
  if (probing_) {
    probing_ = false;
    limit_ = limit_after_probe_;
  } else if (calls > 0 && reached) {
    Adjust(took, allowed);
  }
  limit_ = std::clamp(limit_, static_cast<double>(options_.minimum()), static_cast<double>(options_.maximum()));
  if (!window_rejected_ || now < next_probe_) return;
  next_probe_ = now + kProbeInterval;
  probing_ = true;
  limit_after_probe_ = limit_;
  limit_ = std::max(limit_ * kProbeShare, static_cast<double>(options_.minimum()));
}

void LimitController::Adjust(double took, double allowed) {
  if (took > allowed) {
    doubling_ = false;
    limit_ *= std::max(kDeepestCut, allowed / took);
  } else {
    limit_ += doubling_ ? limit_ : std::max(1.0, std::sqrt(limit_) / 2);
  }
}

// What calls take in a crowd is not usual; but it is never less than usual.
void LimitController::Learn(bool calm) {
  for (auto& [name, method] : methods_) {
    if (method.learnt == 0) continue;
    const double ran = method.ran / static_cast<double>(method.learnt);
    if (probing_) {
      method.usual = ran;
    } else if (calm || ran < method.usual) {
      method.usual += kLearning * (ran - method.usual);
    }
  }
}

void LimitController::OpenWindow(TimePoint now) {
  window_begin_ = now;
  window_calls_ = 0;
  window_peak_ = in_flight_;
  window_rejected_ = false;
  for (auto& [name, method] : methods_) method = Method{.usual = method.usual};
}

}  // namespace rhei::inline v0
