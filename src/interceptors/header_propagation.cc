#include "rhei/header_propagation.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "rhei/context.h"

namespace rhei::inline v0 {
namespace {

// What has come with the call that is being handled.
constexpr ContextKey<Metadata> kPropagated("propagated headers");

class Propagation final : public Interceptor {
 public:
  explicit Propagation(std::initializer_list<std::string_view> keys)
      : keys_({"traceparent", "tracestate", "x-request-id"}) {
    keys_.insert(keys_.end(), keys.begin(), keys.end());
  }

  std::string_view name() const override { return "header propagation"; }

  Task<Trailers> Intercept(CallInfo& info, Call&, Next next) override {
    if (info.side() == CallInfo::Side::kServer) return Keep(info, next);
    if (const Metadata* const came = Context::Current().Get(kPropagated)) Add(*came, info.metadata());
    return next();
  }

 private:
  Task<Trailers> Keep(CallInfo& info, Next next) const {
    Metadata kept;
    for (const auto [key, value] : info.metadata()) {
      if (std::find(keys_.begin(), keys_.end(), key) != keys_.end()) kept.Add(key, value);
    }
    const Context::Scope scope(Context::Current().With(kPropagated, std::move(kept)));
    Trailers trailers = co_await next();
    co_return trailers;
  }

  static void Add(const Metadata& came, Metadata& to_send) {
    const Metadata own = to_send;
    for (const auto [key, value] : came) {
      if (!own.Get(key)) to_send.Add(key, value);
    }
  }

  std::vector<std::string> keys_;
};

}  // namespace

std::shared_ptr<Interceptor> PropagateHeaders(std::initializer_list<std::string_view> keys) {
  return std::make_shared<Propagation>(keys);
}

}  // namespace rhei::inline v0
