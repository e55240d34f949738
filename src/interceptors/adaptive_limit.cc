#include "rhei/adaptive_limit.h"

#include <mutex>
#include <utility>

#include "interceptors/limit_controller.h"

namespace rhei::inline v0 {
namespace {

class Limiting final : public AdaptiveLimit {
 public:
  explicit Limiting(const AdaptiveLimitOptions& options) : controller_(options) {}

  std::string_view name() const override { return "adaptive limit"; }

  Task<Trailers> Intercept(CallInfo& info, Call&, Next next) override {
    const TimePoint arrived = info.arrived();
    const TimePoint now = info.Now();
    if (!Begin(arrived, now, info.unary())) {
      // Always the same text, which HPACK sends as one byte.
      return Trailers(Error(StatusCode::kUnavailable, "the server is overloaded"));
    }
    if (!info.unary()) return next();
    LimitController::Ended call;
    call.method = info.method();
    call.arrived = arrived;
    call.begun = now;
    return Run(info, next, call);
  }

  Figures figures() const override {
    const std::scoped_lock lock(mutex_);
    return controller_.figures();
  }

 private:
  // Also when the rest of the chain throws.
  struct Leaving {
    Limiting& limiting;
    const CallInfo& info;
    LimitController::Ended& call;
    ~Leaving() { limiting.End(call, info.Now()); }
  };

  Task<Trailers> Run(CallInfo& info, Next next, LimitController::Ended call) {
    const Leaving leaving{*this, info, call};
    Trailers trailers = co_await next();
    call.ok = trailers.status.ok();
    co_return trailers;
  }

  bool Begin(TimePoint arrived, TimePoint now, bool counts) {
    const std::scoped_lock lock(mutex_);
    return controller_.Begin(arrived, now, counts);
  }

  void End(const LimitController::Ended& call, TimePoint now) {
    const std::scoped_lock lock(mutex_);
    controller_.End(call, now);
  }

  mutable std::mutex mutex_;
  LimitController controller_;
};

}  // namespace

std::shared_ptr<AdaptiveLimit> LimitAdaptively(AdaptiveLimitOptions options) {
  return std::make_shared<Limiting>(options);
}

}  // namespace rhei::inline v0
