// Result, Status and Error: how every operation of rhei reports what became of it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "rhei/metadata.h"
#include "rhei/status_code.h"

namespace rhei::inline v0 {

// Who made an error: the distinction that a proxy, a retry or an alarm needs.
enum class Origin : unsigned char {
  kLocal,    // code on this side: the user's handler, or a wrong use of the API
  kRemote,   // the peer said so, in its status
  kLibrary,  // rhei concluded it: connection lost, deadline passed, a rule of the protocol broken
};

// Why an operation failed. Never OK: an error with the code kOk turns into kUnknown. A value, cheap to move; not
// thread-safe.
class Error {
 public:
  explicit Error(StatusCode code, std::string_view message = {}, Origin origin = Origin::kLocal);
  Error(const Error& other);
  Error& operator=(const Error& other);
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;

  StatusCode code() const { return state_->code; }
  Origin origin() const { return state_->origin; }
  // For people. Says what failed, where, and why.
  const std::string& message() const { return state_->message; }
  // A serialised google.rpc.Status, as it travels in `grpc-status-details-bin`; empty when there is none.
  const std::string& details() const { return state_->details; }
  // On a client, the call's trailing metadata. On a server, what a handler wants to send in the trailers beside
  // those of its context.
  const Metadata& metadata() const { return state_->metadata; }

  Error& SetMessage(std::string_view message) &;
  Error& SetDetails(std::string_view serialized_status) &;
  Error& SetMetadata(Metadata metadata) &;
  Error&& WithDetails(std::string_view serialized_status) &&;
  Error&& WithMetadata(Metadata metadata) &&;

  // "UNAVAILABLE: connect to 127.0.0.1:1: Connection refused"
  std::string ToString() const;

  // Compares code, message, details, metadata and origin.
  friend bool operator==(const Error& a, const Error& b);

 private:
  struct State {
    StatusCode code;
    Origin origin;
    std::string message;
    std::string details;
    Metadata metadata;
    friend bool operator==(const State&, const State&) = default;
  };
  std::unique_ptr<State> state_;  // null only after being moved from
};

// A value, or the error that stands in its place.
template <typename T>
class [[nodiscard("an error that nobody looks at is lost")]] Result {
 public:
  using value_type = T;

  Result(const T& value) : state_(std::in_place_index<0>, value) {}
  Result(T&& value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  StatusCode code() const { return ok() ? StatusCode::kOk : error().code(); }

  // Requires ok().
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }

  // Requires !ok().
  Error& error() & { return *std::get_if<1>(&state_); }
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

// Success, or the error that stands in its place.
template <>
class [[nodiscard("an error that nobody looks at is lost")]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::make_unique<Error>(std::move(error))) {}
  Result(const Result& other) : error_(other.ok() ? nullptr : std::make_unique<Error>(*other.error_)) {}
  Result& operator=(const Result& other) {
    if (this != &other) error_ = other.ok() ? nullptr : std::make_unique<Error>(*other.error_);
    return *this;
  }
  Result(Result&&) noexcept = default;
  Result& operator=(Result&&) noexcept = default;
  ~Result() = default;

  bool ok() const { return error_ == nullptr; }
  explicit operator bool() const { return ok(); }
  StatusCode code() const { return ok() ? StatusCode::kOk : error_->code(); }
  std::string_view message() const { return ok() ? std::string_view{} : std::string_view(error_->message()); }

  // Requires !ok().
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

  std::string ToString() const { return ok() ? "OK" : error_->ToString(); }

 private:
  std::unique_ptr<Error> error_;
};

using Status = Result<void>;

}  // namespace rhei::inline v0
