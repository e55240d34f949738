// The seventeen status codes of gRPC (grpc/doc/statuscodes.md).
#pragma once

#include <optional>
#include <string_view>

namespace rhei::inline v0 {

enum class StatusCode : unsigned char {
  kOk = 0,
  kCancelled = 1,         // the caller no longer wants the answer
  kUnknown = 2,           // an error that carries no better code, also a handler that threw
  kInvalidArgument = 3,   // the request is wrong whatever the state of the system
  kDeadlineExceeded = 4,  // time ran out; the work may have been done all the same
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,    // known caller, not allowed
  kResourceExhausted = 8,   // a quota, a size limit, or memory
  kFailedPrecondition = 9,  // do not retry until the state of the system has been mended
  kAborted = 10,            // a conflict; retry at a higher level
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,     // an invariant of the system is broken
  kUnavailable = 14,  // most likely transient: retry with backoff
  kDataLoss = 15,
  kUnauthenticated = 16,  // no valid credentials
};

inline constexpr int kStatusCodeCount = 17;

// The code's name as gRPC's documents spell it, such as "DEADLINE_EXCEEDED". Static storage.
std::string_view Name(StatusCode code);

// The code for a number of the wire; nothing for a number outside 0 to 16.
constexpr std::optional<StatusCode> StatusCodeFromNumber(int number) {
  if (number < 0 || number >= kStatusCodeCount) return std::nullopt;
  return static_cast<StatusCode>(number);
}

}  // namespace rhei::inline v0
