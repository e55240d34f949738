// The service of the contract tests: one method of each kind, over strings.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "rhei/channel.h"
#include "rhei/service.h"
#include "rhei/streaming_call.h"
#include "rhei/streaming_method.h"

namespace rhei::inline v0::contract {

// What its methods do, a test sets.
class ContractService final : public Service {
 public:
  using Bytes = std::string;
  std::function<Task<Result<Bytes>>(ServerContext&, const Bytes&)> unary;
  std::function<Task<Status>(ServerContext&, const Bytes&, Writer<Bytes>&)> download;
  std::function<Task<Result<Bytes>>(ServerContext&, Reader<Bytes>&)> upload;
  std::function<Task<Status>(ServerContext&, Reader<Bytes>&, Writer<Bytes>&)> chat;

  std::string_view service_name() const override { return "contract.Contract"; }
  void AddMethods(MethodTable& table) override {
    table.AddUnary("/contract.Contract/Unary", *this, &ContractService::Unary);
    table.AddServerStreaming("/contract.Contract/Download", *this, &ContractService::Download);
    table.AddClientStreaming("/contract.Contract/Upload", *this, &ContractService::Upload);
    table.AddBidiStreaming("/contract.Contract/Chat", *this, &ContractService::Chat);
  }

 private:
  Task<Result<Bytes>> Unary(ServerContext& context, const Bytes& request) { return unary(context, request); }
  Task<Status> Download(ServerContext& context, const Bytes& request, Writer<Bytes>& writer) {
    return download(context, request, writer);
  }
  Task<Result<Bytes>> Upload(ServerContext& context, Reader<Bytes>& reader) { return upload(context, reader); }
  Task<Status> Chat(ServerContext& context, Reader<Bytes>& reader, Writer<Bytes>& writer) {
    return chat(context, reader, writer);
  }
};

// As a generated stub.
class ContractStub {
 public:
  using Bytes = std::string;
  explicit ContractStub(Channel channel) : channel_(std::move(channel)) {}

  UnaryCall<Bytes> Unary(const Bytes& request, const CallOptions& options = CallOptions()) const {
    return StartUnary<Bytes>(channel_, channel_.FindMethod("/contract.Contract/Unary"), request, options);
  }
  UnaryCall<Bytes> Unary(Bytes&& request, const CallOptions& options = CallOptions()) const {
    return StartUnary<Bytes>(channel_, channel_.FindMethod("/contract.Contract/Unary"), std::move(request), options);
  }
  ServerStreamingCall<Bytes> Download(const Bytes& request, const CallOptions& options = CallOptions()) const {
    return StartServerStreaming<Bytes>(channel_, channel_.FindMethod("/contract.Contract/Download"), request, options);
  }
  ClientStreamingCall<Bytes, Bytes> Upload(const CallOptions& options = CallOptions()) const {
    return StartClientStreaming<Bytes, Bytes>(channel_, channel_.FindMethod("/contract.Contract/Upload"), options);
  }
  BidiStreamingCall<Bytes, Bytes> Chat(const CallOptions& options = CallOptions()) const {
    return StartBidiStreaming<Bytes, Bytes>(channel_, channel_.FindMethod("/contract.Contract/Chat"), options);
  }

 private:
  Channel channel_;
};

}  // namespace rhei::inline v0::contract
