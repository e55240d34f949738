// Calls that the client ends before the server does.
#include <chrono>
#include <optional>

#include "cases.h"
#include "expect.h"
#include "payload.h"

namespace interop {

using grpc::testing::StreamingOutputCallRequest;
using grpc::testing::StreamingOutputCallResponse;
using rhei::StatusCode;

void CancelAfterBegin(const Peer& peer) {
  auto call = peer.stub().StreamingInputCall();
  call.Cancel();
  ExpectCode("StreamingInputCall", StatusCode::kCancelled, call.Finish().Wait());
}

void CancelAfterFirstResponse(const Peer& peer) {
  StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(31415);
  *request.mutable_payload() = MakePayload(27182);
  auto call = peer.stub().FullDuplexCall();
  call.Write(request).Wait();  // if the call is over, there is no response
  if (!call.Next().Wait()) {
    throw Failure("expected a response, but the call ended: " + Describe(call.Finish().Wait()));
  }
  call.Cancel();
  ExpectCode("FullDuplexCall", StatusCode::kCancelled, call.Finish().Wait());
}

void TimeoutOnSleepingServer(const Peer& peer) {
  StreamingOutputCallRequest request;
  *request.mutable_payload() = MakePayload(27182);
  auto call = peer.stub().FullDuplexCall(rhei::CallOptions().Timeout(std::chrono::milliseconds(1)));
  call.Write(request).Wait();  // the call may be over already
  ExpectCode("FullDuplexCall", StatusCode::kDeadlineExceeded, call.Finish().Wait());
}

}  // namespace interop
