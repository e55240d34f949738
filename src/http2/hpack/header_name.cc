#include "http2/hpack/header_field.h"

namespace rhei::inline v0::http2 {
namespace {

// What `name` means when it is `known`; otherwise what its first characters say.
HeaderName Match(std::string_view name, std::string_view known, HeaderName token) {
  if (name == known) return token;
  return name.starts_with("grpc-") ? HeaderName::kGrpcOther : HeaderName::kOther;
}

HeaderName FindPseudo(std::string_view name) {
  switch (name.size()) {
    case 5: return name == ":path" ? HeaderName::kPath : HeaderName::kOtherPseudo;
    case 7:
      if (name == ":method") return HeaderName::kMethod;
      if (name == ":scheme") return HeaderName::kScheme;
      return name == ":status" ? HeaderName::kStatus : HeaderName::kOtherPseudo;
    case 10: return name == ":authority" ? HeaderName::kAuthority : HeaderName::kOtherPseudo;
    default: return HeaderName::kOtherPseudo;
  }
}

}  // namespace

HeaderName FindHeaderName(std::string_view name) {
  if (name.starts_with(':')) return FindPseudo(name);
  switch (name.size()) {
    case 2: return Match(name, "te", HeaderName::kTe);
    case 4: return Match(name, "host", HeaderName::kHost);
    case 6: return Match(name, "cookie", HeaderName::kCookie);
    case 7: return Match(name, "upgrade", HeaderName::kUpgrade);
    case 10:
      if (name == "connection") return HeaderName::kConnection;
      if (name == "keep-alive") return HeaderName::kKeepAlive;
      return Match(name, "user-agent", HeaderName::kUserAgent);
    case 11: return Match(name, "grpc-status", HeaderName::kGrpcStatus);
    case 12:
      if (name == "content-type") return HeaderName::kContentType;
      if (name == "grpc-timeout") return HeaderName::kGrpcTimeout;
      return Match(name, "grpc-message", HeaderName::kGrpcMessage);
    case 13: return Match(name, "grpc-encoding", HeaderName::kGrpcEncoding);
    case 14: return Match(name, "content-length", HeaderName::kContentLength);
    case 16: return Match(name, "proxy-connection", HeaderName::kProxyConnection);
    case 17: return Match(name, "transfer-encoding", HeaderName::kTransferEncoding);
    case 20: return Match(name, "grpc-accept-encoding", HeaderName::kGrpcAcceptEncoding);
    case 23: return Match(name, "grpc-status-details-bin", HeaderName::kGrpcStatusDetails);
    default: return name.starts_with("grpc-") ? HeaderName::kGrpcOther : HeaderName::kOther;
  }
}

}  // namespace rhei::inline v0::http2
