// MethodRegistry: the methods of a server, by path.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "rhei/http_handler.h"
#include "rhei/interceptor.h"
#include "rhei/result.h"
#include "rhei/runtime.h"
#include "rhei/server.h"
#include "rhei/service.h"
#include "transport/call_router.h"

namespace rhei::inline v0::rpc {

// Filled before the server starts, constant afterwards, and asked from all loops.
class MethodRegistry final : public transport::CallRouter {
 public:
  // Mistakes are remembered, and told by Seal.
  void Add(Service& service, RunOn run_on);
  void SetRunOn(std::string_view path, RunOn run_on);
  void SetTimeout(std::string_view path, Duration timeout);
  void AddGeneric(GenericService& service, RunOn run_on);
  void AddGeneric(GenericStreamingService& service, RunOn run_on);
  void Intercept(std::shared_ptr<Interceptor> interceptor);
  // Of one service, by name.
  void Intercept(std::string_view service, std::shared_ptr<Interceptor> interceptor);
  void SetHttpHandler(HttpHandler& handler) { http_handler_ = &handler; }

  // Makes it ready for so many loops. The error names what was added wrongly.
  Status Seal(Runtime& runtime);

  Route Find(std::string_view path) const override;
  std::string WhyNotFound(std::string_view path) const override;
  HttpHandler* http_handler() const override { return http_handler_; }
  Logger& logger() const override { return *logger_; }
  AbuseCounters& abuses() const override { return abuses_; }

 private:
  struct Entry {
    std::unique_ptr<MethodHandler> handler;
    RunOn run_on = RunOn::kLoop;
    Duration timeout = kNoTimeout;
  };
  void SetGeneric(std::unique_ptr<MethodHandler> handler, RunOn run_on);
  // The entry of a method that was added; null, and a mistake of `caller`, when there is none.
  Entry* FindAdded(std::string_view path, std::string_view caller);
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  // Those in front of the method.
  std::shared_ptr<const Interceptors> InterceptorsOf(std::string_view path) const;

  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> methods_;
  std::unordered_set<std::string, Hash, std::equal_to<>> services_;
  std::shared_ptr<const Interceptors> interceptors_;  // of all
  std::unordered_map<std::string, std::shared_ptr<const Interceptors>, Hash, std::equal_to<>> service_interceptors_;
  Entry generic_;
  HttpHandler* http_handler_ = nullptr;
  Logger* logger_ = nullptr;
  mutable AbuseCounters abuses_;
  std::vector<std::string> mistakes_;
};

// Whether a path is "/package.Service/Method", in the characters that such names have: nothing else is routed, so that
// nothing is looked up under one name and judged under another (CVE-2026-33186).
bool IsCanonicalPath(std::string_view path);

}  // namespace rhei::inline v0::rpc
