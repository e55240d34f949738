#include "wire/status_mapping.h"

namespace rhei::inline v0::wire {

StatusCode StatusFromHttp(int http_status) {
  switch (http_status) {
    case 400: return StatusCode::kInternal;
    case 401: return StatusCode::kUnauthenticated;
    case 403: return StatusCode::kPermissionDenied;
    case 404: return StatusCode::kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504: return StatusCode::kUnavailable;
    default: return StatusCode::kUnknown;
  }
}

StatusCode StatusFromReset(http2::ErrorCode error) {
  switch (error) {
    case http2::ErrorCode::kRefusedStream: return StatusCode::kUnavailable;
    case http2::ErrorCode::kCancel: return StatusCode::kCancelled;
    case http2::ErrorCode::kEnhanceYourCalm: return StatusCode::kResourceExhausted;
    case http2::ErrorCode::kInadequateSecurity: return StatusCode::kPermissionDenied;
    default: return StatusCode::kInternal;
  }
}

}  // namespace rhei::inline v0::wire
