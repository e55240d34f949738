// Which header lists are well-formed (RFC 9113 §8).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http2/hpack/header_field.h"

namespace rhei::inline v0::http2 {

enum class HeaderListKind : std::uint8_t { kRequest, kResponse, kTrailers };

// What http2 itself must know of a header list.
struct HeaderFacts {
  static constexpr std::int64_t kNoContentLength = -1;

  const char* malformed = nullptr;  // what is wrong, in words; static storage; null: nothing
  std::int64_t content_length = kNoContentLength;
  int status = 0;  // of a response

  bool interim() const { return status >= 100 && status < 200; }
};

// Checks lists of one connection and direction. What a field consists of is looked at when it enters HPACK's table
// only; later it costs no more than its index.
class HeaderValidator {
 public:
  // §8.2.1 (characters), §8.2.2 (connection-specific fields, te), §8.3 (pseudo-header fields), and of authority and
  // host what makes them ambiguous. Leading and trailing blanks of a value are let through: gRPC implementations do
  // send them, in grpc-message.
  HeaderFacts Check(HeaderListKind kind, std::span<const HeaderField> fields);

 private:
  const char* CheckContent(const HeaderField& field);

  // Fields of the dynamic table with entries up to this number are known to be good, as those of the static table are.
  std::uint64_t checked_through_ = 61;
};

}  // namespace rhei::inline v0::http2
