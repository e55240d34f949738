// Whether what a handler wants to send with its answer may be sent.
#pragma once

#include <optional>
#include <string>

#include "rhei/limits.h"
#include "rhei/metadata.h"
#include "rhei/result.h"

namespace rhei::inline v0::transport {

inline std::optional<Error> CheckAnswer(const Metadata& metadata, const Limits& limits) {
  if (metadata.empty()) return std::nullopt;
  if (std::optional<std::string> wrong = CheckMetadata(metadata, SIZE_MAX)) {
    return Error(StatusCode::kInternal, "the handler wants to send what must not be sent: " + *wrong);
  }
  if (std::optional<std::string> wrong = CheckMetadata(metadata, limits.max_send_metadata())) {
    return Error(StatusCode::kResourceExhausted, "the handler wants to send too much: " + *wrong);
  }
  return std::nullopt;
}

}  // namespace rhei::inline v0::transport
