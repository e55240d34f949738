// GenericStub: calls methods by name, with serialised messages. What the command line, gateways and proxies use; the
// server's counterpart is GenericService.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "rhei/channel.h"
#include "rhei/streaming_call.h"

namespace rhei::inline v0 {

// Copyable and thread-safe, as its channel.
class GenericStub {
 public:
  explicit GenericStub(Channel channel) : channel_(std::move(channel)) {}

  // `path` is "/package.Service/Method".
  UnaryCall<std::string> Call(std::string_view path, const std::string& request,
                              const CallOptions& options = CallOptions()) const;
  // The same without a copy, where the request is large.
  UnaryCall<std::string> Call(std::string_view path, std::string&& request,
                              const CallOptions& options = CallOptions()) const;

  // Begins a call of any kind, message by message: of a method that takes one request, write one and say WritesDone.
  BidiStreamingCall<std::string, std::string> Stream(std::string_view path,
                                                     const CallOptions& options = CallOptions()) const;

 private:
  // The method of a path; where it cannot be sent, the call fails.
  Method Resolve(std::string_view path, ClientCall& call) const;

  Channel channel_;
};

}  // namespace rhei::inline v0
