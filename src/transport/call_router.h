// CallRouter: what a server's transport asks the layer above.
#pragma once

#include <string>
#include <string_view>

#include "base/abuse_counters.h"
#include "rhei/http_handler.h"
#include "rhei/log.h"
#include "rhei/server_call.h"
#include "rhei/time.h"

namespace rhei::inline v0::transport {

// Constant while a server runs; asked from several loops at once.
class CallRouter {
 public:
  static constexpr Duration kNoTimeout = Duration::max();
  struct Route {
    MethodHandler* handler = nullptr;  // null: nobody answers this path
    std::string_view path;             // the same characters as were asked for, living as long as the router; empty for
                                       // a route that serves many paths
    Duration timeout = kNoTimeout;     // of calls that bring none
  };
  // `path` is exactly as it came. Nothing but a canonical "/service/method" is ever found.
  virtual Route Find(std::string_view path) const = 0;

  // Words for a path that was not found: "unknown service weather.Wether" or "unknown method …".
  virtual std::string WhyNotFound(std::string_view path) const = 0;

  // For requests that are not gRPC's; may be null.
  virtual HttpHandler* http_handler() const = 0;

  virtual Logger& logger() const = 0;

  // Where connections count what their limits have stopped.
  virtual AbuseCounters& abuses() const = 0;

 protected:
  ~CallRouter() = default;
};

}  // namespace rhei::inline v0::transport
