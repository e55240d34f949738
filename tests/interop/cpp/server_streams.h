// The streams of the server, each by a thread of gRPC's; the calls without streams are left to who derives from this.
#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

#include "interop.grpc.pb.h"

// How streams ended, by their ids.
class Ends {
 public:
  void Tell(const std::string& id, const interop::SeenReply& how);
  // Returns when the stream has ended, or with UNKNOWN when the call that asks is over.
  interop::SeenReply WaitFor(const std::string& id, const grpc::ServerContext& context);

 private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::map<std::string, interop::SeenReply> ends_;
};

using CallbackUnary =
    interop::Interop::WithCallbackMethod_Nothing<interop::Interop::WithCallbackMethod_Echo<interop::Interop::Service>>;

class StreamService : public CallbackUnary {
  grpc::Status Upload(grpc::ServerContext* context, grpc::ServerReader<interop::Step>* reader,
                      interop::UploadReply* reply) final;
  grpc::Status Download(grpc::ServerContext* context, const interop::Step* step,
                        grpc::ServerWriter<interop::Piece>* writer) final;
  grpc::Status Chat(grpc::ServerContext* context,
                    grpc::ServerReaderWriter<interop::Piece, interop::Step>* stream) final;
  grpc::Status Seen(grpc::ServerContext* context, const interop::SeenRequest* request, interop::SeenReply* reply) final;

  Ends ends_;
};
