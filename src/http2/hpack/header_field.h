// One field of a header list, as HPACK hands it up and takes it down.
#pragma once

#include <cstdint>
#include <string_view>

namespace rhei::inline v0::http2 {

// Names that http2 itself or the layer above must recognise. Found once, when a field is decoded from a literal or when
// it enters a table, so that a field by index costs no string comparison.
enum class HeaderName : std::uint8_t {
  kOther,
  // pseudo-header fields (RFC 9113 §8.3)
  kAuthority,
  kMethod,
  kPath,
  kScheme,
  kStatus,
  kOtherPseudo,  // begins with ':' and is none of the above: malformed
  // fields that RFC 9113 §8.2.2 forbids or restricts, and those that it relates to framing
  kConnection,
  kKeepAlive,
  kProxyConnection,
  kTransferEncoding,
  kUpgrade,
  kTe,
  kHost,
  kContentLength,
  kCookie,
  // fields of gRPC over HTTP/2
  kContentType,
  kUserAgent,
  kGrpcTimeout,
  kGrpcEncoding,
  kGrpcAcceptEncoding,
  kGrpcStatus,
  kGrpcMessage,
  kGrpcStatusDetails,
  kGrpcOther,  // any other "grpc-…": reserved
};

HeaderName FindHeaderName(std::string_view name);

struct HeaderField {
  std::string_view name;
  std::string_view value;
  HeaderName token = HeaderName::kOther;
  // Send: the field must never enter a table (RFC 7541 §7.1.3). Received: it arrived that way.
  bool never_index = false;
  // Received only. Not 0: on one connection and in one direction, this number always stands for the same name and
  // value (1 to 61 the static table, higher ones insertions into the dynamic table, never reused), so that what a field
  // means need be worked out once. 0: the field came as a literal that no table holds.
  std::uint64_t entry = 0;

  friend bool operator==(const HeaderField& a, const HeaderField& b) {
    return a.name == b.name && a.value == b.value && a.never_index == b.never_index;
  }
};

}  // namespace rhei::inline v0::http2
