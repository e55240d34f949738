#include "rhei/error_details.h"

#include <string>
#include <string_view>

#include "protobuf/utf8.h"
#include "rhei/limits.h"
#include "wire/metadata_coding.h"
#include "wire/percent_coding.h"

namespace rhei::inline v0 {
namespace {

using google::protobuf::Any;
using google::protobuf::MessageLite;

constexpr std::string_view kOwnPackage = "rhei.rpc.";
constexpr std::string_view kStandardPackage = "google.rpc.";
constexpr std::string_view kTypeUrlPrefix = "type.googleapis.com/";

// What Limits charges a header field with, beside its name and value.
constexpr std::size_t kFieldCost = 64;
// What stands beside a status in the same block at most: `:status` and `content-type`.
constexpr std::size_t kHeadCost = 256;

// The full name that a message has on the wire.
std::string WireName(const MessageLite& message) {
  std::string name = message.GetTypeName();
  if (name.starts_with(kOwnPackage)) name.replace(0, kOwnPackage.size(), kStandardPackage);
  return name;
}

// The value of `grpc-message`, as it travels.
std::string_view MessageField(wire::FieldList& list) {
  for (const auto& field : list.fields()) {
    if (field.name == "grpc-message") return field.value;
  }
  return {};
}

// What `grpc-message` will say: a long message is cut there, and grpc_status of Python demands that both are equal.
std::string SentMessage(const Error& error) {
  wire::FieldList list;
  list.AddError(Error(error.code(), error.message()));
  return protobuf::ValidUtf8(wire::PercentDecode(MessageField(list)));
}

// Whether the transport will send all of the error, in a block that peers accept, and cut no more of its message than
// it would without details.
bool CanBeSent(const Error& error) {
  wire::FieldList list;
  list.AddError(error);
  list.AddMetadata(error.metadata());
  std::size_t size = kHeadCost;
  bool has_details = false;
  for (const auto& field : list.fields()) {
    size += field.name.size() + field.value.size() + kFieldCost;
    has_details |= field.name == "grpc-status-details-bin";
  }
  wire::FieldList without_details;
  without_details.AddError(Error(error.code(), error.message()));
  return has_details && MessageField(list).size() == MessageField(without_details).size() &&
         size <= Limits().header_list_soft;
}

Error TooLarge(std::size_t size) {
  return Error(StatusCode::kResourceExhausted,
               "shorten the error's details, or leave some out: they would take " + std::to_string(size) +
                   " bytes, and what is sent beside the message and the metadata is at most " +
                   std::to_string(kMaxErrorDetails));
}

}  // namespace

Status AddDetail(Error& error, const MessageLite& detail) {
  const MessageLite* const list[] = {&detail};
  return AddDetails(error, list);
}

Status AddDetails(Error& error, std::span<const MessageLite* const> details) {
  if (details.empty()) return {};
  rpc::Status status = RpcStatus(error);
  for (const MessageLite* detail : details) {
    if (!detail->IsInitialized()) {
      return Error(StatusCode::kInternal, "set the required fields of the error detail " + WireName(*detail) + ": " +
                                              detail->InitializationErrorString());
    }
    Any& any = *status.add_details();
    any.set_type_url(std::string(kTypeUrlPrefix) + WireName(*detail));
    detail->SerializeToString(any.mutable_value());
  }
  status.set_message(SentMessage(error));
  Error detailed = error;
  detailed.SetDetails(status.SerializeAsString());
  if (!CanBeSent(detailed)) return TooLarge(detailed.details().size());
  error = std::move(detailed);
  return {};
}

Error WithDetails(Error error, std::span<const MessageLite* const> details) {
  const Status added = AddDetails(error, details);
  if (added.ok()) return error;
  error.SetDetails({});
  error.SetMessage(error.message() + " (sent without details: " + std::string(added.message()) + ")");
  return error;
}

rpc::Status RpcStatus(const Error& error) {
  rpc::Status status;
  const bool readable = status.ParseFromString(error.details());
  // A code that is not there, which is a 0 in proto3, contradicts nothing. An unknown one has become UNKNOWN in the
  // error.
  const bool believed =
      status.code() == 0 || StatusCodeFromNumber(status.code()).value_or(StatusCode::kUnknown) == error.code();
  if (!readable || !believed) status.Clear();
  // Nothing is passed on that google.rpc.Status does not have.
  status.DiscardUnknownFields();
  status.set_code(static_cast<int>(error.code()));
  status.set_message(protobuf::ValidUtf8(error.message()));
  return status;
}

bool ReadDetail(const Any& detail, MessageLite& message) {
  const std::string_view url = detail.type_url();
  const std::size_t slash = url.rfind('/');
  if (slash == std::string_view::npos || url.substr(slash + 1) != WireName(message)) return false;
  return message.ParseFromString(detail.value());
}

}  // namespace rhei::inline v0
