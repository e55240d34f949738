// grpc.testing.TestService, as the official cases expect it.
#pragma once

#include <string>

#include "rhei/rhei.h"
#include "test.rhei.h"

namespace interop {

class TestService final : public grpc::testing::TestService::Service {
 public:
  // `server_id` is told to clients that ask for it.
  explicit TestService(std::string server_id) : server_id_(std::move(server_id)) {}

 private:
  using Request = grpc::testing::StreamingOutputCallRequest;
  using Response = grpc::testing::StreamingOutputCallResponse;

  rhei::Task<rhei::Result<grpc::testing::Empty>> EmptyCall(rhei::ServerContext& context,
                                                           const grpc::testing::Empty& request) override;
  rhei::Task<rhei::Result<grpc::testing::SimpleResponse>> UnaryCall(
      rhei::ServerContext& context, const grpc::testing::SimpleRequest& request) override;
  rhei::Task<rhei::Result<grpc::testing::SimpleResponse>> CacheableUnaryCall(
      rhei::ServerContext& context, const grpc::testing::SimpleRequest& request) override;
  rhei::Task<rhei::Result<grpc::testing::StreamingInputCallResponse>> StreamingInputCall(
      rhei::ServerContext& context, rhei::Reader<grpc::testing::StreamingInputCallRequest>& reader) override;
  rhei::Task<rhei::Status> StreamingOutputCall(rhei::ServerContext& context, const Request& request,
                                               rhei::Writer<Response>& writer) override;
  rhei::Task<rhei::Status> FullDuplexCall(rhei::ServerContext& context, rhei::Reader<Request>& reader,
                                          rhei::Writer<Response>& writer) override;
  rhei::Task<rhei::Status> HalfDuplexCall(rhei::ServerContext& context, rhei::Reader<Request>& reader,
                                          rhei::Writer<Response>& writer) override;

  const std::string server_id_;
};

}  // namespace interop
