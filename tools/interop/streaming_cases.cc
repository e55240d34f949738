// Streams that run to their end.
#include <array>
#include <optional>
#include <string>

#include "cases.h"
#include "expect.h"
#include "payload.h"

namespace interop {
namespace {

using grpc::testing::StreamingOutputCallRequest;
using grpc::testing::StreamingOutputCallResponse;

constexpr std::array<int, 4> kRequestSizes = {27182, 8, 1828, 45904};
constexpr std::array<int, 4> kResponseSizes = {31415, 9, 2653, 58979};

template <typename Call>
void ExpectResponse(Call& call, int size) {
  const std::optional<StreamingOutputCallResponse> response = call.Next().Wait();
  const std::string wanted = "a response of " + std::to_string(size) + " bytes";
  if (!response) throw Failure("expected " + wanted + ", but the call ended: " + Describe(call.Finish().Wait()));
  ExpectEqual("size of what should be " + wanted, static_cast<std::size_t>(size), response->payload().body().size());
}

template <typename Call>
void ExpectEnd(Call& call) {
  const std::optional<StreamingOutputCallResponse> response = call.Next().Wait();
  if (response) {
    throw Failure("expected no more responses, got one of " + std::to_string(response->payload().body().size()) +
                  " bytes");
  }
  ExpectOk("end of the call", call.Finish().Wait());
}

}  // namespace

void ClientStreaming(const Peer& peer) {
  auto call = peer.stub().StreamingInputCall();
  for (const int size : kRequestSizes) {
    grpc::testing::StreamingInputCallRequest request;
    *request.mutable_payload() = MakePayload(static_cast<std::size_t>(size));
    if (!call.Write(request).Wait()) break;  // the call is over, and Finish says why
  }
  const auto response = call.Finish().Wait();
  ExpectOk("StreamingInputCall", response);
  ExpectEqual("aggregated_payload_size", 74922, response->aggregated_payload_size());
}

void ServerStreaming(const Peer& peer) {
  StreamingOutputCallRequest request;
  for (const int size : kResponseSizes) request.add_response_parameters()->set_size(size);
  auto call = peer.stub().StreamingOutputCall(request);
  for (const int size : kResponseSizes) ExpectResponse(call, size);
  ExpectEnd(call);
}

void PingPong(const Peer& peer) {
  auto call = peer.stub().FullDuplexCall();
  for (std::size_t i = 0; i < kRequestSizes.size(); ++i) {
    StreamingOutputCallRequest request;
    request.add_response_parameters()->set_size(kResponseSizes[i]);
    *request.mutable_payload() = MakePayload(static_cast<std::size_t>(kRequestSizes[i]));
    call.Write(request).Wait();  // if the call is over, there is no response
    ExpectResponse(call, kResponseSizes[i]);
  }
  call.WritesDone();
  ExpectEnd(call);
}

void EmptyStream(const Peer& peer) {
  auto call = peer.stub().FullDuplexCall();
  call.WritesDone();
  ExpectEnd(call);
}

}  // namespace interop
