// Status codes where the peer sent none: from HTTP's status and from HTTP/2's error codes, and back.
#pragma once

#include "http2/error_code.h"
#include "rhei/status_code.h"

namespace rhei::inline v0::wire {

// For a response without a grpc-status (grpc/doc/http-grpc-status-mapping.md).
StatusCode StatusFromHttp(int http_status);

// For a stream that the peer reset (gRPC PROTOCOL-HTTP2, "Errors").
StatusCode StatusFromReset(http2::ErrorCode error);

}  // namespace rhei::inline v0::wire
