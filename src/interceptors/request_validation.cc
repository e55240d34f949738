#include "rhei/request_validation.h"

namespace rhei::inline v0 {

Task<Trailers> RequestValidation::Intercept(CallInfo& /*info*/, Call& call, Next next) {
  call.OnRequest([this](AnyMessage& message) -> Status {
    for (const auto& check : checks_) {
      if (Status valid = check(message); !valid.ok()) return valid;
    }
    return {};
  });
  return next();
}

}  // namespace rhei::inline v0
