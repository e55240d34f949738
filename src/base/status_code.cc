#include "rhei/status_code.h"

#include <array>

namespace rhei::inline v0 {

std::string_view Name(StatusCode code) {
  static constexpr std::array<std::string_view, kStatusCodeCount> kNames = {
      "OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED",
  };
  return kNames[static_cast<std::size_t>(code)];
}

}  // namespace rhei::inline v0
