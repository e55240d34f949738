// More streams than one connection may have (gRFC A105): the server allows 2, and the third opens a connection.
#include <chrono>
#include <optional>
#include <string>

#include "cases.h"
#include "expect.h"

namespace interop {
namespace {

using grpc::testing::StreamingOutputCallResponse;

// Asks the server over which connection the call came; the call goes on.
template <typename Call>
std::string AskConnection(Call& call, const std::string& name) {
  grpc::testing::StreamingOutputCallRequest request;
  request.add_response_parameters()->mutable_fill_peer_socket_address()->set_value(true);
  call.Write(request).Wait();  // if the call is over, there is no response
  const std::optional<StreamingOutputCallResponse> response = call.Next().Wait();
  if (!response) throw Failure(name + " call: expected a response, got " + Describe(call.Finish().Wait()));
  if (response->peer_socket_address().empty()) {
    throw Failure(name + " call: expected the client's address in the response, got none; the server is too old");
  }
  return response->peer_socket_address();
}

}  // namespace

void MaxConcurrentStreamsConnectionScaling(const Peer& peer) {
  // The third waits for a connection, not for the end of the others.
  const auto options = rhei::CallOptions().Timeout(std::chrono::seconds(30));
  auto first = peer.stub().FullDuplexCall(options);
  const std::string connection = AskConnection(first, "first");
  auto second = peer.stub().FullDuplexCall(options);
  ExpectEqual("connection of the second call", connection, AskConnection(second, "second"));
  auto third = peer.stub().FullDuplexCall(rhei::CallOptions().Timeout(std::chrono::seconds(5)));
  if (AskConnection(third, "third") == connection) {
    throw Failure("third call: expected another connection than " + connection + ", got the same");
  }
  for (auto* const call : {&first, &second, &third}) {
    call->WritesDone();
    ExpectOk("end of a call", call->Finish().Wait());
  }
}

}  // namespace interop
