// Target: what a channel is to connect to, read from the text that the user gave (grpc/doc/naming.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rhei/result.h"
#include "runtime/address.h"

namespace rhei::inline v0::client {

struct Target {
  // Either addresses, or a name that is to be looked up.
  std::vector<runtime::Address> addresses;
  std::string host;
  std::uint16_t port = 0;
  // What the servers are told as the host: "weather:8090".
  std::string authority;

  // The error is UNAVAILABLE, since calls end with it, and says what is wrong with the text.
  static Result<Target> Parse(std::string_view text);
};

}  // namespace rhei::inline v0::client
