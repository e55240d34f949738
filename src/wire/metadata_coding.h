// Metadata and status between header fields and the user's values.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http2/hpack/header_field.h"
#include "rhei/metadata.h"
#include "rhei/result.h"

namespace rhei::inline v0::wire {

// Adds one received field to `metadata`, unless it belongs to the protocol. Decodes "-bin" values: padded or not, and
// several joined by commas become several pairs. False: the value is not base64.
bool AddReceivedField(const http2::HeaderField& field, Metadata& metadata);

// Header fields to be sent, and the memory that their values need. Used again and again, it allocates nothing.
class FieldList {
 public:
  void Clear();
  // Views must stay valid until the list is cleared.
  void Add(std::string_view name, std::string_view value);
  void AddMetadata(const Metadata& metadata);
  // `grpc-status`, `grpc-message` and `grpc-status-details-bin`. Details whose code does not match are left out, and a
  // message is cut so that the trailers stay under the peers' usual 8 KiB.
  void AddError(const Error& error);

  std::span<const http2::HeaderField> fields();

 private:
  // Appends coded text to buffer_ and remembers where: buffer_ may move while the list grows.
  struct Coded {
    std::size_t field;
    std::size_t begin, size;
  };
  void AddCoded(std::string_view name, std::size_t begin);

  std::vector<http2::HeaderField> fields_;
  std::vector<Coded> coded_;
  std::string buffer_;
};

// What became of a call, from the fields of its last header block.
struct ReceivedStatus {
  bool present = false;  // there was a grpc-status, a number
  StatusCode code = StatusCode::kUnknown;
  std::string message;
  std::string details;
  // Takes in one field; true when it was one of the status's.
  bool Take(const http2::HeaderField& field);
  // For the next call.
  void Clear() {
    present = false;
    code = StatusCode::kUnknown;
    message.clear();
    details.clear();
  }
};

// The code inside a serialised google.rpc.Status (its field 1), 0 when it has none; -1: not such a message.
int DetailsCode(std::string_view serialized_status);

}  // namespace rhei::inline v0::wire
