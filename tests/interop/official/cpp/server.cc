// The official interoperability server, by gRPC C++. Usage: server --port=PORT [--max_concurrent_streams=STREAMS]
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <cstddef>
#include <iostream>
#include <string>
#include <vector>

#include "test.grpc.pb.h"

namespace {

using grpc::ServerContext;
using grpc::Status;
using grpc::testing::Empty;
using grpc::testing::SimpleRequest;
using grpc::testing::SimpleResponse;
using Request = grpc::testing::StreamingOutputCallRequest;
using Response = grpc::testing::StreamingOutputCallResponse;
using grpc::testing::StreamingInputCallRequest;
using grpc::testing::StreamingInputCallResponse;

void EchoMetadata(ServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto text = [](const grpc::string_ref& value) { return std::string(value.data(), value.size()); };
  if (const auto found = metadata.find("x-grpc-test-echo-initial"); found != metadata.end()) {
    context.AddInitialMetadata(text(found->first), text(found->second));
  }
  if (const auto found = metadata.find("x-grpc-test-echo-trailing-bin"); found != metadata.end()) {
    context.AddTrailingMetadata(text(found->first), text(found->second));
  }
}

// The status that the request asks for.
template <typename AnyRequest>
Status Asked(const AnyRequest& request) {
  const auto& status = request.response_status();
  return status.code() == 0 ? Status::OK : Status(static_cast<grpc::StatusCode>(status.code()), status.message());
}

// Sends what the request asks for. No case here asks for an interval.
template <typename Stream>
void SendResponses(const ServerContext& context, const Request& request, Stream& stream) {
  for (const auto& parameters : request.response_parameters()) {
    Response response;
    response.mutable_payload()->mutable_body()->resize(static_cast<std::size_t>(parameters.size()));
    if (parameters.fill_peer_socket_address().value()) response.set_peer_socket_address(context.peer());
    if (!stream.Write(response)) return;
  }
}

class TestService final : public grpc::testing::TestService::Service {
  Status EmptyCall(ServerContext*, const Empty*, Empty*) override { return Status::OK; }

  Status UnaryCall(ServerContext* context, const SimpleRequest* request, SimpleResponse* response) override {
    EchoMetadata(*context);
    response->mutable_payload()->mutable_body()->resize(static_cast<std::size_t>(request->response_size()));
    return Asked(*request);
  }

  Status StreamingOutputCall(ServerContext* context, const Request* request,
                             grpc::ServerWriter<Response>* writer) override {
    SendResponses(*context, *request, *writer);
    return Status::OK;
  }

  Status StreamingInputCall(ServerContext*, grpc::ServerReader<StreamingInputCallRequest>* reader,
                            StreamingInputCallResponse* response) override {
    StreamingInputCallRequest request;
    std::size_t size = 0;
    while (reader->Read(&request)) size += request.payload().body().size();
    response->set_aggregated_payload_size(static_cast<int>(size));
    return Status::OK;
  }

  Status FullDuplexCall(ServerContext* context, grpc::ServerReaderWriter<Response, Request>* stream) override {
    EchoMetadata(*context);
    Request request;
    while (stream->Read(&request)) {
      if (Status asked = Asked(request); !asked.ok()) return asked;
      SendResponses(*context, request, *stream);
    }
    return Status::OK;
  }

  Status HalfDuplexCall(ServerContext* context, grpc::ServerReaderWriter<Response, Request>* stream) override {
    std::vector<Request> requests;
    for (Request request; stream->Read(&request);) requests.push_back(request);
    for (const Request& request : requests) SendResponses(*context, request, *stream);
    return Status::OK;
  }
};

// The value of "--name=value"; empty: not given.
std::string Flag(const std::vector<std::string>& arguments, const std::string& name) {
  const std::string prefix = "--" + name + "=";
  for (const std::string& argument : arguments) {
    if (argument.starts_with(prefix)) return argument.substr(prefix.size());
  }
  return "";
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string port = Flag(arguments, "port");
  const std::string streams = Flag(arguments, "max_concurrent_streams");
  if (port.empty()) {
    std::cerr << "usage: server --port=PORT [--max_concurrent_streams=STREAMS]\n";
    return 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  TestService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + port, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  if (!streams.empty()) builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, std::stoi(streams));
  const auto server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  int signal = 0;
  sigwait(&signals, &signal);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  return 0;
}
