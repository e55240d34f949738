// The streams of the server, and how they ended.
#pragma once

#include <grpcpp/grpcpp.h>

#include <map>
#include <mutex>
#include <string>

#include "interop.grpc.pb.h"

// How streams ended, by their ids.
class Ends {
 public:
  void Tell(const std::string& id, const interop::SeenReply& how);
  // Answers when the stream has ended. At most one waits for each.
  void Answer(const std::string& id, grpc::ServerUnaryReactor& reactor, interop::SeenReply& reply);

 private:
  struct Guest {
    grpc::ServerUnaryReactor* reactor;
    interop::SeenReply* reply;
  };

  std::mutex mutex_;
  std::map<std::string, interop::SeenReply> ends_;
  std::map<std::string, Guest> waiting_;
};

class StreamService : public interop::Interop::CallbackService {
  grpc::ServerReadReactor<interop::Step>* Upload(grpc::CallbackServerContext* context,
                                                 interop::UploadReply* reply) final;
  grpc::ServerWriteReactor<interop::Piece>* Download(grpc::CallbackServerContext* context,
                                                     const interop::Step* step) final;
  grpc::ServerBidiReactor<interop::Step, interop::Piece>* Chat(grpc::CallbackServerContext* context) final;
  grpc::ServerUnaryReactor* Seen(grpc::CallbackServerContext* context, const interop::SeenRequest* request,
                                 interop::SeenReply* reply) final;

  Ends ends_;
};
