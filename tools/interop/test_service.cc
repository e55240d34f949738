#include "test_service.h"

#include <chrono>
#include <optional>
#include <vector>

#include "payload.h"

namespace interop {
namespace {

using grpc::testing::SimpleRequest;
using grpc::testing::SimpleResponse;
using grpc::testing::StreamingOutputCallRequest;
using grpc::testing::StreamingOutputCallResponse;
using rhei::Error;
using rhei::ServerContext;
using rhei::Status;
using rhei::StatusCode;
using rhei::Task;

// What a client may ask to be made for it: nobody needs more, and a peer decides it.
constexpr int kMostBytes = 64 * 1024 * 1024;

// Sends back the metadata that the cases use for that.
void EchoMetadata(ServerContext& context) {
  constexpr char kInitialKey[] = "x-grpc-test-echo-initial";
  constexpr char kTrailingKey[] = "x-grpc-test-echo-trailing-bin";
  if (const auto value = context.metadata().Get(kInitialKey)) context.headers().Add(kInitialKey, *value);
  if (const auto value = context.metadata().Get(kTrailingKey)) context.trailers().Add(kTrailingKey, *value);
}

// The status that the request asks for; OK if it asks for none.
template <typename Request>
Status AskedStatus(const Request& request) {
  if (request.response_status().code() == 0) return Status();
  const auto code = rhei::StatusCodeFromNumber(request.response_status().code()).value_or(StatusCode::kUnknown);
  return Error(code, request.response_status().message());
}

// What is wrong with the size of a response that is asked for.
Status CheckSize(int size) {
  if (size >= 0 && size <= kMostBytes) return Status();
  return Error(StatusCode::kInvalidArgument,
               "expected a response's size from 0 to " + std::to_string(kMostBytes) + ", got " + std::to_string(size));
}

Status NoCompression() {
  return Error(StatusCode::kInvalidArgument, "a compressed message was expected, and rhei has no compression yet");
}

// Sends the responses that the request asks for. OK as well if the call is over before that.
Task<Status> SendResponses(const ServerContext& context, const StreamingOutputCallRequest& request,
                           rhei::Writer<StreamingOutputCallResponse>& writer) {
  for (const auto& parameters : request.response_parameters()) {
    if (Status checked = CheckSize(parameters.size()); !checked.ok()) co_return checked;
    if (parameters.interval_us() > 0) {
      Status slept = co_await rhei::Sleep(std::chrono::microseconds(parameters.interval_us()));
      if (!slept.ok()) co_return slept;
    }
    StreamingOutputCallResponse response;
    *response.mutable_payload() = MakePayload(static_cast<std::size_t>(parameters.size()));
    if (parameters.fill_peer_socket_address().value()) {
      response.set_peer_socket_address(std::string(context.peer()));
    }
    const bool sent = co_await writer.Write(response);
    if (!sent) break;
  }
  co_return Status();
}

}  // namespace

Task<rhei::Result<grpc::testing::Empty>> TestService::EmptyCall(ServerContext&, const grpc::testing::Empty&) {
  return grpc::testing::Empty();
}

Task<rhei::Result<SimpleResponse>> TestService::UnaryCall(ServerContext& context, const SimpleRequest& request) {
  EchoMetadata(context);
  if (Status asked = AskedStatus(request); !asked.ok()) return asked.error();
  if (Status checked = CheckSize(request.response_size()); !checked.ok()) return checked.error();
  if (request.expect_compressed().value()) return NoCompression().error();
  SimpleResponse response;
  *response.mutable_payload() = MakePayload(static_cast<std::size_t>(request.response_size()));
  if (request.fill_server_id()) response.set_server_id(server_id_);
  return response;
}

Task<rhei::Result<SimpleResponse>> TestService::CacheableUnaryCall(ServerContext& context,
                                                                   const SimpleRequest& request) {
  context.headers().Add("cache-control", "max-age=60, public");
  return UnaryCall(context, request);
}

Task<rhei::Result<grpc::testing::StreamingInputCallResponse>> TestService::StreamingInputCall(
    ServerContext&, rhei::Reader<grpc::testing::StreamingInputCallRequest>& reader) {
  std::size_t size = 0;
  while (const std::optional<grpc::testing::StreamingInputCallRequest> request = co_await reader.Next()) {
    if (request->expect_compressed().value()) co_return NoCompression().error();
    size += request->payload().body().size();
  }
  grpc::testing::StreamingInputCallResponse response;
  response.set_aggregated_payload_size(static_cast<std::int32_t>(size));
  co_return response;
}

Task<Status> TestService::StreamingOutputCall(ServerContext& context, const Request& request,
                                              rhei::Writer<Response>& writer) {
  EchoMetadata(context);
  if (Status asked = AskedStatus(request); !asked.ok()) return asked;
  return SendResponses(context, request, writer);
}

Task<Status> TestService::FullDuplexCall(ServerContext& context, rhei::Reader<Request>& reader,
                                         rhei::Writer<Response>& writer) {
  EchoMetadata(context);
  while (const std::optional<Request> request = co_await reader.Next()) {
    if (Status asked = AskedStatus(*request); !asked.ok()) co_return asked;
    Status sent = co_await SendResponses(context, *request, writer);
    if (!sent.ok()) co_return sent;
  }
  co_return Status();
}

Task<Status> TestService::HalfDuplexCall(ServerContext& context, rhei::Reader<Request>& reader,
                                         rhei::Writer<Response>& writer) {
  std::vector<Request> requests;
  while (std::optional<Request> request = co_await reader.Next()) {
    request->clear_payload();  // so that a stream of many costs little memory
    requests.push_back(std::move(*request));
  }
  for (const Request& request : requests) {
    Status sent = co_await SendResponses(context, request, writer);
    if (!sent.ok()) co_return sent;
  }
  co_return Status();
}

}  // namespace interop
