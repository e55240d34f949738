// Details of errors: typed messages that tell a program what an error's code cannot, such as which field was wrong.
//
// They travel as a google.rpc.Status in `grpc-status-details-bin` (gRPC PROTOCOL-HTTP2, "Status-Details"), which gRPC
// of every language reads and writes. "rhei/rpc/error_details.pb.h" has the standard ones, in the namespace rhei::rpc;
// every other protobuf message may be a detail as well, those of googleapis (google::rpc::BadRequest) among them.
// docs/rich_errors.md shows how they are used.
#pragma once

#include <google/protobuf/any.pb.h>
#include <google/protobuf/message_lite.h>

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "rhei/result.h"
#include "rhei/rpc/error_details.pb.h"

namespace rhei::inline v0 {

template <typename T>
concept ProtobufMessage = std::derived_from<T, google::protobuf::MessageLite>;

// The most bytes that the details of an error take, serialised; a server leaves larger ones out. Headers are meant for
// small things: peers commonly refuse more than 8 KiB of them, and then the call loses its status as well.
inline constexpr std::size_t kMaxErrorDetails = 4 * 1024;

// --- writing -----------------------------------------------------------------------------------------------------

// Adds a detail behind those that `error` has. The code and the message of the google.rpc.Status become those of the
// error, so set the message first. On failure `error` is what it was, and the result is
//   RESOURCE_EXHAUSTED  when the error could not be sent then: its details would take more than kMaxErrorDetails, or
//                       together with its message and metadata more than Limits().header_list_soft;
//   INTERNAL            when the detail lacks a required field, which proto2 has.
Status AddDetail(Error& error, const google::protobuf::MessageLite& detail);

// Several, in this order: all of them or none. No pointer is null.
Status AddDetails(Error& error, std::span<const google::protobuf::MessageLite* const> details);

// The error with these details, to be returned from a handler at once. When they cannot be added, the error has no
// details at all, and its message says why: the code is worth more to the caller than the details. Use AddDetail for a
// detail whose size is not yours to tell, such as DebugInfo.
[[nodiscard]] Error WithDetails(Error error, std::span<const google::protobuf::MessageLite* const> details);

template <ProtobufMessage... Details>
  requires(sizeof...(Details) > 0)
[[nodiscard]] Error WithDetails(Error error, const Details&... details) {
  const google::protobuf::MessageLite* const list[] = {&details...};
  return WithDetails(std::move(error), std::span(list));
}

// --- reading -----------------------------------------------------------------------------------------------------

// The error as a google.rpc.Status: its code, its message, and its details, whatever their types. There are no details
// when error.details() is no google.rpc.Status, or has a code other than the error's: `grpc-status` is what counts, and
// what contradicts it is not believed.
rpc::Status RpcStatus(const Error& error);

// Reads `detail`, if it is of this type by name and its bytes are a message of it; replaces what was in `message`.
bool ReadDetail(const google::protobuf::Any& detail, google::protobuf::MessageLite& message);

// The first detail of type T that can be read; nothing: there is none.
template <ProtobufMessage T>
std::optional<T> FindDetail(const Error& error) {
  const rpc::Status status = RpcStatus(error);
  std::optional<T> found(std::in_place);
  for (const google::protobuf::Any& detail : status.details()) {
    if (ReadDetail(detail, *found)) return found;
  }
  return std::nullopt;
}

// All of them, in order.
template <ProtobufMessage T>
std::vector<T> FindDetails(const Error& error) {
  const rpc::Status status = RpcStatus(error);
  std::vector<T> found;
  for (const google::protobuf::Any& detail : status.details()) {
    T message;
    if (ReadDetail(detail, message)) found.push_back(std::move(message));
  }
  return found;
}

}  // namespace rhei::inline v0
