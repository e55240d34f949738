// The official interoperability client, by gRPC C++. Usage: client --server_port=PORT --test_case=CASE
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "test.grpc.pb.h"

namespace {

using grpc::ClientContext;
using grpc::Status;
using grpc::StatusCode;
using grpc::testing::Empty;
using grpc::testing::SimpleRequest;
using grpc::testing::SimpleResponse;
using grpc::testing::TestService;
using Request = grpc::testing::StreamingOutputCallRequest;
using Response = grpc::testing::StreamingOutputCallResponse;
using Flags = std::map<std::string, std::string>;

constexpr char kInitialKey[] = "x-grpc-test-echo-initial";
constexpr char kInitialValue[] = "test_initial_metadata_value";
constexpr char kTrailingKey[] = "x-grpc-test-echo-trailing-bin";
constexpr char kTrailingValue[] = "\xab\xab\xab";
constexpr int kRequestSizes[] = {27182, 8, 1828, 45904};
constexpr int kResponseSizes[] = {31415, 9, 2653, 58979};

template <typename Expected, typename Got>
void Expect(const std::string& what, const Expected& expected, const Got& got) {
  if (expected == got) return;
  std::cout << what << ": expected '" << expected << "', got '" << got << "'\n";
  throw std::runtime_error(what);
}

void ExpectStatus(StatusCode code, const Status& status) {
  Expect("status (" + status.error_message() + ")", static_cast<int>(code), static_cast<int>(status.error_code()));
}

std::unique_ptr<ClientContext> NewContext() {
  auto context = std::make_unique<ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(50));
  return context;
}

SimpleRequest LargeRequest() {
  SimpleRequest request;
  request.set_response_size(314159);
  request.mutable_payload()->mutable_body()->resize(271828);
  return request;
}

Request OutputRequest(int size, int response_size) {
  Request request;
  request.mutable_payload()->mutable_body()->resize(static_cast<std::size_t>(size));
  request.add_response_parameters()->set_size(response_size);
  return request;
}

template <typename Stream>
void ExpectResponse(Stream& stream, int size) {
  Response response;
  Expect("there is a response", true, stream.Read(&response));
  Expect("size of the response", static_cast<std::size_t>(size), response.payload().body().size());
}

template <typename Stream>
void ExpectEnd(Stream& stream) {
  Response response;
  Expect("there is one more response", false, stream.Read(&response));
  ExpectStatus(StatusCode::OK, stream.Finish());
}

void EmptyUnary(TestService::Stub& stub) {
  Empty response;
  ExpectStatus(StatusCode::OK, stub.EmptyCall(NewContext().get(), Empty(), &response));
}

void LargeUnary(TestService::Stub& stub) {
  SimpleResponse response;
  ExpectStatus(StatusCode::OK, stub.UnaryCall(NewContext().get(), LargeRequest(), &response));
  Expect("the payload is of zeros", true, response.payload().body() == std::string(314159, '\0'));
}

void ClientStreaming(TestService::Stub& stub) {
  const auto context = NewContext();
  grpc::testing::StreamingInputCallResponse response;
  const auto writer = stub.StreamingInputCall(context.get(), &response);
  for (const int size : kRequestSizes) {
    grpc::testing::StreamingInputCallRequest request;
    request.mutable_payload()->mutable_body()->resize(static_cast<std::size_t>(size));
    writer->Write(request);
  }
  writer->WritesDone();
  ExpectStatus(StatusCode::OK, writer->Finish());
  Expect("aggregated_payload_size", 74922, response.aggregated_payload_size());
}

void ServerStreaming(TestService::Stub& stub) {
  const auto context = NewContext();
  Request request;
  for (const int size : kResponseSizes) request.add_response_parameters()->set_size(size);
  const auto reader = stub.StreamingOutputCall(context.get(), request);
  for (const int size : kResponseSizes) ExpectResponse(*reader, size);
  ExpectEnd(*reader);
}

void PingPong(TestService::Stub& stub) {
  const auto context = NewContext();
  const auto stream = stub.FullDuplexCall(context.get());
  for (int i = 0; i < 4; ++i) {
    stream->Write(OutputRequest(kRequestSizes[i], kResponseSizes[i]));
    ExpectResponse(*stream, kResponseSizes[i]);
  }
  stream->WritesDone();
  ExpectEnd(*stream);
}

void EmptyStream(TestService::Stub& stub) {
  const auto context = NewContext();
  const auto stream = stub.FullDuplexCall(context.get());
  stream->WritesDone();
  ExpectEnd(*stream);
}

void ExpectEcho(const ClientContext& context) {
  const auto value = [](const auto& metadata, const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string("none") : std::string(found->second.data(), found->second.size());
  };
  Expect("headers", kInitialValue, value(context.GetServerInitialMetadata(), kInitialKey));
  Expect("trailers", kTrailingValue, value(context.GetServerTrailingMetadata(), kTrailingKey));
}

