#include "wire/status_mapping.h"

#include <gtest/gtest.h>

#include <utility>

namespace rhei::inline v0::wire {
namespace {

// grpc/doc/http-grpc-status-mapping.md
TEST(StatusMappingTest, HttpStatus) {
  constexpr std::pair<int, StatusCode> kTable[] = {
      {400, StatusCode::kInternal},      {401, StatusCode::kUnauthenticated}, {403, StatusCode::kPermissionDenied},
      {404, StatusCode::kUnimplemented}, {429, StatusCode::kUnavailable},     {502, StatusCode::kUnavailable},
      {503, StatusCode::kUnavailable},   {504, StatusCode::kUnavailable}};
  for (int http = 0; http < 1000; ++http) {
    StatusCode expected = StatusCode::kUnknown;
    for (const auto& [number, code] : kTable) {
      if (number == http) expected = code;
    }
    EXPECT_EQ(StatusFromHttp(http), expected) << http;
  }
}

// gRPC PROTOCOL-HTTP2, "Errors".
TEST(StatusMappingTest, ResetCodes) {
  using http2::ErrorCode;
  constexpr std::pair<ErrorCode, StatusCode> kTable[] = {
      {ErrorCode::kNoError, StatusCode::kInternal},
      {ErrorCode::kProtocolError, StatusCode::kInternal},
      {ErrorCode::kInternalError, StatusCode::kInternal},
      {ErrorCode::kFlowControlError, StatusCode::kInternal},
      {ErrorCode::kSettingsTimeout, StatusCode::kInternal},
      {ErrorCode::kStreamClosed, StatusCode::kInternal},
      {ErrorCode::kFrameSizeError, StatusCode::kInternal},
      {ErrorCode::kRefusedStream, StatusCode::kUnavailable},
      {ErrorCode::kCancel, StatusCode::kCancelled},
      {ErrorCode::kCompressionError, StatusCode::kInternal},
      {ErrorCode::kConnectError, StatusCode::kInternal},
      {ErrorCode::kEnhanceYourCalm, StatusCode::kResourceExhausted},
      {ErrorCode::kInadequateSecurity, StatusCode::kPermissionDenied}};
  for (const auto& [reset, code] : kTable) EXPECT_EQ(StatusFromReset(reset), code) << Name(reset);
  EXPECT_EQ(StatusFromReset(static_cast<ErrorCode>(0x4242)), StatusCode::kInternal);
}

}  // namespace
}  // namespace rhei::inline v0::wire
