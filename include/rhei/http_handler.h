// HttpHandler: answers plain HTTP requests on a gRPC server's port, such as a health page or a gateway's.
#pragma once

#include <string>
#include <string_view>

#include "rhei/metadata.h"

namespace rhei::inline v0 {

struct HttpRequest {
  std::string_view method;  // "GET"
  std::string_view path;    // with the query, as it came
  std::string_view authority;
  const Metadata& headers;  // but the pseudo-header fields
  std::string_view body;
};

struct HttpResponse {
  int status = 200;
  Metadata headers;
  std::string body;
};

// Is given every request whose content-type is not gRPC's. Called on a loop, so it must not block; from several loops
// at once.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  virtual HttpResponse Handle(const HttpRequest& request) = 0;
};

}  // namespace rhei::inline v0
