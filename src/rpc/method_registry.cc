#include "rpc/method_registry.h"

#include <algorithm>
#include <utility>

#include "rhei/streaming_method.h"
#include "rhei/unary_method.h"
#include "rpc/intercepted_method.h"
#include "rpc/pool_method.h"

namespace rhei::inline v0::rpc {
namespace {

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

// What a client asked for, fit to be shown to it: no control characters, not too long.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text.substr(0, 128)) quoted.push_back(c >= 0x20 && c < 0x7f ? c : '?');
  if (text.size() > 128) quoted += "...";
  return quoted + "\"";
}

// Of a canonical path.
std::string_view ServiceOf(std::string_view path) { return path.substr(1, path.find('/', 1) - 1); }

}  // namespace

bool IsCanonicalPath(std::string_view path) {
  if (path.empty() || path.front() != '/') return false;
  const std::size_t middle = path.find('/', 1);
  if (middle == std::string_view::npos) return false;
  const std::string_view service = path.substr(1, middle - 1);
  const std::string_view method = path.substr(middle + 1);
  const auto is_name = [](std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), IsNameCharacter);
  };
  return is_name(service) && is_name(method);
}

void MethodRegistry::Add(Service& service, RunOn run_on) {
  MethodTable table;
  service.AddMethods(table);
  services_.emplace(service.service_name());
  for (MethodTable::Method& method : table.methods()) {
    if (!IsCanonicalPath(method.path)) {
      mistakes_.push_back("method path " + Quoted(method.path) + " is not of the form /package.Service/Method");
      continue;
    }
    const auto [place, added] = methods_.try_emplace(method.path);
    if (!added) {
      mistakes_.push_back("method " + method.path + " was added twice");
      continue;
    }
    place->second.handler = std::move(method.handler);
    place->second.run_on = run_on;
  }
}

void MethodRegistry::SetRunOn(std::string_view path, RunOn run_on) {
  if (Entry* const entry = FindAdded(path, "SetRunOn")) entry->run_on = run_on;
}

void MethodRegistry::SetTimeout(std::string_view path, Duration timeout) {
  if (Entry* const entry = FindAdded(path, "SetTimeout")) entry->timeout = timeout;
}

MethodRegistry::Entry* MethodRegistry::FindAdded(std::string_view path, std::string_view caller) {
  const auto place = methods_.find(path);
  if (place != methods_.end()) return &place->second;
  mistakes_.push_back(std::string(caller) + " names " + Quoted(path) + ", which no added service has");
  return nullptr;
}

void MethodRegistry::AddGeneric(GenericService& service, RunOn run_on) {
  SetGeneric(std::make_unique<UnaryMethod<GenericService, std::string, std::string>>(service, &GenericService::Call),
             run_on);
}

void MethodRegistry::AddGeneric(GenericStreamingService& service, RunOn run_on) {
  constexpr auto call = &GenericStreamingService::Call;
  SetGeneric(std::make_unique<StreamingMethod<GenericStreamingService, std::string, std::string, decltype(call)>>(
                 service, call),
             run_on);
}

void MethodRegistry::SetGeneric(std::unique_ptr<MethodHandler> handler, RunOn run_on) {
  if (generic_.handler != nullptr) mistakes_.emplace_back("a second generic service was added");
  generic_.handler = std::move(handler);
  generic_.run_on = run_on;
}

void MethodRegistry::Intercept(std::shared_ptr<Interceptor> interceptor) {
  interceptors_ = Join(interceptors_, std::make_shared<Interceptors>(1, std::move(interceptor)));
}

void MethodRegistry::Intercept(std::string_view service, std::shared_ptr<Interceptor> interceptor) {
  if (!services_.contains(service)) {
    mistakes_.push_back("Intercept names " + Quoted(service) + ", which is no service that was added");
    return;
  }
  std::shared_ptr<const Interceptors>& own = service_interceptors_[std::string(service)];
  own = Join(own, std::make_shared<Interceptors>(1, std::move(interceptor)));
}

std::shared_ptr<const Interceptors> MethodRegistry::InterceptorsOf(std::string_view path) const {
  const auto own = service_interceptors_.find(ServiceOf(path));
  return own == service_interceptors_.end() ? interceptors_ : Join(interceptors_, own->second);
}

Status MethodRegistry::Seal(Runtime& runtime) {
  logger_ = &runtime.logger();
  if (!mistakes_.empty()) {
    std::string text = mistakes_.front();
    for (std::size_t i = 1; i < mistakes_.size(); ++i) text.append("; ").append(mistakes_[i]);
    return Error(StatusCode::kInvalidArgument, text);
  }
  const auto seal = [&runtime](Entry& entry, std::shared_ptr<const Interceptors> interceptors) {
    if (entry.handler == nullptr) return;
    if (entry.run_on == RunOn::kPool) {
      entry.handler = std::make_unique<PoolMethod>(std::move(entry.handler), runtime);
      entry.run_on = RunOn::kLoop;  // from now on the pool is inside
    }
    if (interceptors != nullptr) {
      entry.handler = std::make_unique<InterceptedMethod>(std::move(entry.handler), std::move(interceptors));
    }
    entry.handler->Prepare(runtime.loop_count());
  };
  for (auto& [path, entry] : methods_) seal(entry, InterceptorsOf(path));
  seal(generic_, interceptors_);
  return {};
}

transport::CallRouter::Route MethodRegistry::Find(std::string_view path) const {
  if (const auto place = methods_.find(path); place != methods_.end()) {
    return {place->second.handler.get(), place->first, place->second.timeout};
  }
  if (generic_.handler != nullptr && IsCanonicalPath(path)) return {generic_.handler.get(), {}};
  return {};
}

std::string MethodRegistry::WhyNotFound(std::string_view path) const {
  if (!IsCanonicalPath(path)) return "malformed method path " + Quoted(path);
  const std::string_view service = ServiceOf(path);
  if (!services_.contains(service)) return "unknown service " + std::string(service);
  return "unknown method " + std::string(path.substr(service.size() + 2)) + " of service " + std::string(service);
}

}  // namespace rhei::inline v0::rpc
