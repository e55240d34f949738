// What travels beside the messages.
#include <optional>
#include <string>
#include <vector>

#include "cases.h"
#include "expect.h"
#include "payload.h"

namespace interop {
namespace {

using grpc::testing::StreamingOutputCallRequest;
using rhei::StatusCode;

constexpr char kInitialKey[] = "x-grpc-test-echo-initial";
constexpr char kInitialValue[] = "test_initial_metadata_value";
constexpr char kTrailingKey[] = "x-grpc-test-echo-trailing-bin";
constexpr char kTrailingValue[] = "\xab\xab\xab";

void ExpectOneValue(std::string_view where, const rhei::Metadata& metadata, std::string_view key,
                    std::string_view value) {
  const std::vector<std::string_view> values = metadata.GetAll(key);
  const std::string what = std::string(key) + " in the " + std::string(where);
  ExpectEqual("number of values of " + what, 1U, values.size());
  ExpectEqual(what, value, values[0]);
}

template <typename Call>
void ExpectEcho(const std::string& call_name, const Call& call) {
  ExpectOneValue("headers of " + call_name, call.headers(), kInitialKey, kInitialValue);
  ExpectOneValue("trailers of " + call_name, call.trailers(), kTrailingKey, kTrailingValue);
}

// Sends one request and reads to the end.
template <typename Call>
rhei::Status FinishDuplex(Call& call, const StreamingOutputCallRequest& request) {
  call.Write(request).Wait();  // if the call is over, Finish says why
  call.WritesDone();
  while (call.Next().Wait()) {
  }
  return call.Finish().Wait();
}

}  // namespace

void CustomMetadata(const Peer& peer) {
  const auto options = rhei::CallOptions().Metadata(kInitialKey, kInitialValue).Metadata(kTrailingKey, kTrailingValue);

  grpc::testing::SimpleRequest request;
  request.set_response_size(314159);
  *request.mutable_payload() = MakePayload(271828);
  auto unary = peer.stub().UnaryCall(request, options);
  ExpectOk("UnaryCall", unary.Wait());
  ExpectEcho("UnaryCall", unary);

  StreamingOutputCallRequest stream_request;
  stream_request.add_response_parameters()->set_size(314159);
  *stream_request.mutable_payload() = MakePayload(271828);
  auto duplex = peer.stub().FullDuplexCall(options);
  ExpectOk("FullDuplexCall", FinishDuplex(duplex, stream_request));
  ExpectEcho("FullDuplexCall", duplex);
}

void StatusCodeAndMessage(const Peer& peer) {
  constexpr char kMessage[] = "test status message";
  grpc::testing::SimpleRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(kMessage);
  ExpectStatus("UnaryCall", StatusCode::kUnknown, kMessage, peer.stub().UnaryCall(request).Wait());

  StreamingOutputCallRequest stream_request;
  *stream_request.mutable_response_status() = request.response_status();
  auto duplex = peer.stub().FullDuplexCall();
  ExpectStatus("FullDuplexCall", StatusCode::kUnknown, kMessage, FinishDuplex(duplex, stream_request));
}

void SpecialStatusMessage(const Peer& peer) {
  constexpr char kMessage[] = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
  grpc::testing::SimpleRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(kMessage);
  ExpectStatus("UnaryCall", StatusCode::kUnknown, kMessage, peer.stub().UnaryCall(request).Wait());
}

}  // namespace interop
