// One request, one response.
#include "cases.h"
#include "expect.h"
#include "payload.h"

namespace interop {

using grpc::testing::Empty;

void EmptyUnary(const Peer& peer) {
  const rhei::Result<Empty> response = peer.stub().EmptyCall(Empty()).Wait();
  ExpectOk("EmptyCall", response);
  ExpectEqual("size of the response", 0U, response->ByteSizeLong());
}

void LargeUnary(const Peer& peer) {
  constexpr int kResponseSize = 314159;
  grpc::testing::SimpleRequest request;
  request.set_response_size(kResponseSize);
  *request.mutable_payload() = MakePayload(271828);
  const rhei::Result<grpc::testing::SimpleResponse> response = peer.stub().UnaryCall(request).Wait();
  ExpectOk("UnaryCall", response);
  ExpectEqual("size of the response's payload", std::size_t{kResponseSize}, response->payload().body().size());
  ExpectEqual("bytes of it that are not zero", std::string::npos, response->payload().body().find_first_not_of('\0'));
}

void UnimplementedMethod(const Peer& peer) {
  ExpectCode("TestService.UnimplementedCall", rhei::StatusCode::kUnimplemented,
             peer.stub().UnimplementedCall(Empty()).Wait());
}

void UnimplementedService(const Peer& peer) {
  const grpc::testing::UnimplementedService::Stub stub(peer.channel);
  ExpectCode("UnimplementedService.UnimplementedCall", rhei::StatusCode::kUnimplemented,
             stub.UnimplementedCall(Empty()).Wait());
}

}  // namespace interop
