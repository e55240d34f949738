// How a case says what it expected and what came instead. All of these end the case by throwing Failure.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "rhei/result.h"

namespace interop {

class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <typename Expected, typename Got>
void ExpectEqual(std::string_view what, const Expected& expected, const Got& got) {
  if (expected == got) return;
  std::ostringstream text;
  text << what << ": expected '" << expected << "', got '" << got << "'";
  throw Failure(text.str());
}

template <typename T>
std::string Describe(const rhei::Result<T>& outcome) {
  return outcome.ok() ? "OK" : outcome.error().ToString();
}

template <typename T>
void ExpectCode(std::string_view what, rhei::StatusCode code, const rhei::Result<T>& outcome) {
  if (outcome.code() == code) return;
  throw Failure(std::string(what) + ": expected " + std::string(rhei::Name(code)) + ", got " + Describe(outcome));
}

template <typename T>
void ExpectOk(std::string_view what, const rhei::Result<T>& outcome) {
  ExpectCode(what, rhei::StatusCode::kOk, outcome);
}

// The code and the message, to the byte.
template <typename T>
void ExpectStatus(std::string_view what, rhei::StatusCode code, std::string_view message,
                  const rhei::Result<T>& outcome) {
  ExpectCode(what, code, outcome);
  ExpectEqual(std::string(what) + ": the status message", message, outcome.error().message());
}

}  // namespace interop