void CustomMetadata(TestService::Stub& stub) {
  const auto unary = NewContext(), duplex = NewContext();
  for (const auto& context : {unary.get(), duplex.get()}) {
    context->AddMetadata(kInitialKey, kInitialValue);
    context->AddMetadata(kTrailingKey, kTrailingValue);
  }
  SimpleResponse response;
  ExpectStatus(StatusCode::OK, stub.UnaryCall(unary.get(), LargeRequest(), &response));
  ExpectEcho(*unary);
  const auto stream = stub.FullDuplexCall(duplex.get());
  stream->Write(OutputRequest(271828, 314159));
  stream->WritesDone();
  ExpectResponse(*stream, 314159);
  ExpectEnd(*stream);
  ExpectEcho(*duplex);
}

void ExpectUnaryStatus(TestService::Stub& stub, const std::string& message) {
  SimpleRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(message);
  SimpleResponse response;
  const Status status = stub.UnaryCall(NewContext().get(), request, &response);
  ExpectStatus(StatusCode::UNKNOWN, status);
  Expect("message", message, status.error_message());
}

void StatusCodeAndMessage(TestService::Stub& stub) {
  ExpectUnaryStatus(stub, "test status message");
  const auto context = NewContext();
  const auto stream = stub.FullDuplexCall(context.get());
  Request request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message("test status message");
  stream->Write(request);
  stream->WritesDone();
  const Status status = stream->Finish();
  ExpectStatus(StatusCode::UNKNOWN, status);
  Expect("message", "test status message", status.error_message());
}

void SpecialStatusMessage(TestService::Stub& stub) {
  ExpectUnaryStatus(stub, "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n");
}

void UnimplementedMethod(TestService::Stub& stub) {
  Empty response;
  ExpectStatus(StatusCode::UNIMPLEMENTED, stub.UnimplementedCall(NewContext().get(), Empty(), &response));
}

void CancelAfterBegin(TestService::Stub& stub) {
  const auto context = NewContext();
  grpc::testing::StreamingInputCallResponse response;
  const auto writer = stub.StreamingInputCall(context.get(), &response);
  context->TryCancel();
  ExpectStatus(StatusCode::CANCELLED, writer->Finish());
}

void CancelAfterFirstResponse(TestService::Stub& stub) {
  const auto context = NewContext();
  const auto stream = stub.FullDuplexCall(context.get());
  stream->Write(OutputRequest(27182, 31415));
  ExpectResponse(*stream, 31415);
  context->TryCancel();
  ExpectStatus(StatusCode::CANCELLED, stream->Finish());
}

void TimeoutOnSleepingServer(TestService::Stub& stub) {
  ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(1));
  const auto stream = stub.FullDuplexCall(&context);
  stream->Write(Request());
  ExpectStatus(StatusCode::DEADLINE_EXCEEDED, stream->Finish());
}

std::shared_ptr<grpc::Channel> Connect(Flags& flags) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // so that each channel has a connection of its own
  return grpc::CreateCustomChannel(flags["server_host"] + ":" + flags["server_port"],
                                   grpc::InsecureChannelCredentials(), arguments);
}

void UnimplementedService(Flags& flags) {
  const auto stub = grpc::testing::UnimplementedService::NewStub(Connect(flags));
  Empty response;
  ExpectStatus(StatusCode::UNIMPLEMENTED, stub->UnimplementedCall(NewContext().get(), Empty(), &response));
}

void Soak(Flags& flags, bool new_channels) {
  const std::chrono::milliseconds most(std::stoi(flags["soak_per_iteration_max_acceptable_latency_ms"]));
  auto stub = TestService::NewStub(Connect(flags));
  for (int i = std::stoi(flags["soak_iterations"]); i > 0; --i) {
    const auto begin = std::chrono::steady_clock::now();
    LargeUnary(*stub);
    Expect("the call was quick enough", true, std::chrono::steady_clock::now() - begin <= most);
    if (new_channels) stub = TestService::NewStub(Connect(flags));
  }
}

void Run(Flags& flags) {
  using OneCase = std::function<void(TestService::Stub&)>;
  const std::map<std::string, OneCase> cases = {
      {"empty_unary", EmptyUnary},
      {"large_unary", LargeUnary},
      {"client_streaming", ClientStreaming},
      {"server_streaming", ServerStreaming},
      {"ping_pong", PingPong},
      {"empty_stream", EmptyStream},
      {"custom_metadata", CustomMetadata},
      {"status_code_and_message", StatusCodeAndMessage},
      {"special_status_message", SpecialStatusMessage},
      {"unimplemented_method", UnimplementedMethod},
      {"unimplemented_service", [&](TestService::Stub&) { UnimplementedService(flags); }},
      {"cancel_after_begin", CancelAfterBegin},
      {"cancel_after_first_response", CancelAfterFirstResponse},
      {"timeout_on_sleeping_server", TimeoutOnSleepingServer},
      {"rpc_soak", [&](TestService::Stub&) { Soak(flags, false); }},
      {"channel_soak", [&](TestService::Stub&) { Soak(flags, true); }},
  };
  const auto stub = TestService::NewStub(Connect(flags));
  cases.at(flags["test_case"])(*stub);
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const std::size_t equals = flag.find('=');
    if (!flag.starts_with("--") || equals == std::string_view::npos) return 2;
    flags[std::string(flag.substr(2, equals - 2))] = flag.substr(equals + 1);
  }
  try {
    Run(flags);
    return 0;
  } catch (const std::exception& failure) {
    return 1;  // Expect has said why
  }
}
