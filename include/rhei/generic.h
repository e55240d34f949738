// GenericStub: calls methods by name, with serialised messages. What the command line, gateways and proxies use; the
// server's counterpart is GenericService.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "rhei/channel.h"

namespace rhei::inline v0 {

// Copyable and thread-safe, as its channel.
class GenericStub {
 public:
  explicit GenericStub(Channel channel) : channel_(std::move(channel)) {}

  // `path` is "/package.Service/Method".
  UnaryCall<std::string> Call(std::string_view path, const std::string& request,
                              const CallOptions& options = CallOptions()) const;

 private:
  Channel channel_;
};

}  // namespace rhei::inline v0
