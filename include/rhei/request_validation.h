// RequestValidation: an interceptor that checks requests before handlers have them.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "rhei/any_message.h"
#include "rhei/interceptor.h"
#include "rhei/result.h"
#include "rhei/task.h"

namespace rhei::inline v0 {

// Set up with a check for each type of request, before it is given to a server:
//
//     auto validation = std::make_shared<rhei::RequestValidation>();
//     validation->Check<WeatherRequest>([](const WeatherRequest& request) -> rhei::Status {
//       if (request.place().empty()) return rhei::Error(rhei::StatusCode::kInvalidArgument, "place is empty");
//       return {};
//     });
//     server.Intercept(validation);
//
// A check runs for each request, those of a stream too; its error ends the call. Checks run on several loops at once.
class RequestValidation final : public Interceptor {
 public:
  template <typename Request, typename Function>
  RequestValidation& Check(Function check) {
    checks_.push_back([check = std::move(check)](const AnyMessage& message) -> Status {
      const Request* const request = message.As<Request>();
      return request == nullptr ? Status() : check(*request);
    });
    return *this;
  }

  std::string_view name() const override { return "validation"; }
  Task<Trailers> Intercept(CallInfo& info, Call& call, Next next) override;

 private:
  std::vector<std::function<Status(const AnyMessage&)>> checks_;
};

}  // namespace rhei::inline v0
